/** Runs travel with what they say, and say nothing of others. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { Catalog } from '../../../src/catalog/catalog.ts'
import type { Place } from './support/watched-remote.ts'
import { type Person, World } from './support/world.ts'
import { points, RunEvents } from './support/run-events.ts'

/** Somebody's store, and the events they write into it. */
async function writer(
  t: TestContext,
  world: World,
  person: Person,
): Promise<{ person: Person; runs: RunEvents }> {
  const runs = new RunEvents(world, person)
  t.after(() => runs[Symbol.dispose]())
  return { person, runs }
}

async function scene(t: TestContext): Promise<{ world: World; anna: Person; runs: RunEvents }> {
  const world = new World(t)
  const { person, runs } = await writer(t, world, await world.store())
  return { world, anna: person, runs }
}

async function cloned(
  t: TestContext,
  world: World,
  name = 'ben',
): Promise<{
  person: Person
  runs: RunEvents
}> {
  return writer(t, world, await world.clone(name))
}

/** What is known of a run, as a program would ask. */
function stateOf({ runs, params, metrics }: Catalog, run: string): unknown {
  return [runs.get(run)?.name, runs.get(run)?.status, params.of(run), metrics.of(run)]
}

test('a plain push sends every run, and a clone sees all of it', async (t) => {
  const { world, anna, runs } = await scene(t)
  const first = await runs.start('vision', 'first')
  const second = await runs.start('vision', 'second')
  await runs.log(first, 'loss', points(3))
  await runs.end(first)
  const pushed = await anna.store.push()
  assert.equal(pushed.runs, 2)
  assert.equal(pushed.packs, 0, 'nothing of it is large')

  const ben = await cloned(t, world)
  for (const run of [first, second]) {
    assert.deepEqual(stateOf(ben.runs.catalog, run), stateOf(runs.catalog, run))
  }
  assert.deepEqual((await ben.person.store.fetch()).events, 0)
  const again = await anna.store.push()
  assert.deepEqual([again.events, again.requests], [0, 2])
})

test('of a run that grows only what is new is sent', async (t) => {
  const { world, anna, runs } = await scene(t)
  const run = await runs.start('vision', 'first')
  assert.equal((await anna.store.push()).events, 3)
  await runs.log(run, 'loss', points(2))
  const grown = await anna.store.push()
  assert.deepEqual([grown.events, grown.runs], [1, 0])
  const ben = await cloned(t, world)
  assert.deepEqual(stateOf(ben.runs.catalog, run), stateOf(runs.catalog, run))
})

test('a run that was fetched goes on elsewhere, and comes back', async (t) => {
  const { world, anna, runs } = await scene(t)
  const run = await runs.start('vision', 'first')
  await runs.log(run, 'loss', points(2))
  await anna.store.push()
  const ben = await cloned(t, world)
  await ben.runs.log(run, 'loss', points(4))
  await ben.runs.end(run)
  assert.equal((await ben.person.store.push()).events, 2)
  await anna.store.fetch()
  assert.equal(runs.catalog.runs.get(run)?.status, 'FINISHED')
  assert.deepEqual(stateOf(runs.catalog, run), stateOf(ben.runs.catalog, run))
})

test('two people log into one experiment, each made it offline, and both see all', async (t) => {
  const world = new World(t)
  const anna = await writer(t, world, await world.store('anna'))
  const ben = await writer(t, world, await world.store('ben'))
  await anna.runs.start('vision', 'of anna')
  await ben.runs.start('vision', 'of ben')
  await anna.person.store.push()
  await ben.person.store.push()
  await anna.person.store.fetch()
  for (const { catalog } of [anna.runs, ben.runs]) {
    const experiments = catalog.experiments.all()
    assert.deepEqual(
      experiments.map(({ name, runs }) => [name, runs]),
      [['vision', 2]],
    )
    const [experiment] = experiments
    const names = catalog.runs.list({ experiments: [experiment?.id ?? ''] }).map(({ name }) => name)
    assert.deepEqual(names.sort(), ['of anna', 'of ben'])
  }
})

test('deleting a run is a tombstone that travels, and so is taking it back', async (t) => {
  const { world, anna, runs } = await scene(t)
  const run = await runs.start('vision', 'first')
  await anna.store.push()
  const ben = await cloned(t, world)
  const [removal] = await ben.runs.say({ type: 'run.remove', run, reason: 'wrong data' })
  await ben.person.store.push()
  await anna.store.fetch()
  assert.equal(runs.catalog.runs.get(run)?.removed, true)
  await runs.say({ type: 'run.restore', run, over: removal?.id ?? '' })
  await anna.store.push()
  await ben.person.store.fetch()
  assert.equal(ben.runs.catalog.runs.get(run)?.removed, false)
})

test('a run that was removed before it was pushed stays home; restored, it goes', async (t) => {
  const { world, anna, runs } = await scene(t)
  const kept = await runs.start('vision', 'kept')
  const secret = await runs.start('vision', 'hidden-run')
  await anna.add(`run/${secret}`, { 'hidden-file.txt': 'hidden' }, { label: 'files' })
  const version = (await anna.store.show(`run/${secret}`)).digest
  await anna.add('model/m', { 'w.bin': 'weights' }, { label: 'v1' })
  const made = (await anna.store.show('model/m')).digest
  const link = { type: 'run.link', direction: 'output', role: 'model' } as const
  await runs.say({ ...link, run: secret, version: made })
  const [removal] = await runs.say({ type: 'run.remove', run: secret })
  assert.equal((await anna.store.push({ references: ['model/m'] })).runs, 0)
  assert.equal((await anna.store.push()).runs, 1)
  for (const text of ['hidden-run', secret, version]) assertNowhere(world.place(), text)
  await runs.say({ type: 'run.restore', run: secret, over: removal?.id ?? '' })
  assert.equal((await anna.store.push()).runs, 1)
  const ben = await cloned(t, world)
  for (const run of [kept, secret]) assert.equal(ben.runs.catalog.runs.get(run)?.removed, false)
  assert.equal((await ben.person.cat(`run/${secret}:hidden-file.txt`)).toString(), 'hidden')
})

test('a push of a version brings the run that made it, and names no other', async (t) => {
  const { world, anna, runs } = await scene(t)
  await anna.add('dataset/hidden-data', { 'a.txt': 'hidden input' }, { label: 'hidden-label' })
  const input = (await anna.store.show('dataset/hidden-data')).digest
  const hidden = await runs.start('hidden-experiment', 'hidden-run')
  await runs.say({ type: 'tag.set', target: `run:${hidden}`, key: 'hidden-tag', value: 'x' })
  const maker = await runs.start('vision', 'maker')
  await anna.add('model/m', { 'w.bin': 'weights' }, { label: 'v1' })
  await anna.add(`run/${maker}`, { 'log.txt': 'epoch 1' }, { label: 'files' })
  const version = (await anna.store.show('model/m@v1')).digest
  await runs.say(
    { type: 'run.link', run: maker, direction: 'output', version, role: 'checkpoint' },
    { type: 'run.link', run: maker, direction: 'input', version: input, role: 'data' },
    { type: 'run.link', run: hidden, direction: 'input', version, role: 'hidden-role' },
    { type: 'lineage.add', from: input, to: version, role: 'data' },
    { type: 'number.claim', series: 'TES', number: 1, subject: `version:${version}` },
    { type: 'number.claim', series: 'HIDDEN-SERIES', number: 1, subject: `run:${hidden}` },
    { type: 'tag.set', target: `run:${maker}`, key: 'team', value: 'seven' },
  )
  await runs.log(maker, 'loss', points(2))

  const result = await anna.store.push({ references: ['model/m@v1'] })
  assert.deepEqual([...result.versions].sort(), [`model/m@v1`, `run/${maker}@files`])
  assert.equal(result.runs, 1)
  for (const text of ['hidden', 'HIDDEN', hidden]) assertNowhere(world.place(), text)

  const ben = await cloned(t, world)
  assert.deepEqual(stateOf(ben.runs.catalog, maker), stateOf(runs.catalog, maker))
  assert.deepEqual([...ben.runs.catalog.tags.of({ kind: 'run', run: maker })], [['team', 'seven']])
  assert.equal(ben.runs.catalog.experiments.all()[0]?.name, 'vision')
  await ben.person.store.pull({ references: [`run:${maker}`] })
  assert.equal((await ben.person.cat(`run/${maker}:log.txt`)).toString(), 'epoch 1')
  await assert.rejects(ben.person.store.pull({ references: ['run:none'] }), { code: 'NOT_FOUND' })
  assert.equal((await ben.person.store.byNumber('TES', 1)).subject, `version:${version}`)

  assert.equal((await anna.store.push()).runs, 1, 'the rest goes with the next plain push')
  await ben.person.store.fetch()
  assert.equal(ben.runs.catalog.runs.get(hidden)?.name, 'hidden-run')
})

test('a run can be named, by its name or the beginning of its id', async (t) => {
  const { world, anna, runs } = await scene(t)
  const one = await runs.start('vision', 'one')
  await runs.start('hidden-experiment', 'hidden-run')
  const result = await anna.store.push({ references: [`run:${one.slice(0, 12)}`] })
  assert.equal(result.runs, 1)
  assertNowhere(world.place(), 'hidden')
  assert.equal((await anna.store.push({ references: ['run:one'] })).events, 0)
  await assert.rejects(anna.store.push({ references: ['run:xyz'] }), { code: 'NOT_FOUND' })
  await assert.rejects(anna.store.push({ references: [`run:${'0'.repeat(32)}`] }), {
    code: 'NOT_FOUND',
  })
})

test('an own run in somebody else’s experiment takes its name along to another remote', async (t) => {
  const { world, anna, runs } = await scene(t)
  await runs.start('vision', 'hidden-run')
  await anna.store.push()
  const ben = await cloned(t, world)
  await ben.person.store.addRemote({ name: 'second', settings: { url: 'memory:second' } })
  const [experiment] = ben.runs.catalog.experiments.all()
  await ben.runs.start('vision', 'mine', { experimentId: experiment?.id ?? '' })
  assert.equal((await ben.person.store.push({ remote: 'second' })).runs, 1)
  assertNowhere(world.place('second'), 'hidden-run')
  const carl = await writer(t, world, await world.clone('carl', 'memory:second'))
  assert.equal(carl.runs.catalog.experiments.all()[0]?.name, 'vision')
})

function assertNowhere(place: Place, text: string): void {
  for (const key of place.keys()) {
    assert.ok(!Buffer.from(place.bytes(key)).includes(text), `${key} names ${text}`)
  }
}
