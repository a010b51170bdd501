/** What was logged is written in time, once, by whoever logs, and as far as the disk lets it. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

import { MlstoreError } from '../../../src/errors.ts'
import { systemEnvironment } from '../../../src/store/system-environment.ts'
import { TestRepository } from '../../support/store.ts'
import { faultyRun } from './run-store.ts'

const noSpace = new MlstoreError('NO_SPACE', 'No space left on the device.')

async function countOf(repo: TestRepository, run: string, key: string): Promise<number> {
  return (await repo.store.showRun(run)).metricSummaries[key]?.count ?? 0
}

test('what is logged is written a second later, in one turn, without a flush', async (t) => {
  const repo = await TestRepository.create(t)
  const { id } = await repo.store.startRun({ detached: true, code: false })
  const { clock, faults, run } = await faultyRun(t, repo, { run: id })
  for (let i = 0; i < 100; i++) run.logMetrics({ m: i })
  run.logParams({ lr: 1 })
  run.tag({ a: 'b' })
  assert.equal(clock.waiting, 1)
  assert.equal(await countOf(repo, id, 'm'), 0)
  clock.passSecond()
  await run.flush()
  assert.equal(faults.tries, 1)
  assert.equal(await countOf(repo, id, 'm'), 100)
  await run.flush()
  assert.equal(faults.tries, 1, 'nothing to write, nothing written')
  run.logMetrics({ m: 1 })
  assert.equal(clock.waiting, 1, 'the next second begins with what is logged next')
  await run.flush()
})

test('disk full: the next call is told, once; what waited is written when there is room', async (t) => {
  const repo = await TestRepository.create(t)
  const { id } = await repo.store.startRun({ detached: true, code: false })
  const { clock, faults, run } = await faultyRun(t, repo, { run: id })
  faults.fault = { when: 'before', error: noSpace }
  run.logMetrics({ m: 1 })
  await assert.rejects(run.flush(), { code: 'NO_SPACE' })
  run.logMetrics({ m: 2 })
  clock.passSecond()
  await run.flush()
  assert.equal(faults.tries, 3, 'it is tried again, every second and at a flush')
  faults.fault = undefined
  run.logMetrics({ m: 3 })
  await run.flush()
  assert.equal(await countOf(repo, id, 'm'), 3)
})

test('disk full and keepGoing: told once, no call fails, and nothing is lost in the end', async (t) => {
  const repo = await TestRepository.create(t)
  const { id } = await repo.store.startRun({ detached: true, code: false })
  const told: unknown[] = []
  const onProblem = (error: unknown): void => void told.push(error)
  const { faults, run } = await faultyRun(t, repo, { run: id, keepGoing: true, onProblem })
  faults.fault = { when: 'before', error: noSpace }
  for (let i = 0; i < 3; i++) {
    run.logMetrics({ m: i })
    await run.logText(`${i}.txt`, 'text')
    await run.flush()
  }
  assert.deepEqual(told, [noSpace])
  faults.fault = undefined
  await run.flush()
  assert.equal(await countOf(repo, id, 'm'), 3)
  assert.equal((await repo.store.listRunFiles(id)).length, 3)
})

test('an end that cannot be written is told, and works when it is tried again', async (t) => {
  const repo = await TestRepository.create(t)
  const { id } = await repo.store.startRun({ detached: true, code: false })
  const { faults, run } = await faultyRun(t, repo, { run: id })
  await run.logText('a.txt', 'a')
  faults.fault = { when: 'before', error: noSpace }
  await assert.rejects(run.end(), { code: 'NO_SPACE' })
  assert.equal((await repo.store.showRun(id)).status, 'RUNNING')
  faults.fault = undefined
  assert.equal((await run.end()).status, 'FINISHED')
  assert.equal((await repo.store.showRun(id)).files.count, 1)
})

test('a write that fails after all was done brings no point twice', async (t) => {
  const repo = await TestRepository.create(t)
  const { id } = await repo.store.startRun({ detached: true, code: false })
  const { faults, run } = await faultyRun(t, repo, { run: id })
  faults.fault = { when: 'after', error: noSpace }
  run.logMetrics({ m: 1 })
  run.logParams({ lr: 1 })
  await assert.rejects(run.flush(), { code: 'NO_SPACE' })
  faults.fault = undefined
  run.logMetrics({ m: 2 })
  await run.flush()
  assert.equal(await countOf(repo, id, 'm'), 2)
  assert.deepEqual((await repo.store.showRun(id)).params, { lr: '1' })
})

const program = fileURLToPath(new URL('../../support/logging-process.ts', import.meta.url))

function startLogging(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

test('two processes log into one run, and every point of both is there', async (t) => {
  const repo = await TestRepository.create(t)
  const { id } = await repo.store.startRun({ detached: true, code: false })
  const children = [startLogging(repo.folder, id, '1000'), startLogging(repo.folder, id, '1000')]
  assert.deepEqual(await Promise.all(children.map(endOf)), [0, 0])
  const { points } = await repo.store.metricHistory({ run: id, key: 'm' })
  const expected = Array.from({ length: 2000 }, (_, i) => Math.floor(i / 2))
  assert.deepEqual(
    points.map(({ value }) => value),
    expected,
  )
})

test('kill -9 leaves a stale run with all that was flushed', async (t) => {
  const repo = await TestRepository.create(t)
  const { id } = await repo.store.startRun({ detached: true, code: false })
  const child = startLogging(repo.folder, id, '50', 'forever')
  assert.ok(child.stdout !== null)
  await once(child.stdout, 'data')
  assert.equal((await repo.store.showRun(id)).stale, false)
  child.kill('SIGKILL')
  await endOf(child)
  const [listed] = (await repo.store.searchRuns({})).runs
  assert.equal(listed?.status, 'RUNNING')
  assert.equal(listed?.stale, true)
  assert.equal(await countOf(repo, id, 'm'), 50)
  const again = await repo.store.startRun({ resume: id })
  assert.equal((await repo.store.showRun(id)).stale, false)
  assert.equal((await again.end()).stale, false)
})

test('a run of another computer is taken at its word', async (t) => {
  const repo = await TestRepository.create(t)
  const { clock, ids } = systemEnvironment()
  const elsewhere = { ...repo.environment, clock, ids, host: 'other' }
  const store = await repo.open({ environment: elsewhere })
  const run = await store.startRun({ code: false })
  assert.equal((await repo.store.showRun(run.id)).stale, false)
  await run.end()
})
