/**
 * A training script on MLflow's own Python client, against the server of this product: what it
 * logs is pushed, and a server over a clone elsewhere gives the same client the same runs and bytes.
 *
 * Once with the client of MLflow 3, and once with that of MLflow 2 where MLSTORE_TEST_PYTHON_MLFLOW_2
 * names a Python that has it. Needs what `npm run test:mlflow` installs.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { cloneStore, initStore, openStore } from '../../src/index.ts'
import { startServer } from '../../src/server/server.ts'
import type { Environment } from '../../src/store/environment.ts'
import { testEnvironment } from '../support/store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { interpreter, runPython } from './python.ts'

const script = fileURLToPath(new URL('clients.py', import.meta.url))
const experiment = 'digits: search'

test('what the client of MLflow 3 logs is found by it on a server over a clone', async (t) => {
  await logPushCloneRead(t, interpreter(), ['figure.png', 'table.json'])
})

const oldPython = process.env['MLSTORE_TEST_PYTHON_MLFLOW_2']
const skip = oldPython === undefined && 'MLSTORE_TEST_PYTHON_MLFLOW_2 names no Python'
test(
  'what the client of MLflow 2 logs is found by it on a server over a clone',
  {
    skip,
  },
  async (t) => {
    await logPushCloneRead(t, oldPython ?? '', [])
  },
)

/** @param extras Files that this client logs beside those of every client. */
async function logPushCloneRead(
  t: TestContext,
  python: string,
  extras: readonly string[],
): Promise<void> {
  const folder = temporaryFolder(t)
  const client = { python, folder }
  const anna = environmentIn(folder, 'anna')
  await initStore(anna.cwd, anna)
  const files = join(folder, 'files')
  mkdirSync(files)
  const first = await serve(t, anna)
  const made = await ask<Made>(client, 'log', first.url, experiment, files)
  const read = await ask<Experiment>(client, 'read', first.url, experiment)
  checkRead(read, made, extras)

  const url = pathToFileURL(join(folder, 'remote')).href
  await first.store.addRemote({ name: 'origin', settings: { url } })
  await first.store.push()
  const ben = environmentIn(folder, 'ben')
  await cloneStore({ settings: { url }, directory: ben.cwd }, ben)
  const second = await serve(t, ben)
  assert.deepEqual(await ask<Experiment>(client, 'read', second.url, experiment), read)
}

function checkRead(read: Experiment, made: Made, extras: readonly string[]): void {
  assert.equal(made.refused, 'INVALID_PARAMETER_VALUE')
  const parent = read.runs.find(({ id }) => id === made.parent)
  assert.ok(parent !== undefined)
  assert.deepEqual([parent.name, parent.status], ['search', 'FINISHED'])
  assert.deepEqual(parent.params, { model: 'forest', depths: '[2, 4]' })
  assert.equal(parent.files['weights 1%+é.bin'], weightsDigest())
  assert.equal(parent.files['all/weights 1%+é.bin'], weightsDigest())
  const usual = ['notes/read me.txt', 'config.json', 'config.yaml']
  const names = [...usual, 'weights 1%+é.bin', 'all/weights 1%+é.bin', ...extras]
  assert.deepEqual(Object.keys(parent.files).toSorted(), names.toSorted())
  for (const [i, id] of made.children.entries()) {
    checkChild(
      read.runs.find((run) => run.id === id),
      made,
      String(2 + 2 * i),
    )
  }
  assert.deepEqual(read.pages, [made.parent, ...made.children].toSorted())
  assert.deepEqual(read.best, ['2', '4'])
  assert.deepEqual(Object.values(read.filters), [
    ['4'],
    ['4'],
    ['parent'],
    ['2', '4'],
    ['2'],
    ['2', '4'],
    ['2'],
    [],
  ])
}

function checkChild(child: ReadRun | undefined, { parent }: Made, depth: string): void {
  assert.ok(child !== undefined)
  assert.deepEqual(child.params, { depth, seed: '7' })
  assert.equal(child.tags['mlflow.parentRunId'], parent)
  assert.deepEqual([child.tags['stage'], child.tags['wrong']], ['dev', undefined])
  assert.equal(child.points['loss']?.length, 20)
  assert.equal(child.points['batch']?.length, 1000)
  assert.deepEqual(child.points['odd']?.[0]?.slice(0, 2), ['nan', -1])
  const dataset = { name: 'digits', digest: 'd1', source_type: 'local', source: digitsSource }
  const tags = { 'mlflow.data.context': 'training', fold: depth }
  assert.deepEqual(child.inputs, [{ ...dataset, schema: '{}', profile: '{"rows": 7}', tags }])
}

const digitsSource = '{"uri": "digits.csv"}'

function weightsDigest(): string {
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251)
  return createHash('sha256').update(bytes).digest('hex')
}

type Client = { readonly python: string; readonly folder: string }

type ReadRun = {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly params: Record<string, string>
  readonly tags: Record<string, string>
  readonly points: Record<string, [value: string, step: number, time: number][]>
  readonly inputs: unknown
  readonly files: Record<string, string>
}

type Experiment = {
  readonly runs: readonly ReadRun[]
  readonly pages: readonly string[]
  readonly filters: Record<string, string[]>
  readonly best: readonly string[]
}

type Made = {
  readonly parent: string
  readonly children: readonly string[]
  readonly refused: string | null
}

function environmentIn(folder: string, user: string): Environment {
  const cwd = join(folder, user)
  mkdirSync(cwd)
  return testEnvironment(cwd, user, user === 'anna' ? 'a' : 'b')
}

async function serve(
  t: TestContext,
  environment: Environment,
): Promise<{ readonly url: string; readonly store: Awaited<ReturnType<typeof openStore>> }> {
  const store = await openStore({ environment })
  t.after(() => store.close())
  const server = await startServer({ store, environment, version: '1.2.3', port: 0 })
  t.after(() => server.close())
  return { url: server.url, store }
}

async function ask<Answer>(
  { python, folder }: Client,
  command: string,
  ...words: readonly string[]
): Promise<Answer> {
  const output = await runPython(script, [command, ...words], folder, python)
  // The client itself prints where runs can be viewed.
  const answer: Answer = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')
  return answer
}
