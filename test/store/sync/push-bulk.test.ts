/** Large events travel in packs beside the log, whole or not at all. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { decodeEntry, entryBulkBytesMax, type LogEntry } from '../../../src/core/log/entry.ts'
import { type Place, unavailable } from './support/watched-remote.ts'
import { type Person, World } from './support/world.ts'
import { points, RunEvents } from './support/run-events.ts'

const many = points(5_000)

type Scene = {
  readonly world: World
  readonly anna: Person
  readonly runs: RunEvents
  readonly run: string
}

/** A run with one event of 160 KB and a few small ones, not pushed. */
async function scene(t: TestContext): Promise<Scene> {
  const world = new World(t)
  const anna = await world.store()
  const runs = eventsOf(t, world, anna)
  const run = await runs.start('vision', 'first')
  await runs.log(run, 'loss', many)
  await runs.log(run, 'accuracy', points(3))
  return { world, anna, runs, run }
}

function eventsOf(t: TestContext, world: World, person: Person): RunEvents {
  const runs = new RunEvents(world, person)
  t.after(() => runs[Symbol.dispose]())
  return runs
}

function entriesOf(place: Place): LogEntry[] {
  return place.keys('log/').map((key) => decodeEntry(place.bytes(key), key))
}

test('the entry of a push with a large event is small, and a clone has every point', async (t) => {
  const { world, anna, runs, run } = await scene(t)
  const pushed = await anna.store.push()
  assert.deepEqual([pushed.events, pushed.packs], [5, 1])
  const [key = ''] = world.place().keys('log/')
  assert.ok(world.place().bytes(key).length < 4096)

  const ben = await world.clone('ben')
  const theirs = eventsOf(t, world, ben)
  assert.deepEqual(theirs.catalog.metrics.of(run), runs.catalog.metrics.of(run))
  assert.equal(theirs.catalog.metrics.history(run, 'loss').values.length, many.length)
  assert.deepEqual((await ben.store.fsck()).problems, [])
  assert.deepEqual((await ben.store.fsck({ remote: 'origin' })).problems, [])
  assert.deepEqual((await anna.store.fsck()).problems, [])
  await ben.store.reindex()
  assert.deepEqual(theirs.catalog.metrics.of(run), runs.catalog.metrics.of(run))
})

test('what a colleague fetched goes on to another remote, large events too', async (t) => {
  const { world, anna, runs, run } = await scene(t)
  await anna.store.push()
  const ben = await world.clone('ben')
  await ben.store.addRemote({ name: 'second', settings: { url: 'memory:second' } })
  await ben.store.push({ remote: 'second', references: [`run:${run}`] })
  const carl = eventsOf(t, world, await world.clone('carl', 'memory:second'))
  assert.deepEqual(carl.catalog.metrics.of(run), runs.catalog.metrics.of(run))
})

test('many large events cost few requests to fetch', async (t) => {
  const { world, anna, runs, run } = await scene(t)
  for (let i = 0; i < 20; i++) await runs.log(run, `metric ${i}`, points(1_000))
  await anna.store.push()
  world.place().clearLog()
  await world.clone('ben')
  const reads = world.place().log.filter((line) => line === 'get pack')
  assert.equal(reads.length, 1, 'one range of one pack')
})

test('more data than a window holds goes in several turns, each entry with few enough bodies', async (t) => {
  const { world, anna, runs, run } = await scene(t)
  const large = points(12_000)
  for (let i = 0; i < 90; i++) await runs.log(run, `metric ${i}`, large)
  const second = await runs.start('vision', 'second')
  await runs.log(second, 'loss', points(3))
  const pushed = await anna.store.push()
  assert.deepEqual([pushed.events, pushed.runs, pushed.conflicts], [99, 2, []])
  const entries = entriesOf(world.place())
  assert.ok(entries.length > 2)
  for (const { events } of entries) {
    const bodies = events.flatMap((event) => (event.type === 'bulk' ? [event.body.sizeBytes] : []))
    assert.ok(bodies.reduce((sum, size) => sum + size, 0) <= entryBulkBytesMax)
  }
  assert.equal((await anna.store.push()).events, 0)
  const ben = eventsOf(t, world, await world.clone('ben'))
  for (const each of [run, second]) {
    assert.deepEqual(ben.catalog.metrics.of(each), runs.catalog.metrics.of(each))
  }
})

test('a large event of a run that stays home leaves no trace on the remote', async (t) => {
  const { world, anna, runs, run } = await scene(t)
  const hidden = await runs.start('vision', 'hidden')
  await runs.log(hidden, 'hidden-metric', many)
  await anna.store.push({ references: [`run:${run}`] })
  const packed = world.place().seen.filter(({ key, operation }) => operation === 'put' && key)
  const sent = packed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  assert.ok(sent < 200_000, 'one body, not two')
  const ben = eventsOf(t, world, await world.clone('ben'))
  assert.equal(ben.catalog.runs.get(hidden), undefined)
})

for (const [what, change] of [
  ['gone', undefined],
  ['shorter', (bytes: Uint8Array) => bytes.subarray(0, 1000)],
  ['changed', (bytes: Uint8Array) => bytes.fill(7, 100, 200)],
] as const) {
  test(`a body that is ${what} fails the fetch, and nothing is applied`, async (t) => {
    const { world, anna, run } = await scene(t)
    await anna.add('model/first', { 'w.bin': 'w' }, { label: 'v1' })
    await anna.store.push({ references: ['model/first'] })
    const ben = await world.clone('ben')
    await anna.store.push()
    const place = world.place()
    const [pack = ''] = place.keys('pack/').filter((key) => place.bytes(key).length > 50_000)
    if (change === undefined) place.objects.delete(pack)
    else place.tamper(pack, change)

    await assert.rejects(ben.store.fetch(), { code: 'OBJECT_MISSING' })
    const theirs = eventsOf(t, world, ben)
    assert.equal(theirs.catalog.runs.get(run), undefined)
    assert.deepEqual(await ben.labels('model/first'), ['v1'], 'what was known is still known')

    const found = await anna.store.fsck({ remote: 'origin' })
    assert.ok(found.problems.length > 0)
    await anna.store.fsck({ remote: 'origin', repair: true })
    await ben.store.fetch()
    assert.equal(theirs.catalog.metrics.history(run, 'loss').values.length, many.length)
    const carl = eventsOf(t, world, await world.clone('carl'))
    assert.equal(carl.catalog.metrics.history(run, 'loss').values.length, many.length)
  })
}

test('a copy of a remote serves large events as well', async (t) => {
  const { world, anna, runs, run } = await scene(t)
  await anna.store.push()
  await anna.store.addRemote({ name: 'copy', settings: { url: 'memory:copy' } })
  await anna.store.copyRemote('origin', 'copy')
  const ben = eventsOf(t, world, await world.clone('ben', 'memory:copy'))
  assert.deepEqual(ben.catalog.metrics.of(run), runs.catalog.metrics.of(run))
})

test('a clone by a checkpoint has the large events of the entries it jumped over', async (t) => {
  const { world, anna, runs, run } = await scene(t)
  for (let i = 0; i < 17; i++) {
    await runs.log(run, `metric ${i}`, points(500))
    await anna.store.push()
  }
  assert.ok(world.place().keys('ckpt/').length > 0)
  const ben = eventsOf(t, world, await world.clone('ben'))
  assert.deepEqual(ben.catalog.metrics.of(run), runs.catalog.metrics.of(run))
})

test('an interrupted push has sent its bodies already', async (t) => {
  const { world, anna, run, runs } = await scene(t)
  const place = world.place()
  place.hook = ({ operation, key }) =>
    operation === 'create' && key.startsWith('log/') ? { fail: unavailable() } : undefined
  await assert.rejects(anna.store.push(), { code: 'REMOTE_UNAVAILABLE' })
  place.hook = () => undefined
  const packs = place.keys('pack/')
  assert.equal(packs.length, 1)
  assert.equal((await anna.store.push()).packs, 1)
  assert.deepEqual(place.keys('pack/'), packs)
  const ben = eventsOf(t, world, await world.clone('ben'))
  assert.deepEqual(ben.catalog.metrics.of(run), runs.catalog.metrics.of(run))
})
