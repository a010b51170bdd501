/** Two people who change the same name: both keep their data, the second is told and chooses. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { type Person, World } from './support/world.ts'

/** Both have v1 with `prod` on it; then each adds a version and moves `prod` there. */
async function bothMoved(t: TestContext): Promise<{ world: World; anna: Person; ben: Person }> {
  const world = new World(t)
  const anna = await world.store('anna')
  await anna.add('model/m', { 'w.bin': 'base' }, { label: 'v1', aliases: ['prod'] })
  await anna.store.push()
  const ben = await world.clone('ben')
  await anna.add('model/m', { 'w.bin': 'from anna' }, { label: 'a1', aliases: ['prod'] })
  await ben.add('model/m', { 'w.bin': 'from ben' }, { label: 'b1', aliases: ['prod'] })
  await anna.store.push()
  return { world, anna, ben }
}

test('the second to move an alias is shown both values; the data is pushed all the same', async (t) => {
  const { world, anna, ben } = await bothMoved(t)
  const result = await ben.store.push()
  assert.deepEqual(result.versions, ['model/m@b1'])
  const theirs = (await ben.store.show('model/m@a1')).digest
  const ours = (await ben.store.show('model/m@b1')).digest
  const [conflict] = result.conflicts
  assert.equal(result.conflicts.length, 1)
  assert.deepEqual(
    { ...conflict, theirsBy: undefined, hint: undefined },
    {
      kind: 'alias',
      remote: 'origin',
      artifact: 'model/m',
      name: 'prod',
      ours,
      theirs,
      theirsBy: undefined,
      hint: undefined,
    },
  )
  assert.match(conflict?.theirsBy ?? '', /^anna at 2026/)
  await anna.store.fetch()
  assert.equal((await anna.cat('model/m@b1:w.bin')).toString(), 'from ben')
  assert.equal((await anna.cat('model/m@prod:w.bin')).toString(), 'from anna')
  assert.equal((await ben.store.status()).conflicts.length, 1)

  world.place().clearLog()
  const again = await ben.store.push()
  assert.deepEqual([again.conflicts.length, again.events, again.requests], [1, 0, 2])
})

test('alias reset gives the own move up', async (t) => {
  const { ben } = await bothMoved(t)
  await ben.store.push()
  await ben.store.resetAlias('model/m', 'prod')
  assert.deepEqual((await ben.store.push()).conflicts, [])
  assert.equal((await ben.cat('model/m@prod:w.bin')).toString(), 'from anna')
})

test('--force-alias moves it over what the remote has', async (t) => {
  const { anna, ben } = await bothMoved(t)
  await ben.store.push()
  const forced = await ben.store.push({ forceAliases: ['model/m@prod'] })
  assert.deepEqual([forced.conflicts, forced.seq], [[], 4])
  await anna.store.fetch()
  assert.equal((await anna.cat('model/m@prod:w.bin')).toString(), 'from ben')
  assert.deepEqual((await ben.store.push({ forceAliases: ['model/m@prod'] })).events, 0)
})

test('--force-alias in a dry run shows the outcome and makes no event', async (t) => {
  const { anna, ben } = await bothMoved(t)
  await ben.store.push()
  const planned = await ben.store.push({ forceAliases: ['model/m@prod'], dryRun: true })
  assert.deepEqual([planned.conflicts.length, planned.events], [0, 2])
  assert.equal((await ben.store.push()).conflicts.length, 1)
  await anna.store.fetch()
  assert.equal((await anna.cat('model/m@prod:w.bin')).toString(), 'from anna')
})

test('--force-alias does not run over a third move that came in between', async (t) => {
  const { world, anna, ben } = await bothMoved(t)
  await ben.store.push()
  await anna.store.setAlias('model/m@v1', 'prod')
  const place = world.place()
  place.hook = async ({ operation }) => {
    if (operation !== 'create') return undefined
    place.hook = () => undefined
    await anna.store.push()
    return undefined
  }
  const result = await ben.store.push({ forceAliases: ['model/m@prod'] })
  assert.equal(result.conflicts.length, 1)
  await anna.store.fetch()
  assert.equal((await anna.cat('model/m@prod:w.bin')).toString(), 'base')
})

test('an alias moved to the same version on both sides is no conflict', async (t) => {
  const world = new World(t)
  const anna = await world.store('anna')
  await anna.add('model/m', { 'w.bin': 'base' }, { label: 'v1' })
  await anna.store.push()
  const ben = await world.clone('ben')
  await anna.store.setAlias('model/m@v1', 'prod')
  await ben.store.setAlias('model/m@v1', 'prod')
  await anna.store.push()
  assert.deepEqual((await ben.store.push()).conflicts, [])
  assert.deepEqual((await ben.store.push()).events, 0)
})

test('a label belongs to the first who claims it; relabel makes room for the second', async (t) => {
  const world = new World(t)
  const anna = await world.store('anna')
  await anna.add('model/m', { 'w.bin': 'base' }, { label: 'v1' })
  await anna.store.push()
  const ben = await world.clone('ben')
  await anna.add('model/m', { 'w.bin': 'from anna' }, { label: 'final' })
  const mine = await ben.add('model/m', { 'w.bin': 'from ben' }, { label: 'final' })
  await anna.store.push()
  const result = await ben.store.push()
  assert.equal(result.versions.length, 1)
  assert.deepEqual(
    result.conflicts.map(({ kind, name, ours }) => [kind, name, ours]),
    [['label', 'final', mine.digest]],
  )
  const byDigest = `model/m@${mine.digest.slice(0, 12)}`
  await anna.store.fetch()
  assert.equal((await anna.cat(`${byDigest}:w.bin`)).toString(), 'from ben')

  await ben.store.relabel(byDigest, 'final-ben')
  assert.deepEqual((await ben.store.push()).conflicts, [])
  await anna.store.fetch()
  assert.deepEqual(await anna.labels('model/m'), ['final', 'final-ben', 'v1'])
})

test('an alias to a version that was deleted meanwhile is refused, and restore helps', async (t) => {
  const world = new World(t)
  const anna = await world.store('anna')
  await anna.add('model/m', { 'w.bin': 'base' }, { label: 'v1' })
  await anna.store.push()
  const ben = await world.clone('ben')
  await anna.store.remove({ reference: 'model/m@v1', force: true })
  await anna.store.push()
  await ben.store.setAlias('model/m@v1', 'prod')
  const result = await ben.store.push()
  assert.deepEqual(
    result.conflicts.map(({ kind, name, theirs }) => [kind, name, theirs]),
    [['removed', 'prod', null]],
  )
  const [conflict] = result.conflicts
  await ben.store.restore(`model/m@${conflict?.ours?.slice(0, 12)}`)
  assert.deepEqual((await ben.store.push()).conflicts, [])
  await anna.store.fetch()
  assert.equal((await anna.cat('model/m@prod:w.bin')).toString(), 'base')
})

test('tags from two sides: the later one wins on both, whoever pushes first', async (t) => {
  const world = new World(t)
  const anna = await world.store('anna')
  await anna.add('model/m', { 'w.bin': 'base' }, { label: 'v1' })
  await anna.store.push()
  const ben = await world.clone('ben')
  await anna.store.setTags('model/m@v1', { stage: 'one' })
  await anna.store.setTags('model/m@v1', { stage: 'two' })
  await ben.store.setTags('model/m@v1', { stage: 'three' })
  await ben.store.push()
  await anna.store.push()
  await ben.store.fetch()
  const [first, second] = [
    await anna.store.listTags('model/m@v1'),
    await ben.store.listTags('model/m@v1'),
  ]
  assert.deepEqual(first.tags, { stage: 'two' })
  assert.deepEqual(second.tags, first.tags)
})
