/** A push of a large event and of a number that is taken dies anywhere: the next one finishes it. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { decodeEntry } from '../../../src/core/log/entry.ts'
import { crashAt, openCopy, requestsOfPush } from './support/crashes.ts'
import { points, RunEvents } from './support/run-events.ts'
import type { Place } from './support/watched-remote.ts'
import { type Person, World } from './support/world.ts'

const series = 'TES'
const many = points(3_000)

/**
 *   anna   v1 = TES-1  push            a2 = TES-2  push
 *   ben                clone  b2 = TES-2, a run with a large event, not pushed
 */
async function scene(t: TestContext): Promise<{ world: World; ben: Person; run: string }> {
  const world = new World(t)
  const anna = await world.store('anna')
  await number(anna, 'v1')
  await anna.store.push()
  const ben = await world.clone('ben')
  await number(ben, 'b2')
  using runs = new RunEvents(world, ben)
  const run = await runs.start('vision', 'first')
  await runs.log(run, 'loss', many)
  await runs.end(run)
  await number(anna, 'a2')
  await anna.store.push()
  world.place().clearLog()
  return { world, ben, run }
}

async function number(person: Person, label: string): Promise<void> {
  await person.add('model/m', { 'w.bin': `weights ${label}` }, { label })
  await person.store.claimNumber(series, `model/m@${label}`)
}

async function assertWhole(world: World, place: string, run: string): Promise<void> {
  const reader = await world.clone('reader', `memory:${place}`)
  const numbers = await Promise.all(
    ['v1', 'a2', 'b2'].map((label) => reader.store.numberOf(`model/m@${label}`)),
  )
  assert.deepEqual(
    numbers.flat().map(({ history }) => history.map((each) => each.number)),
    [[1], [2], [2, 3]],
    'one new number, however often it was tried',
  )
  using runs = new RunEvents(world, reader)
  assert.equal(runs.catalog.metrics.history(run, 'loss').values.length, many.length)
  assert.equal(runs.catalog.runs.get(run)?.status, 'FINISHED')
  assert.deepEqual((await reader.store.fsck()).problems, [])
  assert.deepEqual((await reader.store.fsck({ remote: 'origin' })).problems, [])
  assertEachOnce(world.place(place))
}

function assertEachOnce(place: Place): void {
  const ids = place
    .keys('log/')
    .flatMap((key) => decodeEntry(place.bytes(key), key).events.map(({ id }) => id))
  assert.equal(new Set(ids).size, ids.length, 'no event twice')
}

test('an undisturbed push needs few requests and says what became of the number', async (t) => {
  const { world, ben, run } = await scene(t)
  const pushed = await ben.store.push()
  assert.deepEqual(
    pushed.renumbered.map(({ from, to }) => [from, to]),
    [[2, 3]],
  )
  assert.deepEqual([pushed.versions, pushed.runs, pushed.packs], [['model/m@b2'], 1, 3])
  await assertWhole(world, 'origin', run)
})

test('a process that dies at any request of such a push finishes it the next time', async (t) => {
  const { world, ben, run } = await scene(t)
  const requests = await requestsOfPush(world, ben)
  assert.ok(requests.length >= 9, 'log, packs and their indexes, the entry')
  for (const isDone of [false, true]) {
    for (let index = 0; index < requests.length; index++) {
      const name = `crash-${index}-${isDone ? 'after' : 'before'}`
      const place = world.copyPlace(world.place(), name)
      const first = await openCopy(world, ben, name)
      await crashAt(first, place, { index, isDone })
      const arrived = new Set(place.keys('pack/'))
      place.clearLog()
      const second = await world.open(first.folder, 'ben')
      await second.store.push()
      const again = place.seen.filter(
        ({ operation, key }) => operation === 'put' && arrived.has(key),
      )
      assert.deepEqual(again, [], `${name}: packs that had arrived are not sent again`)
      assert.equal((await second.store.push()).events, 0)
      await second.store.close()
      await assertWhole(world, name, run)
    }
  }
})

test('a fetch that dies at any request leaves nothing half, and the next one has all', async (t) => {
  const { world, ben, run } = await scene(t)
  const carl = await world.clone('carl')
  await ben.store.push()
  const place = world.place()
  for (let index = 0; ; index++) {
    const reader = await openCopy(world, carl, 'origin')
    place.clearLog()
    place.hook = (seen) =>
      seen.index >= index ? { fail: new TypeError('the process died here') } : undefined
    const isThrough = await reader.store.fetch().then(
      () => true,
      () => false,
    )
    place.hook = () => undefined
    using runs = new RunEvents(world, reader)
    const isKnown = runs.catalog.runs.get(run) !== undefined
    const { length } = runs.catalog.metrics.history(run, 'loss').values
    assert.equal(length, isKnown ? many.length : 0, 'all of it or nothing')
    await reader.store.fetch()
    assert.equal(runs.catalog.metrics.history(run, 'loss').values.length, many.length)
    await reader.store.close()
    if (isThrough) return
  }
})
