/** Questions that a model registry is asked, answered from records alone. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { AddRequest } from '../../../src/store/requests.ts'
import type { AddResult } from '../../../src/store/results.ts'
import type { Store } from '../../../src/store/store.ts'
import { TestRepository } from '../../support/store.ts'

/** Versions of few bytes, each with its own. */
class Registry {
  readonly repository: TestRepository
  readonly store: Store
  #count = 0

  private constructor(repository: TestRepository) {
    this.repository = repository
    this.store = repository.store
  }

  static async create(context: TestContext): Promise<Registry> {
    return new Registry(await TestRepository.create(context))
  }

  add(as: string, label: string, more: Partial<AddRequest> = {}): Promise<AddResult> {
    this.#count += 1
    this.repository.environment.clock.turn(60)
    this.repository.write({ file: `content ${this.#count}` })
    return this.repository.add('file', { as, label, noLock: true, ...more })
  }

  /** A run that is over. */
  async run(
    name: string,
    logged: { readonly parent?: string; readonly metrics?: Readonly<Record<string, number>> } = {},
  ): Promise<string> {
    this.repository.environment.clock.turn(60)
    const run = await this.store.startRun({ name, experiment: 'e', parent: logged.parent })
    run.logMetrics(logged.metrics ?? {})
    await run.end('FINISHED')
    return run.id
  }
}

const labels = (rows: readonly { readonly label: string | null }[]): (string | null)[] =>
  rows.map(({ label }) => label)

/** Names a query gives a child: `run start --parent`. */
const anyOf = (ids: readonly string[]): string =>
  `run in (${ids.map((id) => `'${id}'`).join(', ')})`

test('gives the versions before one, as many as asked for, that match a query', async (context) => {
  const registry = await Registry.create(context)
  const { store } = registry
  await registry.add('model/x', 'v1', { meta: { f1: 0.9 } })
  await registry.add('model/x', 'v2', { meta: { f1: 0.7 }, tags: { ok: 'yes' } })
  await registry.add('model/y', 'other')
  await registry.add('model/x', 'v3', { meta: { f1: 0.95 } })
  await registry.add('model/x', 'v4')
  assert.deepEqual(labels(await store.previousVersions('model/x')), ['v3'])
  assert.deepEqual(labels(await store.previousVersions('model/x@v3')), ['v2'])
  assert.deepEqual(labels(await store.previousVersions('model/x@v1')), [])
  assert.deepEqual(labels(await store.previousVersions('model/x', { count: 2 })), ['v3', 'v2'])
  const good = { query: 'meta.f1 >= 0.9', count: 5 }
  assert.deepEqual(labels(await store.previousVersions('model/x', good)), ['v3', 'v1'])
  const oldest = { query: 'order by created', count: 1 }
  assert.deepEqual(labels(await store.previousVersions('model/x', oldest)), ['v1'])
  await store.remove({ reference: 'model/x@v2' })
  assert.deepEqual(labels(await store.previousVersions('model/x@v3')), ['v1'])
  assert.deepEqual(labels(await store.previousVersions('model/x@v2')), ['v1'], 'of a removed one')
  await assert.rejects(store.previousVersions('model/x', { count: 0 }), {
    code: 'INVALID_ARGUMENT',
  })
  await assert.rejects(store.previousVersions('model/z'), { code: 'NOT_FOUND' })
})

test('names what an alias says is deployed, who moved it, when and why', async (context) => {
  const registry = await Registry.create(context)
  const { store } = registry
  const first = await registry.add('model/x', 'v1')
  const second = await registry.add('model/x', 'v2')
  const nothing = await store.deployed('model/x')
  assert.deepEqual(nothing, {
    artifact: 'model/x',
    name: 'deployed',
    version: null,
    via: null,
    history: [],
  })
  await store.setAlias('model/x@v1', 'deployed', { reason: 'first' })
  registry.repository.environment.clock.turn(60)
  await store.setAlias('model/x@v2', 'deployed', { reason: 'f1 0.95' })
  const { version, via, history } = await store.deployed('model/x')
  assert.deepEqual([version?.label, via], ['v2', 'alias'])
  assert.deepEqual(
    history.map(({ from, to, by, reason }) => [from, to, by, reason]),
    [
      [first.digest, second.digest, 'anna', 'f1 0.95'],
      [null, first.digest, 'anna', 'first'],
    ],
  )
  assert.ok(history.every(({ at }) => at.endsWith('Z')))
  await store.removeAlias('model/x', 'deployed', { reason: 'broken' })
  const gone = await store.deployed('model/x')
  assert.deepEqual([gone.version, gone.via, gone.history[0]?.reason], [null, null, 'broken'])
  await store.setAlias('model/x@v1', 'prod')
  assert.equal((await store.deployed('model/x', { name: 'prod' })).version?.label, 'v1')
  await assert.rejects(store.deployed('model/z'), { code: 'NOT_FOUND' })
})

test('names what the tag stage says is deployed, the last tagged if several are', async (context) => {
  const registry = await Registry.create(context)
  const { store } = registry
  for (const label of ['v1', 'v2', 'v3']) await registry.add('model/x', label)
  const stage = (label: string, stage: string): Promise<unknown> =>
    store.setTags(`model/x@${label}`, { stage })
  const now = async (): Promise<unknown> => (await store.deployed('model/x')).version?.label
  await stage('v1', 'DEPLOYED')
  assert.equal(await now(), 'v1')
  await stage('v2', 'deployed')
  await stage('v3', 'staging')
  assert.equal(await now(), 'v2')
  await store.removeTags('model/x@v2', ['stage'])
  assert.equal(await now(), 'v1')
  await stage('v1', 'archived')
  assert.equal(await now(), undefined)
  const { history, via } = await store.deployed('model/x')
  assert.equal(via, null)
  const labelled = new Map((await store.log('model/x')).map((row) => [row.digest, row.label]))
  assert.deepEqual(
    history.map(({ from, to }) => [from && labelled.get(from), to && labelled.get(to)]),
    [
      ['v1', null],
      ['v2', 'v1'],
      ['v1', 'v2'],
      [null, 'v1'],
    ],
  )
  await stage('v3', 'deployed')
  await store.setAlias('model/x@v1', 'deployed')
  assert.equal((await store.deployed('model/x')).via, 'alias', 'the alias is stronger')
})

test('finds the newest version of another type that lineage ties to one', async (context) => {
  const registry = await Registry.create(context)
  const { store } = registry
  await registry.add('dataset/x', 'd1')
  const model = await registry.add('model/x', 'm1', { inputs: ['dataset/x'] })
  await registry.add('prediction-job/x', 'j1', { inputs: ['model/x@m1'] })
  await registry.add('prediction-job/y', 'j2', { inputs: ['model/x@m1'] })
  await registry.add('prediction-job/z', 'of another model')
  await registry.add('model/x', 'm2')
  const job = await store.latestRelated('model/x', 'prediction-job')
  assert.deepEqual(
    [job?.version.artifact, job?.version.label, job?.of],
    ['prediction-job/y', 'j2', model.digest],
  )
  assert.equal(await store.latestRelated('model/x@m2', 'prediction-job'), null)
  assert.equal((await store.latestRelated('prediction-job/x', 'model'))?.version.label, 'm1')
  assert.equal((await store.latestRelated('prediction-job/x', 'dataset'))?.version.label, 'd1')
  const up = { direction: 'up' } as const
  assert.equal(await store.latestRelated('model/x@m1', 'prediction-job', up), null)
  await store.remove({ reference: 'prediction-job/y@j2', force: true })
  assert.equal((await store.latestRelated('model/x', 'prediction-job'))?.version.label, 'j1')
})

test('records the best of the runs that a version was chosen from', async (context) => {
  const registry = await Registry.create(context)
  const { store } = registry
  const search = await registry.run('search')
  const low = await registry.run('low', { parent: search, metrics: { acc: 0.7, loss: 0.1 } })
  const high = await registry.run('high', { parent: search, metrics: { acc: 0.9, loss: 0.3 } })
  await registry.run('broken', { parent: search, metrics: { acc: Number.NaN } })
  const outside = await registry.run('outside', { metrics: { acc: 0.99 } })
  const made = await store.resumeRun(low)
  registry.repository.write({ weights: 'w' })
  const { digest } = await made.output('weights', 'model/x', { label: 'v1' })
  await made.end()

  assert.equal(await store.winner('model/x'), null)
  const chosen = await store.chooseWinner('model/x', { metric: 'acc', reason: 'for the release' })
  assert.deepEqual(
    { ...chosen, summary: chosen.summary?.name, at: '' },
    {
      artifact: 'model/x',
      digest,
      run: high,
      summary: 'high',
      metric: 'acc',
      goal: 'max',
      value: 0.9,
      reason: 'for the release',
      at: '',
      by: 'anna',
    },
  )
  assert.deepEqual(await store.winner('model/x@v1'), chosen)
  const { tags } = await store.listTags('model/x@v1')
  assert.equal(
    tags['winner'],
    `{"run":"${high}","metric":"acc","goal":"max","value":0.9,"reason":"for the release"}`,
  )
  const lowest = await store.chooseWinner('model/x', { metric: 'loss', goal: 'min' })
  assert.deepEqual([lowest.run, lowest.value, lowest.reason], [low, 0.1, null])
  const any = await store.chooseWinner('model/x', { metric: 'acc', experiments: ['e'] })
  assert.equal(any.run, outside)
  const some = { metric: 'acc', query: anyOf([low, search]) }
  assert.equal((await store.chooseWinner('model/x', some)).run, low)
  const diverged = await registry.run('diverged', { metrics: { loss: Infinity } })
  const worst = { metric: 'loss', query: `run = '${diverged}'` }
  assert.equal((await store.chooseWinner('model/x', worst)).value, Infinity)
  assert.equal((await store.winner('model/x'))?.value, Infinity)
  const named = await store.chooseWinner('model/x', { run: 'high', reason: 'smaller' })
  assert.deepEqual([named.run, named.metric, named.value], [high, null, null])
})

test('says why no winner can be chosen', async (context) => {
  const registry = await Registry.create(context)
  const { store } = registry
  await registry.add('model/x', 'v1')
  const run = await registry.run('one', { metrics: { acc: Number.NaN } })
  const refused: readonly (readonly [object, string])[] = [
    [{}, 'INVALID_ARGUMENT'],
    [{ metric: 'acc' }, 'INVALID_ARGUMENT'],
    [{ metric: 'acc', query: 'order by name' }, 'INVALID_ARGUMENT'],
    [{ metric: 'acc', query: 'colour = red' }, 'INVALID_ARGUMENT'],
    [{ metric: 'acc', experiments: ['e'] }, 'NOT_FOUND'],
    [{ metric: 'f1', run }, 'NOT_FOUND'],
    [{ metric: 'acc', experiments: ['none'] }, 'NOT_FOUND'],
    [{ run: 'nobody' }, 'NOT_FOUND'],
  ]
  for (const [request, code] of refused) {
    await assert.rejects(store.chooseWinner('model/x', request), { code }, JSON.stringify(request))
  }
  assert.equal(await store.winner('model/x'), null)
  await store.setTags('model/x@v1', { winner: run })
  assert.equal((await store.winner('model/x'))?.run, run, 'a tag that somebody set by hand')
})

test('names the versions a run made, its own files aside', async (context) => {
  const registry = await Registry.create(context)
  const { store } = registry
  const run = await store.startRun({ name: 'trainer' })
  registry.repository.write({ weights: 'w', report: 'r' })
  await run.logText('notes.txt', 'good')
  await run.output('weights', 'model/x', { label: 'v1', role: 'checkpoint' })
  registry.repository.environment.clock.turn(60)
  await run.output('report', 'report/x', { label: 'r1' })
  await run.end()
  await registry.add('model/x', 'v2')
  const made = await store.versionsOfRun(`run:${run.id}`)
  assert.deepEqual(
    made.map(({ artifact, label, role }) => [artifact, label, role]),
    [
      ['report/x', 'r1', 'output'],
      ['model/x', 'v1', 'checkpoint'],
    ],
  )
  assert.deepEqual(await store.versionsOfRun('trainer'), made)
  await assert.rejects(store.versionsOfRun('nobody'), { code: 'NOT_FOUND' })
})
