/** Experiments, and runs as lists, comparisons and curves have them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { TestRepository } from '../../support/store.ts'

test('experiments: made by the first run, renamed, removed with their runs, restored', async (t) => {
  const { store } = await TestRepository.create(t)
  const run = await store.startRun({ experiment: 'digits', code: false })
  await run.end()
  const made = await store.createExperiment('empty')
  assert.deepEqual(
    (await store.listExperiments()).map(({ name, runs }) => [name, runs]),
    [
      ['digits', 1],
      ['empty', 0],
    ],
  )
  await assert.rejects(store.createExperiment('digits'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(store.renameExperiment('digits', 'empty'), { code: 'INVALID_ARGUMENT' })
  const renamed = await store.renameExperiment('digits', 'numbers')
  assert.equal(renamed.name, 'numbers')
  assert.equal((await store.showRun(run.id)).experiment, 'numbers')
  assert.equal((await store.renameExperiment(made.experiment.slice(0, 32), 'none')).name, 'none')

  const removed = await store.removeExperiment('numbers', { reason: 'wrong data' })
  assert.equal(removed.removed, true)
  assert.deepEqual((await store.searchRuns({})).runs, [])
  const refused = { code: 'INVALID_ARGUMENT' }
  await assert.rejects(store.startRun({ experiment: 'numbers' }), refused)
  await assert.rejects(store.removeExperiment('numbers'), { code: 'NOT_FOUND' })
  await store.restoreExperiment('numbers')
  assert.equal((await store.searchRuns({})).runs.length, 1)
  await assert.rejects(store.removeExperiment('nothing'), { code: 'NOT_FOUND' })
})

test('runs are removed and restored, and show their experiment meanwhile', async (t) => {
  const { store } = await TestRepository.create(t)
  const run = await store.startRun({ name: 'gone', code: false })
  await run.end()
  const [removed] = await store.removeRuns([run.id, 'gone'], { reason: 'typo' })
  assert.equal(removed?.removed, true)
  assert.deepEqual((await store.searchRuns({})).runs, [])
  await assert.rejects(store.startRun({ resume: run.id }), { code: 'INVALID_ARGUMENT' })
  const [restored] = await store.restoreRuns([run.id])
  assert.equal(restored?.removed, false)
  assert.equal((await store.searchRuns({ query: "attributes.status = 'FINISHED'" })).runs.length, 1)
})

test('a comparison has a row a key, says what differs, and takes NaN for NaN', async (t) => {
  const { store } = await TestRepository.create(t)
  for (const [name, lr] of [
    ['a', 1],
    ['b', 2],
  ] as const) {
    const run = await store.startRun({ name, params: { lr, same: 'x' }, code: false })
    run.logMetrics({ loss: lr / 2, nan: Number.NaN })
    if (name === 'b') run.logMetrics({ only: 1 })
    await run.end()
  }
  const { runs, rows } = await store.compareRuns(['a', 'b'])
  assert.deepEqual(
    runs.map(({ name }) => name),
    ['a', 'b'],
  )
  assert.deepEqual(rows, [
    { kind: 'param', key: 'lr', values: ['1', '2'], differs: true },
    { kind: 'param', key: 'same', values: ['x', 'x'], differs: false },
    { kind: 'metric', key: 'loss', values: [0.5, 1], differs: true },
    { kind: 'metric', key: 'nan', values: [Number.NaN, Number.NaN], differs: false },
    { kind: 'metric', key: 'only', values: [null, 1], differs: true },
  ])
  await assert.rejects(store.compareRuns([]), { code: 'INVALID_ARGUMENT' })
})

test('a history may be thinned out; unknown metrics and bad counts are refused', async (t) => {
  const { store } = await TestRepository.create(t)
  const run = await store.startRun({ name: 'r', code: false })
  for (let i = 0; i < 5000; i++) run.logMetrics({ loss: i === 2500 ? 1e9 : i })
  await run.end()
  const { count, points } = await store.metricHistory({ run: 'r', key: 'loss', points: 100 })
  assert.equal(count, 5000)
  assert.ok(points.length <= 100)
  assert.ok(points.some(({ value }) => value === 1e9))
  await assert.rejects(store.metricHistory({ run: 'r', key: 'none' }), { code: 'NOT_FOUND' })
  const none = { run: 'r', key: 'loss', points: 0 }
  await assert.rejects(store.metricHistory(none), { code: 'INVALID_ARGUMENT' })
})

test('a run is found by id, by the beginning of one, and by name, as long as one is meant', async (t) => {
  const { store } = await TestRepository.create(t)
  const run = await store.startRun({ name: 'twin', code: false })
  assert.equal((await store.showRun(run.id)).run, run.id)
  assert.equal((await store.showRun('twin')).run, run.id)
  const second = await store.startRun({ name: 'twin', code: false })
  await assert.rejects(store.showRun('twin'), { code: 'AMBIGUOUS_REFERENCE' })
  await run.end()
  await second.end()
})
