/** Who named one version sends that one: no bytes, names or events of others. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { seededBytes } from '../../support/seeded-data.ts'
import type { Place } from './support/watched-remote.ts'
import { World } from './support/world.ts'

test('a push of one version names no other, and sends none of their bytes', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const secret = 'only in the secret data set, never elsewhere'
  await anna.add('dataset/hidden-one', { 'hidden-file.txt': secret }, hiddenOptions)
  await anna.add('dataset/open', { 'a.txt': 'older' }, { label: 'old-label', aliases: ['was'] })
  await anna.add(
    'dataset/open',
    { 'a.txt': 'shown' },
    { label: 'v2', aliases: ['prod'], inputs: ['dataset/hidden-one@hidden-label'] },
  )
  await anna.store.setTags('dataset/open@v2', { stage: 'done' })
  await anna.store.setTags('dataset/open', { team: 'vision' })

  const result = await anna.store.push({ references: ['dataset/open@v2'] })
  assert.deepEqual(result.versions, ['dataset/open@v2'])
  for (const text of ['hidden', 'old-label', '"was"', secret]) assertNowhere(world.place(), text)

  const ben = await world.clone()
  assert.deepEqual(await ben.labels('dataset/open'), ['v2'])
  assert.equal((await ben.cat('dataset/open@prod:a.txt')).toString(), 'shown')
  assert.deepEqual((await ben.store.listTags('dataset/open@v2')).tags, { stage: 'done' })
  assert.deepEqual((await ben.store.listTags('dataset/open')).tags, { team: 'vision' })
  const { inputs } = await ben.store.show('dataset/open@v2')
  assert.deepEqual(
    inputs.map(({ name }) => name),
    [null],
    'of an input only its id is there',
  )
})

test('an alias that points at another version now is not sent with the one it left', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('model/m', { 'w.bin': 'one' }, { label: 'v1', aliases: ['prod'] })
  await anna.add('model/m', { 'w.bin': 'two' }, { label: 'v2' })
  await anna.store.setAlias('model/m@v2', 'prod')
  await anna.store.push({ references: ['model/m@v1'] })
  const ben = await world.clone()
  assert.deepEqual(await ben.store.listAliases(), [])

  await anna.store.push()
  await ben.store.fetch()
  assert.equal((await ben.cat('model/m@prod:w.bin')).toString(), 'two')
})

test('what is left goes with the next plain push', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/a', { 'a.txt': 'a' }, { label: 'v1' })
  await anna.add('dataset/b', { 'b.txt': 'b' }, { label: 'v1' })
  await anna.store.push({ references: ['dataset/b@v1'] })
  assert.deepEqual((await anna.store.push()).versions, ['dataset/a@v1'])
  assert.equal((await anna.store.push()).events, 0)
})

test('naming a version twice, or again, sends it once', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/a', { 'a.txt': 'a' }, { label: 'v1' })
  const references = ['dataset/a@v1', 'dataset/a']
  assert.deepEqual((await anna.store.push({ references })).versions, ['dataset/a@v1'])
  const again = await anna.store.push({ references })
  assert.deepEqual([again.versions, again.requests], [[], 2])
})

test('a plain push does not pass on what was fetched from another remote; naming it does', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const bytes = seededBytes('fetched', 200_000)
  await anna.add('model/theirs', { 'w.bin': bytes }, { label: 'v1', aliases: ['prod'] })
  await anna.store.push()

  const ben = await world.clone()
  await ben.store.addRemote({ name: 'second', settings: { url: 'memory:second' } })
  await ben.add('model/mine', { 'w.bin': 'mine' }, { label: 'v1' })
  const plain = await ben.store.push({ remote: 'second' })
  assert.deepEqual(plain.versions, ['model/mine@v1'])
  assertNowhere(world.place('second'), 'theirs')

  const named = await ben.store.push({ remote: 'second', references: ['model/theirs@v1'] })
  assert.deepEqual(named.versions, ['model/theirs@v1'], 'its bytes were never here before')
  const carl = await world.clone('carl', 'memory:second')
  assert.ok((await carl.cat('model/theirs@prod:w.bin')).equals(bytes))
})

test('two remotes each get everything once, and know nothing of the other', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.store.addRemote({ name: 'second', settings: { url: 'memory:second' } })
  await anna.add('model/m', { 'w.bin': 300_000 }, { label: 'v1', aliases: ['prod'] })
  const first = await anna.store.push({ remote: 'origin' })
  const second = await anna.store.push({ remote: 'second' })
  assert.deepEqual(first.versions, second.versions)
  assert.ok(second.bytesSent > 300_000, 'what one remote has says nothing about the other')
  for (const url of ['memory:origin', 'memory:second']) {
    const reader = await world.clone('reader', url)
    assert.equal((await reader.cat('model/m@prod:w.bin')).length, 300_000)
  }
  for (const remote of ['origin', 'second']) {
    assert.deepEqual((await anna.store.push({ remote })).versions, [])
  }
})

test('a version whose bytes are nowhere cannot be pushed, and the remote stays as it was', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('model/m', { 'w.bin': 100_000 }, { label: 'v1' })
  await anna.store.push()
  const ben = await world.clone()
  await ben.store.addRemote({ name: 'second', settings: { url: 'memory:second' } })
  for (const key of world.place().keys('pack/')) world.place().objects.delete(key)
  await assert.rejects(ben.store.push({ remote: 'second', references: ['model/m@v1'] }), {
    code: 'OBJECT_MISSING',
  })
  assert.deepEqual(world.place('second').keys('log/'), [])
})

const hiddenOptions = {
  label: 'hidden-label',
  aliases: ['hidden-alias'],
  tags: { 'hidden-tag': 'hidden-value' },
  meta: { hidden: true },
}

function assertNowhere(place: Place, text: string): void {
  for (const key of place.keys()) {
    assert.ok(!Buffer.from(place.bytes(key)).includes(text), `${key} names ${text}`)
  }
}
