/** Checks and profiles: attached to a version or a run, found by type, newest first. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { Attachment } from '../../src/store/results.ts'
import type { Store } from '../../src/store/store.ts'
import { TestRepository } from '../support/store.ts'
import { at } from '../core/events/samples.ts'
import { newId, RunEvents } from './sync/support/run-events.ts'
import { World } from './sync/support/world.ts'

async function withData(context: TestContext): Promise<TestRepository> {
  const repository = await TestRepository.create(context)
  await repository.addData({ a: '1' }, { label: 'v1' })
  await repository.addData({ a: '2' }, { label: 'v2' })
  return repository
}

async function text(store: Store, reference: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.cat(reference)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

const namesOf = (list: readonly Attachment[]): string[] => list.map(({ name }) => name)

test('attaches a file, a text and a value, and finds them by type, newest first', async (context) => {
  const repository = await withData(context)
  const { store, environment } = repository
  repository.write({ 'report.html': '<h1>fine</h1>' })
  const target = 'dataset/x@v1'
  const first = await store.attach(
    target,
    'data-checks',
    { paths: ['report.html'] },
    { label: 'c1' },
  )
  assert.equal(first.name, 'data-checks/dataset/x@c1')
  assert.equal(first.type, 'data-checks')
  const about = `version:${(await store.show(target)).digest}`
  assert.deepEqual([first.about, first.unchanged], [about, false])
  environment.clock.turn(60)
  await store.attach(
    target,
    'data-profile',
    { json: { rows: 3, mean: Number.NaN } },
    { label: 'p1' },
  )
  environment.clock.turn(60)
  const options = { label: 'c2', tags: { passed: 'yes' }, meta: { score: 0.9 } }
  await store.attach(target, 'data-checks', { text: 'all passed\n' }, options)

  const all = await store.attachments(target)
  assert.deepEqual(namesOf(all), [
    'data-checks/dataset/x@c2',
    'data-profile/dataset/x@p1',
    'data-checks/dataset/x@c1',
  ])
  const checks = await store.attachments(target, { type: 'data-checks' })
  assert.deepEqual(namesOf(checks), ['data-checks/dataset/x@c2', 'data-checks/dataset/x@c1'])
  assert.deepEqual(checks[0]?.tags, { passed: 'yes' })
  assert.deepEqual(await store.attachments(target, { type: 'model-checks' }), [])
  assert.deepEqual(await store.attachments('dataset/x@v2'), [])
  assert.deepEqual(namesOf((await store.show(target)).attachments), namesOf(all))

  assert.equal(await text(store, 'data-checks/dataset/x@c1:report.html'), '<h1>fine</h1>')
  assert.equal(await text(store, 'data-checks/dataset/x@c2'), 'all passed\n')
  const profile = await text(store, 'data-profile/dataset/x:data-profile.json')
  assert.deepEqual(JSON.parse(profile), { rows: 3, mean: 'NaN' })
  assert.deepEqual((await store.show('data-checks/dataset/x@c2')).meta, { score: 0.9 })
})

test('attaches a folder and several files, under a name of its own', async (context) => {
  const repository = await withData(context)
  const { store } = repository
  repository.write({ checks: { 'a.json': '{}', deep: { 'b.png': 'png' } }, summary: 's' })
  const folder = await store.attach(
    'dataset/x',
    'data-checks',
    { paths: ['checks'] },
    { label: '1' },
  )
  assert.equal(folder.files, 2)
  assert.equal(await text(store, 'data-checks/dataset/x:deep/b.png'), 'png')
  const both = { paths: ['checks', 'summary'] }
  const named = await store.attach('dataset/x', 'data-comparison', both, { name: 'old-new' })
  assert.match(named.name, /^data-comparison\/old-new@/)
  assert.deepEqual(
    repository.lockLines().map(({ path }) => path),
    ['data'],
  )
})

test('the same content is attached once, unless it is about another version', async (context) => {
  const { store } = await withData(context)
  const attach = (target: string): ReturnType<Store['attach']> =>
    store.attach(target, 'data-profile', { text: 'same' })
  const first = await attach('dataset/x@v1')
  const again = await attach('dataset/x@v1')
  assert.deepEqual([again.unchanged, again.version], [true, first.version])
  const other = await attach('dataset/x@v2')
  assert.equal(other.unchanged, false)
  assert.equal((await store.attachments('dataset/x@v1')).length, 1)
  assert.equal((await store.attachments('dataset/x@v2')).length, 1)
})

test('a large text is stored in chunks, an empty one as it is', async (context) => {
  const { store } = await withData(context)
  const large = Array.from({ length: 60_000 }, (_, i) => `row ${i * 7919}`).join('\n')
  await store.attach('dataset/x', 'data-profile', { text: large }, { label: 'large' })
  await store.attach('dataset/x', 'data-profile', { text: '' }, { label: 'empty' })
  assert.equal(await text(store, 'data-profile/dataset/x@large'), large)
  assert.equal(await text(store, 'data-profile/dataset/x@empty'), '')
  assert.deepEqual((await store.fsck()).problems, [])
})

test('what cannot be attached is refused, and nothing is stored', async (context) => {
  const { store } = await withData(context)
  type Attach = Parameters<Store['attach']>
  const refused = (...request: Attach): Promise<void> =>
    assert.rejects(store.attach(...request), { code: 'INVALID_ARGUMENT' })
  await refused('dataset/x', 'data/profile', { text: '' })
  await refused('dataset/x', '', { text: '' })
  await refused('dataset/x', 'run', { text: '' })
  await refused('dataset/x', 'data-profile', { json: undefined })
  await refused('dataset/x', 'data-profile', { json: () => 1 })
  await refused('dataset/x', 'data-profile', { json: { count: 1n } })
  await refused('dataset/x', 'data-profile', { text: '', fileName: '../up' })
  await refused('dataset/x', 'data-profile', { text: '', fileName: 'a/b' })
  await refused('dataset/x', 'data-profile', { paths: [] })
  await refused('dataset/x', 'data-profile', { text: '' }, { label: 'a/b' })
  for (const target of ['dataset/none', 'run:no-such-run']) {
    const attached = store.attach(target, 'data-profile', { text: '' })
    await assert.rejects(attached, { code: 'NOT_FOUND' })
  }
  assert.equal((await store.listArtifacts()).length, 1)
})

test('an attachment does not keep what it is about from being deleted', async (context) => {
  const { store } = await withData(context)
  await store.attach('dataset/x@v1', 'data-profile', { text: 'p' }, { label: 'p1' })
  await store.remove({ reference: 'dataset/x@v1' })
  assert.equal((await store.show('data-profile/dataset/x')).inputs[0]?.name, 'dataset/x@v1')
  await store.restore('dataset/x@v1')
  await store.remove({ reference: 'data-profile/dataset/x@p1' })
  assert.deepEqual(await store.attachments('dataset/x@v1'), [])
})

test('what a command within a run attaches to a version is made by that run', async (context) => {
  const repository = await withData(context)
  const run = await repository.store.startRun({ experiment: 'vision', name: 'brave-otter' })
  const environment = { ...repository.environment, env: { MLSTORE_RUN_ID: run.id } }
  const inside = await repository.open({ environment })
  await inside.get({ reference: 'dataset/x@v1', output: 'in' })
  const profile = await inside.attach('dataset/x@v1', 'data-profile', { text: 'p' })
  await run.end()
  const { store } = repository
  assert.deepEqual(namesOf(await store.attachments('dataset/x@v1')), [profile.name])
  assert.deepEqual(await store.attachments(`run:${run.id}`), [])
  const { nodes } = await store.lineage({ reference: profile.name, direction: 'up' })
  assert.deepEqual(
    nodes.map(({ name }) => name),
    [profile.name, 'brave-otter', 'dataset/x@v1'],
  )
})

test('a run has attachments, too; they travel, and are told from what else it made', async (context) => {
  const world = new World(context)
  const anna = await world.store('anna')
  using events = new RunEvents(world, anna)
  const run = await events.start('vision', 'brave-otter')
  const model = await anna.add('model/x', { w: 'weights' }, { label: 'm1' })
  await events.say(
    { type: 'run.link', run, direction: 'output', version: model.digest, role: 'output' },
    { type: 'run.update', run, status: 'FINISHED', endedAt: at },
  )
  const options = { label: 'c1' }
  const target = `run:${run}`
  const checks = await anna.store.attach(target, 'model-checks', { json: { ok: true } }, options)
  assert.equal(checks.about, target)
  assert.equal(checks.name, `model-checks/run/${run}@c1`)
  const again = await anna.store.attach(target, 'model-checks', { json: { ok: true } })
  assert.equal(again.unchanged, true)
  await anna.store.attach('model/x', 'model-checks', { text: 'fine' }, options)
  await anna.store.push()

  const ben = await world.clone('ben')
  for (const { store } of [anna, ben]) {
    assert.deepEqual(namesOf(await store.attachments('run:brave-otter')), [checks.name])
    assert.deepEqual(namesOf(await store.attachments('model/x')), ['model-checks/model/x@c1'])
    const { madeBy } = await store.show(checks.name)
    assert.deepEqual(
      madeBy.map(({ role }) => role),
      ['model-checks'],
    )
  }
  assert.equal(await text(ben.store, `${checks.name}:model-checks.json`), '{\n  "ok": true\n}')
  assert.deepEqual(await ben.store.attachments(`run:${run}`, { type: 'other' }), [])
  await assert.rejects(ben.store.attachments(`run:${newId()}`), { code: 'NOT_FOUND' })
})
