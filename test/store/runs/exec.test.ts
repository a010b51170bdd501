/** A command recorded as a run: what it is given, how it ended, what is kept of its output. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { ProgramEnd, ProgramStart } from '../../../src/ports/program.ts'
import type { ExecRequest } from '../../../src/store/runs/requests.ts'
import { TestRepository } from '../../support/store.ts'

/** A program that writes some output and ends. */
const program =
  (end: Partial<ProgramEnd>, ...output: readonly string[]) =>
  async ({ onOutput }: ProgramStart): Promise<ProgramEnd> => {
    for (const piece of output) onOutput(Buffer.from(piece))
    return { exitCode: 0, killed: false, ...end }
  }

const request = (launch: ExecRequest['launch']): ExecRequest => ({
  command: ['python', 'train.py', '--lr', '0.1'],
  run: { experiment: 'digits', params: { lr: '0.1' } },
  launch,
})

async function outputOf({ store }: TestRepository, run: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.readRunFile(run, 'output.txt')) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

const repository = (context: TestContext): Promise<TestRepository> => TestRepository.create(context)

test('the command runs within the run, which keeps what it was and what it wrote', async (context) => {
  const test = await repository(context)
  const { store, environment } = test
  let started: ProgramStart | undefined
  let announced: string | undefined
  const result = await store.exec({
    ...request(async (start) => {
      started = start
      environment.clock.turn(90)
      assert.equal((await store.showRun(announced ?? '')).status, 'RUNNING')
      return program({}, 'step 1\n', 'step 2\n')(start)
    }),
    onStart: ({ id }) => (announced = id),
  })
  const { run } = result
  assert.equal(announced, run)
  assert.deepEqual(started?.command, ['python', 'train.py', '--lr', '0.1'])
  assert.deepEqual(started?.env, { MLSTORE_RUN_ID: run, MLSTORE_DIR: store.directory })
  assert.deepEqual(result, {
    run,
    name: result.name,
    experiment: 'digits',
    status: 'FINISHED',
    exitCode: 0,
    durationMs: 90_000,
    failure: null,
  })
  const { context: where, params, exitCode, files } = await store.showRun(run)
  assert.deepEqual(where['source'], {
    kind: 'command',
    name: 'python',
    command: ['python', 'train.py', '--lr', '0.1'],
  })
  assert.deepEqual(params, { lr: '0.1' })
  assert.equal(exitCode, 0)
  assert.notEqual(files.version, null)
  assert.equal(await outputOf(test, run), 'step 1\nstep 2\n')
})

const ends: readonly (readonly [ProgramEnd, status: string])[] = [
  [{ exitCode: 3, killed: false }, 'FAILED'],
  [{ exitCode: 143, killed: true }, 'KILLED'],
  [{ exitCode: 0, killed: true }, 'KILLED'],
  [{ exitCode: 127, killed: false, failure: 'There is no program python.' }, 'FAILED'],
]

for (const [end, status] of ends) {
  test(`exit code ${end.exitCode}${end.killed ? ', killed,' : ''} is ${status}`, async (context) => {
    const { store } = await repository(context)
    const result = await store.exec(request(program(end)))
    assert.equal(result.status, status)
    assert.equal(result.failure, end.failure ?? null)
    const run = await store.showRun(result.run)
    assert.equal(run.status, status)
    assert.equal(run.exitCode, end.exitCode)
    assert.equal(run.files.count, 0)
  })
}

test('of much output the end is kept, from a whole line on', async (context) => {
  const test = await repository(context)
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`)
  const { run } = await test.store.exec(request(program({}, ...lines)))
  const kept = await outputOf(test, run)
  assert.ok(kept.length <= 64 * 1024 && kept.length > 60_000)
  assert.match(kept, /^line \d+\n/)
  assert.ok(kept.endsWith('line 19999\n'))
})

test('secrets of the environment are not in the output that is kept', async (context) => {
  const test = await repository(context)
  Object.assign(test.environment.env, { HF_TOKEN: 'hf_plantedSecretOfTheTest01' })
  const { run } = await test.store.exec(
    request(program({}, 'login hf_plantedSecr', 'etOfTheTest01 ok\n')),
  )
  const kept = await outputOf(test, run)
  assert.doesNotMatch(kept, /planted/)
  assert.match(kept, /^login .* ok\n$/)
})

test('when it cannot be launched at all, the run is over and the error goes on', async (context) => {
  const { store } = await repository(context)
  const failing = (): never => {
    throw new TypeError('no')
  }
  await assert.rejects(store.exec(request(failing)), TypeError)
  const { runs } = await store.searchRuns()
  assert.deepEqual(
    runs.map(({ status }) => status),
    ['FAILED'],
  )
})
