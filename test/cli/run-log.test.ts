/** `run log`: what options and lines become, and that a bad line never takes a good one with it. */

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { MlstoreError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Call, cli, type Outcome, type World } from './fake-shell.ts'

type Methods = Readonly<Record<string, (...given: unknown[]) => unknown>>

/** Runs `run log 3f9a` with a run that records what it is told. */
async function logged(
  words: readonly string[],
  world: Omit<World, 'answers'> = {},
  methods: Methods = {},
): Promise<Outcome & { readonly told: readonly Call[] }> {
  const told: Call[] = []
  let options: unknown
  const handler: ProxyHandler<object> = {
    get(_target, name) {
      if (name === 'id') return '3f9a'
      if (name === Symbol.asyncDispose) return async () => undefined
      if (typeof name !== 'string' || name === 'then') return undefined
      return (...given: unknown[]) => {
        const answer = methods[name]?.(...given, options)
        told.push([name, ...given])
        return answer
      }
    },
  }
  const run = new Proxy({}, handler)
  const resumeRun = (_id: unknown, given: unknown): unknown => {
    options = given
    return run
  }
  const outcome = await cli(['run', 'log', '3f9a', ...words], { ...world, answers: { resumeRun } })
  return { ...outcome, told: told.filter(([name]) => name !== 'flush') }
}

const plain = (told: readonly Call[]): unknown => JSON.parse(JSON.stringify(told))

test('options are logged, files and versions before the rest', async () => {
  const words =
    '--param lr=0.1 --param n=2 --metric loss=0.5 --metric acc=1e-1 --step 3 --tag a=b --note hi --file x.png=plots/x.png --input d/e@v1 --output out --as model/m'
  const { told, exitCode, stdout } = await logged(words.split(' '))
  assert.equal(exitCode, 0)
  assert.equal(stdout, '')
  assert.deepEqual(plain(told), [
    ['logFile', '/work/x.png', 'plots/x.png'],
    ['use', 'd/e@v1'],
    ['logParams', { lr: '0.1', n: '2' }],
    ['tag', { a: 'b' }],
    ['note', 'hi'],
    ['logMetrics', { loss: 0.5, acc: 0.1 }, { step: 3 }],
    ['output', 'out', 'model/m'],
  ])
})

test('a folder is logged as one', async (context) => {
  const folder = temporaryFolder(context)
  mkdirSync(join(folder, 'plots'))
  writeFileSync(join(folder, 'one.txt'), '')
  const { told } = await logged(['--file', 'plots', '--file', 'one.txt'], { cwd: folder })
  assert.deepEqual(plain(told), [
    ['logFolder', join(folder, 'plots'), null],
    ['logFile', join(folder, 'one.txt'), null],
  ])
})

test('lines of stdin are logged as they come, blank ones are none', async () => {
  const stdin = `{"metrics":{"loss":NaN},"step":1,"time":5}\r\n\n{"text":"all","as":"t.txt"}\n{"params":{"a":true}}`
  const { told, stdout, exitCode } = await logged(['--stdin', '--json'], { stdin })
  assert.equal(exitCode, 0)
  assert.deepEqual(told, [
    ['logMetrics', { loss: NaN }, { step: 1, time: 5 }],
    ['logText', 't.txt', 'all'],
    ['logParams', { a: true }],
  ])
  assert.deepEqual(JSON.parse(stdout), { run: '3f9a', lines: 3 })
})

test('bad lines are named by number, the others are logged, the exit code is 2', async () => {
  const stdin = '{"params":{"a":1}}\nepoch 1 done\n{"tags":{"k":"v"}}\n{"metric":{"a":1}}\n'
  const { told, stdout, stderr, exitCode } = await logged(['--stdin'], { stdin })
  assert.equal(exitCode, 2)
  assert.equal(stdout, '')
  assert.deepEqual(plain(told), [
    ['logParams', { a: 1 }],
    ['tag', { k: 'v' }],
  ])
  assert.match(stderr, /^line 2: it is not JSON/m)
  assert.match(stderr, /^line 4: "metric" means nothing here/m)
  assert.match(stderr, /error: Not everything was logged: 2 of 4 lines cannot be used \(2, 4\)\./)
})

test('of very many bad lines the first are named', async () => {
  const stdin = 'x\n'.repeat(1000)
  const { stderr, exitCode } = await logged(['--stdin'], { stdin })
  assert.equal(exitCode, 2)
  assert.equal(stderr.split('\n').filter((line) => line.startsWith('line ')).length, 20)
  assert.match(stderr, /1000 of 1000 lines/)
})

test('a line that the run refuses is named as well', async () => {
  const logParams = (): never => {
    throw new MlstoreError('INVALID_ARGUMENT', 'param "a" is "1" already')
  }
  const stdin = '{"metrics":{"x":1}}\n{"params":{"a":2}}\n{"metrics":{"x":2}}\n'
  const { told, stderr, exitCode } = await logged(['--stdin'], { stdin }, { logParams })
  assert.equal(exitCode, 2)
  assert.equal(told.filter(([name]) => name === 'logMetrics').length, 2)
  assert.match(stderr, /^line 2: param "a" is "1" already$/m)
})

/** A run that tells of a full disk at its first metric. */
const fullDisk: Methods = {
  logMetrics: (...given) => {
    const { onProblem } = given.at(-1) as { onProblem: (error: unknown) => void }
    onProblem(new MlstoreError('NO_SPACE', 'The disk is full.'))
  },
}

test('a full disk ends it with the code of a full disk', async () => {
  const stdin = '{"metrics":{"x":1}}\n{"params":{"a":2}}\n'
  const { told, stderr, exitCode } = await logged(['--stdin'], { stdin }, fullDisk)
  assert.equal(exitCode, 10)
  assert.equal(told.length, 1)
  assert.match(stderr, /The disk is full\./)
})

test('with --keep-going a full disk is told and the rest is read', async () => {
  const stdin = '{"metrics":{"x":1}}\n{"params":{"a":2}}\n'
  const { told, stderr, exitCode } = await logged(['--stdin', '--keep-going'], { stdin }, fullDisk)
  assert.equal(exitCode, 0)
  assert.equal(told.length, 2)
  assert.match(stderr, /The disk is full\./)
})

test('the run is that of MLSTORE_RUN_ID unless one is named', async () => {
  const run = {
    flush: () => undefined,
    tag: () => undefined,
    [Symbol.asyncDispose]: () => undefined,
  }
  const world = { answers: { resumeRun: run }, env: { MLSTORE_RUN_ID: 'fromenv' } }
  const ids = async (line: string): Promise<unknown> =>
    (await cli(line, world)).calls.find(([name]) => name === 'resumeRun')?.[1]
  assert.equal(await ids('run log --tag a=b'), 'fromenv')
  assert.equal(await ids('run log named --tag a=b'), 'named')
})
