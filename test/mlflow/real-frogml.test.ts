/**
 * FrogML's own Python client against the server of this product: what it uploads is pushed, and a
 * server over a clone elsewhere gives it the same bytes.
 *
 * Needs a Python with `frogml`, which MLSTORE_TEST_PYTHON_FROGML names; `npm run test:mlflow` makes
 * one.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { cloneStore, initStore, openStore, PackageStorage } from '../../src/index.ts'
import { startServer } from '../../src/server/server.ts'
import type { Environment } from '../../src/store/environment.ts'
import type { StoreApi } from '../../src/store/store.ts'
import { testEnvironment } from '../support/store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { writeFolder } from '../worktree/folder-spec.ts'
import { runPython } from './python.ts'

const script = fileURLToPath(new URL('frogml_client.py', import.meta.url))
const python = process.env['MLSTORE_TEST_PYTHON_FROGML']
const skip = python === undefined && 'MLSTORE_TEST_PYTHON_FROGML names no Python'
const token = 's3cret'

const weights = 'weights '.repeat(400_000)
const model = {
  'weights.bin': weights,
  'empty.txt': '',
  'b#1.txt': 'its client cuts this name in the URL',
  sub: { 'Grüße 1%.txt': 'hallo' },
}

test(
  'what the client of FrogML uploads is found by it on a server over a clone',
  { skip },
  async (t) => {
    const folder = temporaryFolder(t)
    writeFolder(folder, { model, 'req.txt': 'numpy', 'code.zip': 'PK' })
    const anna = environmentIn(folder, 'anna')
    await initStore(anna.cwd, anna)
    const first = await serve(t, anna)
    const versions = await ask<string[]>('upload', first.url, folder)
    assert.deepEqual([versions[0], versions[2]], ['1.0', '2.0'])
    assert.match(versions[1] ?? '', /^\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d$/)
    const storage = new PackageStorage(undefined, { store: first.store, environment: anna })
    const id = { repository: 'main', namespace: 'vision', modelName: 'resnet', version: '1.0' }
    const info = await storage.modelInfo(id)
    assert.deepEqual([info.files.length, info.properties], [6, { stage: 'dev' }])

    const url = pathToFileURL(join(folder, 'remote')).href
    await first.store.addRemote({ name: 'origin', settings: { url } })
    await first.store.push()
    const ben = environmentIn(folder, 'ben')
    await cloneStore({ settings: { url }, directory: ben.cwd }, ben)
    const second = await serve(t, ben)
    const target = join(folder, 'target')
    mkdirSync(target)
    const read = await ask<Downloaded>('download', second.url, target)
    assert.deepEqual(read.model, {
      'weights.bin': sha256(weights),
      'empty.txt': sha256(''),
      'b#1.txt': sha256(model['b#1.txt']),
      'sub/Grüße 1%.txt': sha256('hallo'),
    })
    assert.deepEqual(read.dataset, { 'req.txt': sha256('numpy') })
    assert.deepEqual([read.type['framework'], read.code], ['scikit-learn', 'code.zip'])
  },
)

type Downloaded = {
  readonly model: Record<string, string>
  readonly dataset: Record<string, string>
  readonly type: Record<string, string>
  readonly code: string
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function environmentIn(folder: string, user: string): Environment {
  const cwd = join(folder, user)
  mkdirSync(cwd)
  return testEnvironment(cwd, user, user === 'anna' ? 'a' : 'b')
}

async function serve(
  t: TestContext,
  environment: Environment,
): Promise<{ readonly url: string; readonly store: StoreApi }> {
  const store = await openStore({ environment })
  t.after(() => store.close())
  const server = await startServer({ store, environment, version: '1.2.3', port: 0, token })
  t.after(() => server.close())
  return { url: server.url, store }
}

async function ask<Answer>(command: string, url: string, folder: string): Promise<Answer> {
  const output = await runPython(script, [command, url, token, folder], folder, python)
  const answer: Answer = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')
  return answer
}
