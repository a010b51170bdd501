/** The life of a run: started, logged into, ended, gone on with. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { invalidArgument, MlstoreError } from '../../../src/errors.ts'
import { TestRepository } from '../../support/store.ts'
import { fileText } from './run-store.ts'

test('a run that was started is there for everybody at once, with params and tags', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({
    experiment: 'digits',
    params: { lr: 0.1, optimizer: 'adam', amp: true },
    tags: { team: 'vision' },
  })
  const other = await repo.open()
  const shown = await other.showRun(run.id)
  assert.equal(shown.status, 'RUNNING')
  assert.equal(shown.stale, false)
  assert.equal(shown.experiment, 'digits')
  assert.match(shown.name, /^[a-z]+-[a-z]+-\d+$/)
  assert.deepEqual(shown.params, { amp: 'true', lr: '0.1', optimizer: 'adam' })
  assert.deepEqual(shown.tags, { team: 'vision' })
  assert.equal(shown.user, 'anna')
  assert.equal(shown.durationMs, null)
  await run.end()
})

test('metrics are durable after a flush, every point as it was logged', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({ name: 'first' })
  run.logMetrics({ loss: 0.5, 'val/acc.top 1': 0.1 }, { step: 1, time: 1000 })
  run.logMetrics({ loss: Number.NaN }, { step: 2, time: 900 })
  run.logMetrics({ loss: Infinity })
  await run.flush()
  const other = await repo.open()
  const history = await other.metricHistory({ run: 'first', key: 'loss' })
  assert.deepEqual(
    history.points.map(({ step, value }) => [step, value]),
    [
      [1, 0.5],
      [2, Number.NaN],
      [3, Infinity],
    ],
  )
  assert.equal(history.points[1]?.at, '1970-01-01T00:00:00.900Z')
  const { metrics, metricSummaries } = await other.showRun(run.id)
  assert.deepEqual(metrics, { loss: Infinity, 'val/acc.top 1': 0.1 })
  assert.equal(metricSummaries['loss']?.count, 3)
  await run.end()
})

test('a clock that jumps back loses no point and makes no run last less than nothing', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun()
  run.logMetrics({ loss: 1 })
  repo.environment.clock.turn(-3600)
  run.logMetrics({ loss: 2 })
  const ended = await run.end()
  assert.equal(ended.durationMs, 0)
  assert.equal(ended.metrics['loss'], 2)
})

test('a param is written once: the same value again is fine, another one is refused', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({ params: { lr: 0.1 } })
  run.logParams({ lr: '0.1' })
  assert.throws(
    () => run.logParams({ good: 1, lr: 0.2 }),
    (error: unknown) => {
      assert.ok(error instanceof MlstoreError && error.code === 'INVALID_ARGUMENT')
      assert.deepEqual(error.details, { key: 'lr', was: '0.1', now: '0.2' })
      return true
    },
  )
  const { params } = await run.end()
  assert.deepEqual(params, { lr: '0.1' })
})

test('a param that another process wrote first stays, and the later one is told', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun()
  const second = await (await repo.open()).resumeRun(run.id)
  run.logParams({ lr: 1, own: 'a' })
  second.logParams({ lr: 2 })
  await second.flush()
  await assert.rejects(run.flush(), {
    code: 'INVALID_ARGUMENT',
    details: { key: 'lr', was: '2', now: '1' },
  })
  assert.deepEqual((await run.end()).params, { lr: '2', own: 'a' })
})

test('keys with dots, slashes, spaces, quotes and Unicode, up to 250 characters, are kept', async (t) => {
  const repo = await TestRepository.create(t)
  const keys = ['a.b/c d', `"'\`;--`, 'é✓🙂', '__proto__', 'constructor', 'k'.repeat(250)]
  const run = await repo.store.startRun()
  for (const [i, key] of keys.entries()) {
    run.logParams(Object.fromEntries([[key, i]]))
    run.logMetrics(Object.fromEntries([[key, i]]))
    run.tag(Object.fromEntries([[key, `${i}`]]))
  }
  assert.throws(() => run.logParams({ ['k'.repeat(251)]: 1 }), { code: 'INVALID_ARGUMENT' })
  const { params, metrics, tags } = await run.end()
  for (const found of [params, metrics, tags]) {
    assert.deepEqual(Object.keys(found).toSorted(), keys.toSorted())
  }
})

test('values of megabytes become files of the run, and what is shown says so', async (t) => {
  const repo = await TestRepository.create(t)
  const long = 'prompt '.repeat(1_500_000)
  const run = await repo.store.startRun({ params: { prompt: long } })
  run.tag({ log: long.slice(0, 9000) })
  run.note('n'.repeat(8001))
  await run.end()
  const shown = await repo.store.showRun(run.id)
  assert.match(shown.params['prompt'] ?? '', /params\/prompt\.txt/)
  assert.ok((shown.note ?? '').startsWith('nnn'))
  assert.ok((await fileText(repo.store, run.id, 'params/prompt.txt')) === long)
  const files = await repo.store.listRunFiles(run.id)
  assert.deepEqual(
    files.map(({ path }) => path),
    ['params/prompt.txt', 'tags/log.txt', 'tags/mlflow.note.content.txt'],
  )
})

test('an ended run has its status for good, and refuses what is logged after', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun()
  repo.environment.clock.turn(90)
  const ended = await run.end('KILLED', { exitCode: 137 })
  assert.equal(ended.status, 'KILLED')
  assert.equal(ended.durationMs, 90_000)
  assert.equal((await run.end('FINISHED')).status, 'KILLED')
  assert.throws(() => run.logMetrics({ a: 1 }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(run.logText('a', 'b'), { code: 'INVALID_ARGUMENT' })
  assert.equal((await repo.store.showRun(run.id)).exitCode, 137)
})

test('withRun: FINISHED when the work returns, FAILED when it throws, KILLED when interrupted', async (t) => {
  const { store } = await TestRepository.create(t)
  assert.equal(await store.withRun({ name: 'good' }, () => 42), 42)
  const bad = invalidArgument('bad')
  const throwing = (error: Error) => (): never => {
    throw error
  }
  await assert.rejects(store.withRun({ name: 'bad' }, throwing(bad)), bad)
  const stopped = new MlstoreError('INTERRUPTED', 'stop')
  await assert.rejects(store.withRun({ name: 'stopped' }, throwing(stopped)), stopped)
  const statuses = ['good', 'bad', 'stopped'].map(
    async (name) => (await store.showRun(name)).status,
  )
  assert.deepEqual(await Promise.all(statuses), ['FINISHED', 'FAILED', 'KILLED'])
})

test('await using: a scope that is left without end() has failed, by an error or not', async (t) => {
  const { store } = await TestRepository.create(t)
  const scope = async (name: string, way: 'end' | 'leave' | 'throw'): Promise<void> => {
    await using run = await store.startRun({ name })
    run.logMetrics({ a: 1 })
    if (way === 'throw') throw invalidArgument('bad')
    if (way === 'end') await run.end()
  }
  await scope('ended', 'end')
  await scope('left', 'leave')
  await assert.rejects(scope('thrown', 'throw'), { code: 'INVALID_ARGUMENT' })
  for (const [name, status] of [
    ['ended', 'FINISHED'],
    ['left', 'FAILED'],
    ['thrown', 'FAILED'],
  ] as const) {
    const shown = await store.showRun(name)
    assert.equal(shown.status, status)
    assert.deepEqual(shown.metrics, { a: 1 })
  }
})

test('a run that is resumed goes on as the process’s own, with what it had', async (t) => {
  const repo = await TestRepository.create(t)
  const first = await repo.store.startRun({ params: { lr: 1 }, experiment: 'digits' })
  first.logMetrics({ loss: 1 }, { step: 5 })
  await first.end('FAILED')
  const other = await repo.open()
  const again = await other.startRun({ resume: first.id.slice(0, 31), params: { more: 2 } })
  assert.equal(again.id, first.id)
  const shown = await other.showRun(first.id)
  assert.equal(shown.status, 'RUNNING')
  assert.equal(shown.endedAt, null)
  assert.throws(() => again.logParams({ lr: 2 }), { code: 'INVALID_ARGUMENT' })
  again.logMetrics({ loss: 2 }, { step: 6 })
  const ended = await again.end()
  assert.equal(ended.status, 'FINISHED')
  assert.deepEqual(ended.params, { lr: '1', more: '2' })
  assert.equal((await other.metricHistory({ run: first.id, key: 'loss' })).count, 2)
})

test('leaving a run that was only logged into does not end it', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({ detached: true })
  {
    await using other = await repo.store.resumeRun(run.id)
    other.logMetrics({ a: 1 })
  }
  const shown = await repo.store.showRun(run.id)
  assert.equal(shown.status, 'RUNNING')
  assert.deepEqual(shown.metrics, { a: 1 })
})

test('parents: by id, and unknown runs are refused', async (t) => {
  const { store } = await TestRepository.create(t)
  const parent = await store.startRun()
  const child = await store.startRun({ parent: parent.id, name: 'child' })
  assert.deepEqual((await store.showRun(parent.id)).children, [{ run: child.id, name: 'child' }])
  assert.equal((await store.showRun('child')).parent, parent.id)
  const unknown = 'f'.repeat(32)
  await assert.rejects(store.startRun({ parent: unknown }), { code: 'NOT_FOUND' })
  await assert.rejects(store.startRun({ resume: unknown }), { code: 'NOT_FOUND' })
  await assert.rejects(store.resumeRun(unknown), { code: 'NOT_FOUND' })
  await assert.rejects(store.showRun(unknown), { code: 'NOT_FOUND' })
  await child.end()
  await parent.end()
})

test('bad names, keys and values are refused before anything is written', async (t) => {
  const { store } = await TestRepository.create(t)
  const refused = { code: 'INVALID_ARGUMENT' }
  await assert.rejects(store.startRun({ experiment: '' }), refused)
  await assert.rejects(store.startRun({ name: 'a\nb' }), refused)
  await assert.rejects(store.startRun({ params: { '': 1 } }), refused)
  await assert.rejects(store.startRun({ params: { a: '\ud800' } }), refused)
  assert.deepEqual((await store.searchRuns({})).runs, [])
  const run = await store.startRun()
  assert.throws(() => run.logParams({ a: '\ud800' }), refused)
  assert.throws(() => run.tag({ '': 'x' }), refused)
  await run.end()
})
