/** Numbers given offline count at once and are settled by the push: later pushers get others. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { RunEvents } from './sync/support/run-events.ts'
import { type Person, World } from './sync/support/world.ts'

const series = 'TES-TEST'

/** A version of `model/m` with a number. */
async function numbered(person: Person, label: string): Promise<string> {
  await person.add('model/m', { 'w.bin': `weights ${label} of ${person.user}` }, { label })
  await person.store.claimNumber(series, `model/m@${label}`)
  return `version:${(await person.store.show(`model/m@${label}`)).digest}`
}

/** Two people who have one version in common, and gave the same number offline. */
async function bothGave(t: TestContext): Promise<{
  world: World
  anna: Person
  ben: Person
  ofAnna: string
  ofBen: string
}> {
  const world = new World(t)
  const anna = await world.store('anna')
  await numbered(anna, 'v1')
  await anna.store.push()
  const ben = await world.clone('ben')
  const ofAnna = await numbered(anna, 'a2')
  const ofBen = await numbered(ben, 'b2')
  return { world, anna, ben, ofAnna, ofBen }
}

test('numbers count from 1, one a subject, and are provisional without a remote', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const first = await numbered(anna, 'v1')
  const second = await numbered(anna, 'v2')
  const [one] = await anna.store.numberOf('model/m@v1')
  assert.deepEqual(
    { ...one, history: one?.history.map(({ number, by }) => [number, by]) },
    {
      series,
      number: 1,
      subject: first,
      name: 'model/m@v1',
      provisional: true,
      taken: false,
      history: [[1, 'anna']],
    },
  )
  assert.equal((await anna.store.claimNumber(series, 'model/m@v1')).number, 1, 'the one it has')
  assert.equal((await anna.store.byNumber(series, 2)).subject, second)
  await assert.rejects(anna.store.byNumber(series, 3), { code: 'NOT_FOUND' })
  assert.equal((await anna.store.claimNumber('other', 'model/m@v1')).number, 1)
  assert.deepEqual(
    (await anna.store.numberOf('model/m@v1')).map((each) => each.series),
    [series, 'other'],
  )
})

test('a push makes numbers final, and a clone goes on behind them', async (t) => {
  const { anna, ben, ofAnna } = await bothGave(t)
  await anna.store.push()
  assert.equal((await anna.store.byNumber(series, 2)).provisional, false)
  await ben.store.fetch()
  assert.equal((await ben.store.byNumber(series, 2)).subject, ofAnna)
})

test('the later of two pushers gets the next free number, in the same push, and is told', async (t) => {
  const { world, anna, ben, ofAnna, ofBen } = await bothGave(t)
  const before = await ben.store.show('model/m@b2')
  await anna.store.push()
  const pushed = await ben.store.push()
  const message = 'TES-TEST-2 is now TES-TEST-3: somebody else pushed 2 first'
  assert.deepEqual(pushed.renumbered, [{ series, subject: ofBen, from: 2, to: 3, message }])
  assert.deepEqual([pushed.versions, pushed.conflicts], [['model/m@b2'], []])

  await anna.store.fetch()
  const carl = await world.clone('carl')
  for (const { store } of [anna, ben, carl]) {
    assert.equal((await store.byNumber(series, 2)).subject, ofAnna)
    const owner = await store.byNumber(series, 3)
    assert.deepEqual([owner.subject, owner.provisional], [ofBen, false])
    const [number] = await store.numberOf('model/m@b2')
    assert.deepEqual(
      number?.history.map((each) => [each.number, each.by]),
      [
        [2, 'ben'],
        [3, 'ben'],
      ],
      'everybody can see what became of the old one',
    )
  }
  const after = await ben.store.show('model/m@b2')
  assert.deepEqual([after.digest, after.root], [before.digest, before.root])
  const again = await ben.store.push()
  assert.deepEqual([again.events, again.renumbered, again.requests], [0, [], 2])
})

test('after a fetch and before the push a taken number is the remote’s, and says so', async (t) => {
  const { anna, ben, ofAnna } = await bothGave(t)
  await anna.store.push()
  await ben.store.fetch()
  assert.equal((await ben.store.byNumber(series, 2)).subject, ofAnna)
  const [own] = await ben.store.numberOf('model/m@b2')
  assert.deepEqual([own?.number, own?.provisional, own?.taken], [2, true, true])
  await numbered(ben, 'b3')
  assert.equal((await ben.store.numberOf('model/m@b3'))[0]?.number, 3)

  const planned = await ben.store.push({ dryRun: true })
  assert.deepEqual(
    planned.renumbered.map(({ from, to }) => [from, to]),
    [[2, 4]],
    'numbers that hold are left alone',
  )
  const pushed = await ben.store.push()
  assert.deepEqual(pushed.renumbered, planned.renumbered)
  assert.equal((await ben.store.numberOf('model/m@b2'))[0]?.taken, false)
})

test('a number lost in the race for a slot is replaced in the same push', async (t) => {
  const { world, anna, ben, ofAnna, ofBen } = await bothGave(t)
  const place = world.place()
  place.hook = async ({ operation }) => {
    if (operation !== 'create') return undefined
    place.hook = () => undefined
    await anna.store.push()
    return undefined
  }
  const pushed = await ben.store.push()
  assert.deepEqual(
    pushed.renumbered.map(({ from, to }) => [from, to]),
    [[2, 3]],
  )
  assert.equal((await ben.store.byNumber(series, 2)).subject, ofAnna)
  assert.equal((await ben.store.byNumber(series, 3)).subject, ofBen)
})

test('runs have numbers, too', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  using runs = new RunEvents(world, anna)
  const run = await runs.start('vision', 'one')
  assert.equal((await anna.store.claimNumber('TES', `run:${run}`)).number, 1)
  await anna.store.push()
  const ben = await world.clone('ben')
  const found = await ben.store.byNumber('TES', 1)
  assert.deepEqual([found.subject, found.name], [`run:${run}`, 'one'])
  assert.equal((await ben.store.numberOf('run:one'))[0]?.number, 1)
})

test('a number needs a series and something that is there', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add('model/m', { 'w.bin': 'w' }, { label: 'v1' })
  await assert.rejects(anna.store.claimNumber('', 'model/m'), { code: 'INVALID_ARGUMENT' })
  for (const subject of ['model/none', `run:${'0'.repeat(32)}`, `version:${'0'.repeat(64)}`]) {
    await assert.rejects(anna.store.claimNumber(series, subject), { code: 'NOT_FOUND' })
  }
  await assert.rejects(anna.store.claimNumber(series, 'version:1'), { code: 'INVALID_ARGUMENT' })
})
