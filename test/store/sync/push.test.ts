/** What a push sends, in which order, and what it costs. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { seededBytes } from '../../support/seeded-data.ts'
import type { Place } from './support/watched-remote.ts'
import { World } from './support/world.ts'

test('the first push makes format.json, then sends packs, indexes, trees and last the entry', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/a', { 'small.txt': 'hello', 'big.bin': 300_000 }, { label: 'v1' })
  const result = await anna.store.push()
  assert.deepEqual(world.place().log, [
    'get format.json',
    'create format.json',
    'put pack',
    'put index',
    'put pack',
    'put index',
    'create log/1',
  ])
  assert.deepEqual(kindsOfPacks(world.place(), 1), ['data', 'tree'])
  const { versions, packs, seq, events, requests } = result
  assert.deepEqual(
    { versions, packs, seq, events },
    { versions: ['dataset/a@v1'], packs: 2, seq: 1, events: 2 },
  )
  assert.equal(requests, world.place().seen.length, 'the probe is not counted')
})

test('every data pack and its index arrive before any tree pack, and all before the entry', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.usePacksOf(200_000)
  await anna.add('dataset/a', { '1.bin': 190_000, '2.bin': 190_000, '3.bin': 100_000 })
  await anna.store.push()
  const place = world.place()
  const kinds = new Map(packsOf(place, 1).map(({ id, kind }) => [id, kind]))
  assert.deepEqual([...kinds.values()].sort(), ['data', 'data', 'data', 'tree'])
  const order = place.seen.map(({ operation, key }) => {
    const id = key.split('/').at(-1) ?? ''
    return kinds.has(id) ? `${kinds.get(id)} ${key.split('/')[0]}` : `${operation} ${key}`
  })
  const lastData = order.lastIndexOf('data index')
  assert.ok(lastData < order.indexOf('tree pack'))
  assert.ok(order.indexOf('tree pack') < order.indexOf('tree index'))
  assert.equal(order.at(-1), `create ${place.keys('log/')[0]}`)
})

test('a second push of a small change sends little and reads no index', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/a', { 'a.bin': 2_000_000, 'sub/b.bin': 2_000_000 }, { label: 'v1' })
  await anna.store.push()
  world.place().clearLog()
  anna.write('dataset-a/sub/c.txt', 'new')
  await anna.addFolder('dataset/a', 'dataset-a', { label: 'v2' })
  const result = await anna.store.push()
  assert.ok(result.bytesSent < 5000, `${result.bytesSent} bytes`)
  assert.equal(result.bytesDeduped, 4_000_000)
  assert.deepEqual(world.place().log, [
    'get log/2',
    'get log/1',
    'put pack',
    'put index',
    'put pack',
    'put index',
    'create log/2',
  ])
})

test('a push and a pull with nothing new are two requests each', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/a', { 'a.txt': 'a' })
  await anna.store.push()
  const ben = await world.clone()
  for (const { store } of [anna, ben]) {
    world.place().clearLog()
    assert.equal((await store.push()).requests, 2)
    assert.deepEqual(world.place().log, ['get log/2', 'get log/1'])
    world.place().clearLog()
    assert.equal((await store.pull()).requests, 2)
    assert.deepEqual(world.place().log, ['get log/2', 'get log/1'])
  }
})

test('a byte inserted at the start of a 40 MB file sends less than 2 MiB in at most 10 requests', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const before = seededBytes('forty', 40_000_000)
  await anna.add('model/m', { 'weights.bin': before }, { label: 'v1' })
  await anna.store.push()
  const after = Buffer.concat([before.subarray(0, 1000), Buffer.from('!'), before.subarray(1000)])
  await anna.add('model/m', { 'weights.bin': after }, { label: 'v2' })
  const result = await anna.store.push()
  assert.ok(result.bytesSent < 2 * 1024 ** 2, `${result.bytesSent} bytes`)
  assert.ok(result.requests <= 10, `${result.requests} requests`)
  assert.ok(result.bytesDeduped > 39_000_000)
  const ben = await world.clone()
  assert.ok((await ben.cat('model/m@v2:weights.bin')).equals(after))
  assert.ok((await ben.cat('model/m@v1:weights.bin')).equals(before))
})

test('thousands of small files are pushed in few requests', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/many', manyFiles(3000, 20), { label: 'v1' })
  const { requests } = await anna.store.push()
  assert.ok(requests <= 8, `${requests} requests`)
})

test('two versions with the same content share it, whatever their artifacts', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/a', { 'x.bin': 1_000_000 }, { label: 'v1' })
  await anna.store.push()
  const content = anna.read('dataset-a/x.bin')
  await anna.add('dataset/b', { 'y.bin': content }, { label: 'v1' })
  const result = await anna.store.push()
  assert.ok(result.bytesSent < 4000, `${result.bytesSent} bytes`)
  const ben = await world.clone()
  assert.ok((await ben.cat('dataset/b@v1:y.bin')).equals(content))
})

test('a version of empty folders, links and empty files needs no data pack', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/empty', { 'nothing.txt': '', 'also/nothing': '' }, { label: 'v1' })
  const result = await anna.store.push()
  assert.equal(result.packs, 1)
  assert.deepEqual(kindsOfPacks(world.place(), 1), ['tree'])
  const ben = await world.clone()
  assert.equal((await ben.cat('dataset/empty@v1:nothing.txt')).length, 0)
})

test('a version that was removed before it was pushed stays home, with its bytes and its name', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/kept', { 'a.txt': 'kept' }, { label: 'v1' })
  const { digest } = await anna.add(
    'dataset/secret-name',
    { 'b.bin': 100_000 },
    { label: 'v1', aliases: ['prod'] },
  )
  await anna.store.remove({ reference: 'dataset/secret-name@v1', force: true })
  const result = await anna.store.push()
  assert.deepEqual(result.versions, ['dataset/kept@v1'])
  assert.ok(result.bytesSent < 10_000)
  assertNowhere(world.place(), 'secret-name')

  await anna.store.restore(`dataset/secret-name@${digest.slice(0, 12)}`)
  assert.deepEqual((await anna.store.push()).versions, ['dataset/secret-name@v1'])
})

test('a version that was removed after it was pushed is removed there too', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/a', { 'a.txt': '1' }, { label: 'v1' })
  await anna.store.push()
  const ben = await world.clone()
  await anna.store.remove({ reference: 'dataset/a@v1', force: true })
  assert.equal((await anna.store.push()).events, 1)
  await ben.store.fetch()
  assert.deepEqual(await ben.store.listArtifacts(), [])
  assert.equal((await ben.store.show('dataset/a@v1')).removed, true)
})

test('more than an entry holds is split, and each entry leaves whole versions behind', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const meta = { text: 'x'.repeat(300_000) }
  for (const label of ['v1', 'v2', 'v3', 'v4', 'v5']) {
    await anna.add('dataset/a', { 'a.bin': seededBytes(label, 40_000) }, { label, meta })
  }
  const { seq, versions } = await anna.store.push()
  assert.ok(seq > 1, 'several entries')
  assert.equal(versions.length, 5)
  for (const key of world.place().keys('log/')) {
    assert.ok(world.place().bytes(key).length <= 1024 ** 2)
  }
  const ben = await world.clone()
  assert.deepEqual(await ben.labels('dataset/a'), ['v1', 'v2', 'v3', 'v4', 'v5'])
  await ben.store.pull({ all: true })
  assert.deepEqual((await ben.store.fsck({ remote: 'origin' })).problems, [])
  assert.deepEqual((await ben.store.fsck()).problems, [])
})

test('a dry run says what a push would do and sends nothing', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('dataset/a', { 'a.txt': '1' }, { label: 'v1' })
  const first = await anna.store.push({ dryRun: true })
  assert.deepEqual([first.versions, first.events], [['dataset/a@v1'], 2])
  assert.deepEqual(world.place().keys(), [])

  await anna.store.push()
  await anna.add('dataset/a', { 'a.txt': '2' }, { label: 'v2' })
  world.place().clearLog()
  const second = await anna.store.push({ dryRun: true })
  assert.deepEqual([second.versions, second.events], [['dataset/a@v2'], 2])
  assert.deepEqual(world.place().log, ['get log/2', 'get log/1'])
  assert.deepEqual((await anna.store.push()).versions, ['dataset/a@v2'])
})

type EntryPack = { readonly id: string; readonly kind: string }

function packsOf(place: Place, seq: number): readonly EntryPack[] {
  const bytes = place.bytes(`log/${String(seq).padStart(20, '0')}`)
  const entry = JSON.parse(Buffer.from(bytes).toString('utf8')) as { packs: EntryPack[] }
  return entry.packs
}

function kindsOfPacks(place: Place, seq: number): string[] {
  return packsOf(place, seq).map(({ kind }) => kind)
}

function manyFiles(count: number, perFolder: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, i) => i)
  return Object.fromEntries(
    names.map((i) => [`part-${Math.floor(i / perFolder)}/${i}.txt`, `file ${i}\n`.repeat(20)]),
  )
}

/** No object of the remote names the text, in whatever encoding it is stored. */
function assertNowhere(place: Place, text: string): void {
  for (const key of place.keys()) {
    assert.ok(!Buffer.from(place.bytes(key)).includes(text), `${key} names ${text}`)
  }
}
