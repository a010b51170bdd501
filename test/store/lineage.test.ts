/** Lineage as a user asks for it: up, down, added later, across clones, after deletions. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { LineageResult } from '../../src/store/runs/results.ts'
import { type Person, World } from './sync/support/world.ts'
import { newId, RunEvents } from './sync/support/run-events.ts'

const at = '2026-11-21T04:44:50.123Z'
const git = { commit: 'c0ffee00'.repeat(5), branch: 'main', dirty: true, remote: 'git@host:a.git' }

/** Data that a run trained a model on, which a report was made of. */
class Story {
  readonly world: World
  readonly anna: Person
  readonly events: RunEvents
  readonly run: string = newId()

  private constructor(world: World, anna: Person) {
    this.world = world
    this.anna = anna
    this.events = new RunEvents(world, anna)
  }

  static async tell(context: TestContext): Promise<Story> {
    const world = new World(context)
    const story = new Story(world, await world.store('anna'))
    context.after(() => story.events[Symbol.dispose]())
    const { anna, events, run } = story
    const raw = await anna.add('dataset/raw', { a: 'raw' }, { label: 'r1' })
    assert.equal(raw.label, 'r1')
    const data = await anna.add('dataset/x', { a: '1' }, { label: 'v1', inputs: ['dataset/raw'] })
    const model = await anna.add('model/x', { w: 'weights' }, { label: 'm1', aliases: ['prod'] })
    await anna.add('report/x', { r: 'good' }, { label: 'r1', inputs: ['model/x'] })
    const experiment = newId()
    await events.say(
      { type: 'experiment.create', experiment, name: 'vision' },
      { type: 'run.start', run, experiment, name: 'brave-otter', startedAt: at, context: { git } },
      { type: 'run.link', run, direction: 'input', version: data.digest, role: 'data' },
      { type: 'run.link', run, direction: 'output', version: model.digest, role: 'checkpoint' },
      { type: 'run.update', run, status: 'FINISHED', endedAt: at },
    )
    return story
  }
}

/** `from -role-> to` in names, in the order of the answer. */
function edgesOf({ nodes, edges }: LineageResult): string[] {
  const names = new Map(nodes.map(({ id, name }) => [id, name ?? '?']))
  return edges.map(({ from, to, role }) => `${names.get(from)} -${role}-> ${names.get(to)}`)
}

const namesOf = ({ nodes }: LineageResult): string[] => nodes.map(({ name }) => name ?? '?')

test('names the data and the commit that a version was made from', async (context) => {
  const { anna, run } = await Story.tell(context)
  const up = await anna.store.lineage({ reference: 'model/x@prod', direction: 'up' })
  assert.deepEqual(edgesOf(up), [
    'brave-otter -checkpoint-> model/x@m1',
    'dataset/x@v1 -data-> brave-otter',
    'dataset/raw@r1 -input-> dataset/x@v1',
  ])
  const [model, maker] = up.nodes
  assert.equal(model?.id, up.root)
  assert.deepEqual(model?.kind === 'version' && model.aliases, ['prod'])
  assert.deepEqual(maker, {
    kind: 'run',
    id: `run:${run}`,
    run,
    name: 'brave-otter',
    experiment: 'vision',
    status: 'FINISHED',
    commit: git.commit,
    dirty: true,
    removed: false,
  })
})

test('goes down from data, both ways from a run, and no further than asked', async (context) => {
  const { anna, run } = await Story.tell(context)
  const down = await anna.store.lineage({ reference: 'dataset/raw', direction: 'down' })
  assert.deepEqual(namesOf(down), [
    'dataset/raw@r1',
    'dataset/x@v1',
    'brave-otter',
    'model/x@m1',
    'report/x@r1',
  ])
  const reference = `run:${run.slice(0, 8)}`
  const near = await anna.store.lineage({ reference, depth: 1 })
  assert.deepEqual(namesOf(near), ['brave-otter', 'dataset/x@v1', 'model/x@m1'])
  assert.equal(near.cut.length, 2)
  const byName = await anna.store.lineage({ reference: 'run:brave-otter', depth: 0 })
  assert.deepEqual(byName.cut, [byName.root])
})

test('what is not there, and what is no depth, is refused', async (context) => {
  const { anna } = await Story.tell(context)
  const refused = (reference: string, code: string, depth?: number): Promise<void> =>
    assert.rejects(anna.store.lineage({ reference, depth }), { code })
  await refused('model/none', 'NOT_FOUND')
  await refused('run:no-such-name', 'NOT_FOUND')
  await refused(`run:${'0'.repeat(32)}`, 'NOT_FOUND')
  await refused('no reference', 'INVALID_ARGUMENT')
  await refused('model/x', 'INVALID_ARGUMENT', -1)
  await refused('model/x', 'INVALID_ARGUMENT', Number.NaN)
})

test('a run that goes on from its own checkpoint is walked once', async (context) => {
  const { anna, events, run } = await Story.tell(context)
  const { digest: version } = await anna.store.show('model/x')
  await events.say({ type: 'run.link', run, direction: 'input', version, role: 'resume' })
  const { nodes, edges } = await anna.store.lineage({ reference: 'model/x' })
  assert.equal(nodes.length, 5)
  assert.equal(edges.length, 5)
})

// --- added later ----------------------------------------------------------------------------

test('an edge that is added is part of the lineage, once', async (context) => {
  const { anna } = await Story.tell(context)
  const { store } = anna
  await anna.add('model/base', { w: 'base' }, { label: 'b1' })
  const added = await store.addLineage('model/base', 'model/x@prod', { role: 'base' })
  assert.deepEqual(
    [added.fromName, added.toName, added.role, added.unchanged],
    ['model/base@b1', 'model/x@m1', 'base', false],
  )
  assert.equal((await store.addLineage('model/base', 'model/x', { role: 'base' })).unchanged, true)
  const up = await store.lineage({ reference: 'model/x', direction: 'up', depth: 1 })
  assert.ok(edgesOf(up).includes('model/base@b1 -base-> model/x@m1'))
  assert.deepEqual(
    up.edges.map(({ added: isAdded }) => isAdded),
    [false, true],
  )
  const { inputs } = await store.show('model/x')
  assert.deepEqual(
    inputs.map(({ name, role, via }) => [name, role, via]),
    [
      ['dataset/x@v1', 'data', 'run'],
      ['model/base@b1', 'base', 'added'],
    ],
  )
})

test('what a version or its run says of itself is not recorded again', async (context) => {
  const { store } = (await Story.tell(context)).anna
  const before = await store.reindex()
  assert.equal((await store.addLineage('dataset/raw', 'dataset/x')).unchanged, true)
  assert.equal((await store.addLineage('dataset/x', 'model/x')).unchanged, true)
  assert.equal((await store.reindex()).events, before.events)
})

test('an edge that would close a cycle is refused, with the way round', async (context) => {
  const { store } = (await Story.tell(context)).anna
  const before = await store.reindex()
  await assert.rejects(store.addLineage('report/x', 'dataset/x'), {
    code: 'INVALID_ARGUMENT',
    message:
      'report/x@r1 came from dataset/x@v1 itself: dataset/x@v1 -> run brave-otter -> model/x@m1 -> report/x@r1.',
    hint: /first the version that was used/,
  })
  await assert.rejects(store.addLineage('model/x', 'model/x@m1'), { code: 'INVALID_ARGUMENT' })
  assert.equal((await store.reindex()).events, before.events)
})

test('edges join versions, have a role that is a name, and both ends are there', async (context) => {
  const { anna, run } = await Story.tell(context)
  const refused = (from: string, to: string, code: string, role?: string): Promise<void> =>
    assert.rejects(anna.store.addLineage(from, to, { role }), { code })
  await refused(`run:${run}`, 'model/x', 'INVALID_ARGUMENT')
  await refused('dataset/raw', `run:${run}`, 'INVALID_ARGUMENT')
  await refused('dataset/raw', 'model/x', 'INVALID_ARGUMENT', '')
  await refused('dataset/raw', 'model/x', 'INVALID_ARGUMENT', 'two\nlines')
  await refused('dataset/none', 'model/x', 'NOT_FOUND')
})

test('a cycle that two clones close together loses one edge, the same one for both', async (context) => {
  const { anna, world } = await Story.tell(context)
  for (const name of ['a', 'b', 'c']) await anna.add(`model/${name}`, { w: name }, { label: '1' })
  await anna.store.push()
  const ben = await world.clone('ben')
  await anna.store.addLineage('model/a', 'model/b')
  await anna.store.addLineage('model/b', 'model/c')
  // Ben counts further, so his edge is the last of the three whatever its id.
  for (const x of ['1', '2', '3']) await ben.store.setTags('model/a', { x })
  await ben.store.addLineage('model/c', 'model/a', { role: 'loop' })
  const pushes = [await anna.store.push(), await ben.store.push()]
  await anna.store.fetch()
  await ben.store.fetch()
  const answers: LineageResult[] = []
  for (const { store } of [anna, ben]) {
    answers.push(await store.lineage({ reference: 'model/b' }))
    await store.reindex()
    answers.push(await store.lineage({ reference: 'model/b' }))
  }
  const [first] = answers
  assert.ok(first !== undefined)
  for (const answer of answers) assert.deepEqual(answer, first)
  assert.equal(first.edges.length, 2)
  assert.equal(first.leftOut.length, 1)
  assert.equal(first.leftOut[0]?.by, 'ben')
  assert.deepEqual(
    pushes.map(({ notes }) => notes),
    [
      undefined,
      [
        'The lineage model/c@1 -> model/a@1 counts nowhere: with what others said it closes a cycle.',
      ],
    ],
  )
})

// --- across clones --------------------------------------------------------------------------

test('a clone knows the whole lineage without a byte and without the remote', async (context) => {
  const { anna, world } = await Story.tell(context)
  await anna.store.push()
  const ben = await world.clone('ben')
  world.place().objects.clear()
  const request = { reference: 'model/x@prod' } as const
  assert.deepEqual(await ben.store.lineage(request), await anna.store.lineage(request))
  const { madeBy, code, usedBy } = await ben.store.show('model/x@prod')
  assert.deepEqual(
    madeBy.map(({ name, experiment, role }) => [name, experiment, role]),
    [['brave-otter', 'vision', 'checkpoint']],
  )
  assert.deepEqual(code, git)
  assert.deepEqual(
    usedBy.versions.map(({ name }) => name),
    ['report/x@r1'],
  )
})

test('what was never pushed is an id where others look', async (context) => {
  const { anna, world } = await Story.tell(context)
  await anna.store.push({ references: ['dataset/x'] })
  const ben = await world.clone('ben')
  const { nodes } = await ben.store.lineage({ reference: 'dataset/x', direction: 'up' })
  const raw = await anna.store.show('dataset/raw')
  assert.deepEqual(nodes.map(({ id, name }) => [id, name]).at(-1), [`version:${raw.digest}`, null])
  assert.deepEqual((await ben.store.show('dataset/x')).inputs, [
    { version: raw.digest, role: 'input', via: 'record', name: null },
  ])
})

// --- show and rm ----------------------------------------------------------------------------

test('show says who uses a version now, and since when', async (context) => {
  const { anna, run } = await Story.tell(context)
  const { store } = anna
  const data = await store.show('dataset/x')
  assert.deepEqual(data.usedBy.runs, [
    {
      run,
      name: 'brave-otter',
      experiment: 'vision',
      status: 'FINISHED',
      removed: false,
      role: 'data',
    },
  ])
  assert.deepEqual(data.usedBy.versions, [])
  await store.setAlias('model/x', 'prod-eu', { reason: 'passed the bench' })
  const { usedBy } = await store.show('model/x')
  assert.deepEqual(
    usedBy.aliases.map(({ alias, by, reason }) => [alias, by, reason]),
    [
      ['prod', 'anna', null],
      ['prod-eu', 'anna', 'passed the bench'],
    ],
  )
  await store.remove({ reference: 'report/x@r1' })
  assert.deepEqual((await store.show('model/x')).usedBy.versions, [])
})

test('what a run read or an added edge starts from is not deleted without force', async (context) => {
  const { anna, events, run } = await Story.tell(context)
  const { store } = anna
  const inUse = (message: RegExp): object => ({ code: 'REFUSED', message })
  await assert.rejects(
    store.remove({ reference: 'dataset/x@v1' }),
    inUse(/dataset\/x@v1 was read by run brave-otter/),
  )
  await anna.add('model/base', { w: 'base' }, { label: 'b1' })
  await store.addLineage('model/base', 'model/x', { role: 'base' })
  await assert.rejects(
    store.remove({ reference: 'model/base@b1' }),
    inUse(/model\/base@b1 is an input of version model\/x@m1/),
  )
  await events.say({ type: 'run.remove', run })
  await assert.rejects(
    store.remove({ reference: 'dataset/x@v1' }),
    inUse(/dataset\/x@v1 is an input of version model\/x@m1/),
  )
  await store.remove({ reference: 'dataset/x@v1', force: true })
  const { nodes } = await store.lineage({ reference: 'model/x', direction: 'up', depth: 2 })
  assert.deepEqual(
    nodes.map(({ name, removed }) => [name, removed]),
    [
      ['model/x@m1', false],
      ['brave-otter', true],
      ['model/base@b1', false],
      ['dataset/x@v1', true],
    ],
  )
})

test('the message counts the uses that it does not name', async (context) => {
  const { anna, events } = await Story.tell(context)
  const { digest: version } = await anna.store.show('dataset/raw')
  const links = Array.from({ length: 30 }, () => ({ run: newId(), version, role: 'data' }))
  await events.say(
    ...links.map((link) => ({ type: 'run.link', direction: 'input', ...link }) as const),
  )
  await assert.rejects(anna.store.remove({ reference: 'dataset/raw@r1' }), {
    code: 'REFUSED',
    message: /and 21 more uses\.$/,
  })
})
