/**
 * A scikit-learn model on MLflow's own Python client, against the server of this product: logged,
 * registered, named by an alias and loaded back, here and on a server over a clone of what was pushed.
 *
 * Needs what `npm run test:mlflow` installs.
 */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { cloneStore, initStore, openStore, type Store } from '../../src/index.ts'
import { startServer } from '../../src/server/server.ts'
import type { Environment } from '../../src/store/environment.ts'
import { testEnvironment } from '../support/store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runPython } from './python.ts'

const script = fileURLToPath(new URL('registry.py', import.meta.url))

test('a model that Python registers is loaded from a server over a clone', async (t) => {
  const folder = temporaryFolder(t)
  const anna = environmentIn(folder, 'anna')
  await initStore(anna.cwd, anna)
  const first = await serve(t, anna)
  const made = await ask(first.url, 'log', folder)
  const { run, model, status, same, ...known } = made
  assert.equal(status, 'READY')
  assert.deepEqual(same, [true, true, true])
  assert.deepEqual(known['versions'], ['1', '2'])
  assert.deepEqual(known['champion'], ['2', run, { checked: 'yes' }])
  assert.deepEqual(known['logged'], ['classifier'])
  assert.equal((await first.store.show('model/iris@champion')).label, 'v2')
  assert.equal((await first.store.show('logged-model/classifier')).label, model)

  const url = pathToFileURL(join(folder, 'remote')).href
  await first.store.addRemote({ name: 'origin', settings: { url } })
  await first.store.push()
  const ben = environmentIn(folder, 'ben')
  await cloneStore({ settings: { url }, directory: ben.cwd }, ben)
  const second = await serve(t, ben)
  assert.deepEqual(await ask(second.url, 'read', folder), known)
})

function environmentIn(folder: string, user: string): Environment {
  const cwd = join(folder, user)
  mkdirSync(cwd)
  return testEnvironment(cwd, user, user === 'anna' ? 'a' : 'b')
}

type Serving = { readonly store: Store; readonly url: string }

async function serve(t: TestContext, environment: Environment): Promise<Serving> {
  const store = await openStore({ environment })
  const server = await startServer({ store, environment, version: '3.0.0', port: 0 })
  t.after(async () => {
    await server.close()
    store.close()
  })
  return { store, url: server.url }
}

async function ask(url: string, command: string, folder: string): Promise<Record<string, unknown>> {
  const printed = await runPython(script, [command, url], folder)
  const value: unknown = JSON.parse(printed.trim().split('\n').at(-1) ?? '')
  assert.ok(typeof value === 'object' && value !== null)
  return Object.fromEntries(Object.entries(value))
}
