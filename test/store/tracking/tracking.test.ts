import assert from 'node:assert/strict'
import { test } from 'node:test'

import { array, assert as check, asyncProperty, nat, record } from 'fast-check'

import { isMlstoreError } from '../../../src/errors.ts'
import { TestRepository } from '../../support/store.ts'

const maps = <Value>(values: Record<string, Value>): Map<string, Value> =>
  new Map(Object.entries(values))

test('a run is durable when it has started, and other handles see what is logged', async (t) => {
  const repository = await TestRepository.create(t)
  const tracking = await repository.store.tracking()
  const experimentId = await tracking.createExperiment({ name: 'digits', tags: maps({ a: '1' }) })
  const { id } = await tracking.startRun({
    experimentId,
    name: 'first',
    startedAtMs: 1_700_000_000_000,
    tags: maps({ 'mlflow.user': 'anna' }),
    source: 'train.py',
  })
  await tracking.log(id, {
    params: maps({ lr: '0.1' }),
    metrics: [
      { key: 'loss', value: 2, step: 0, timeMs: 10 },
      { key: 'loss', value: Number.NaN, step: 1, timeMs: 20 },
    ],
    tags: maps({ stage: 'dev' }),
  })
  const other = await (await repository.open()).tracking()
  assert.deepEqual(other.run(id), {
    id,
    experimentId,
    name: 'first',
    status: 'RUNNING',
    startedAtMs: 1_700_000_000_000,
    endedAtMs: null,
    user: 'anna',
    parent: null,
    removed: false,
    params: maps({ lr: '0.1' }),
    tags: maps({ 'mlflow.user': 'anna', stage: 'dev' }),
    metrics: [{ key: 'loss', value: Number.NaN, step: 1, timeMs: 20 }],
  })
  assert.deepEqual(
    other.metricHistory(id, 'loss').map(({ value }) => value),
    [2, Number.NaN],
  )
  assert.deepEqual(other.experimentByName('digits')?.tags, maps({ a: '1' }))
})

test('a param keeps its first value, and nothing of that call is logged', async (t) => {
  const { store } = await TestRepository.create(t)
  const tracking = await store.tracking()
  const experimentId = await tracking.createExperiment({ name: 'digits' })
  const { id } = await tracking.startRun({ experimentId })
  await tracking.log(id, { params: maps({ lr: '1' }) })
  await tracking.log(id, { params: maps({ lr: '1' }) })
  const changing = tracking.log(id, { params: maps({ lr: '2', new: 'x' }), tags: maps({ t: 'x' }) })
  await assert.rejects(changing, (error) => {
    assert.ok(isMlstoreError(error, 'INVALID_ARGUMENT'))
    assert.deepEqual(error.details, { key: 'lr', was: '1', now: '2' })
    return true
  })
  const run = tracking.run(id)
  assert.deepEqual([run?.params, run?.tags], [maps({ lr: '1' }), new Map()])
})

test('an experiment is renamed, removed and restored, and its name is taken only once', async (t) => {
  const { store } = await TestRepository.create(t)
  const tracking = await store.tracking()
  const id = await tracking.createExperiment({ name: 'a' })
  const other = await tracking.createExperiment({ name: 'b' })
  const taken = (error: unknown): boolean => isMlstoreError(error, 'LABEL_TAKEN')
  await assert.rejects(tracking.createExperiment({ name: 'a' }), taken)
  await assert.rejects(tracking.renameExperiment(other, 'a'), taken)
  await tracking.removeExperiment(id)
  await assert.rejects(tracking.renameExperiment(other, 'a'), taken)
  assert.equal(tracking.experiment(id)?.removed, true)
  await tracking.restoreExperiment(id)
  await tracking.renameExperiment(id, 'c')
  await tracking.tagExperiment(id, 'k', 'v')
  await tracking.tagExperiment(id, 'gone', 'v')
  await tracking.tagExperiment(id, 'gone', null)
  const { name, removed, tags } = tracking.experiment(id) ?? {}
  assert.deepEqual([name, removed, tags], ['c', false, maps({ k: 'v' })])
})

test('a run that is changed, removed and restored says so in a search', async (t) => {
  const { store } = await TestRepository.create(t)
  const tracking = await store.tracking()
  const experimentId = await tracking.createExperiment({ name: 'digits' })
  const { id } = await tracking.startRun({ experimentId })
  const changed = await tracking.changeRun(id, { status: 'FINISHED', endedAtMs: 5, name: 'n' })
  assert.deepEqual([changed.status, changed.endedAtMs, changed.name], ['FINISHED', 5, 'n'])
  const found = (view: 'active' | 'removed', query = ''): string[] =>
    tracking.searchRuns({ experiments: [experimentId], view, query }).runs.map((run) => run.id)
  assert.deepEqual(found('active', "status = 'FINISHED'"), [id])
  await tracking.removeRun(id)
  await tracking.removeRun(id)
  assert.deepEqual([found('active'), found('removed')], [[], [id]])
  await tracking.restoreRun(id)
  assert.deepEqual([found('active'), found('removed')], [[id], []])
})

test('a run of an experiment that is not there is refused', async (t) => {
  const { store } = await TestRepository.create(t)
  const tracking = await store.tracking()
  const starting = tracking.startRun({ experimentId: '0'.repeat(32) })
  await assert.rejects(starting, (error) => isMlstoreError(error, 'NOT_FOUND'))
})

test('calls that come together are all durable, in order for each run', async (t) => {
  const { store } = await TestRepository.create(t)
  const tracking = await store.tracking()
  const experimentId = await tracking.createExperiment({ name: 'digits' })
  const calls = array(record({ run: nat({ max: 2 }), value: nat() }), { maxLength: 40 })
  await check(
    asyncProperty(calls, async (wanted) => {
      const starting = [0, 1, 2].map(() => tracking.startRun({ experimentId }))
      const runs = (await Promise.all(starting)).map(({ id }) => id)
      const logging = wanted.map(({ run, value }, step) => {
        const metrics = [{ key: 'm', value, step, timeMs: step }]
        return tracking.log(runs[run] ?? '', { metrics, tags: maps({ last: String(value) }) })
      })
      await Promise.all(logging)
      for (const [i, id] of runs.entries()) {
        const own = wanted.filter(({ run }) => run === i).map(({ value }) => value)
        assert.deepEqual(
          tracking.metricHistory(id, 'm').map(({ value }) => value),
          own,
        )
        const last = own.at(-1)
        const expected = last === undefined ? undefined : String(last)
        assert.equal(tracking.run(id)?.tags.get('last'), expected)
      }
      assert.equal(tracking.waiting, 0)
    }),
    { numRuns: 15 },
  )
})

test('of two that give a param different values at once, one is told', async (t) => {
  const { store } = await TestRepository.create(t)
  const tracking = await store.tracking()
  const experimentId = await tracking.createExperiment({ name: 'digits' })
  const { id } = await tracking.startRun({ experimentId })
  const both = ['1', '2'].map((value) => tracking.log(id, { params: maps({ lr: value }) }))
  const outcomes = (await Promise.allSettled(both)).map(({ status }) => status)
  assert.deepEqual(outcomes, ['fulfilled', 'rejected'])
  assert.equal(tracking.run(id)?.params.get('lr'), '1')
})
