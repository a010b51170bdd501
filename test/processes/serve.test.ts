/** The server as a process: what it has answered is there, however it ends. */

import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import type { RunSummary } from '../../src/store/runs/results.ts'
import { at } from '../server/served.ts'
import { Command } from '../support/command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

type Serving = { readonly child: ChildProcess; readonly url: string }

/** Waits for the line that says where it listens. */
async function serve(t: TestContext, command: Command, ...args: string[]): Promise<Serving> {
  const child = command.start(['serve', '--port', '0', ...args])
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  for (;;) {
    const url = /at (http:\/\/\S+)/.exec(text)?.[1]
    if (url !== undefined) return { child, url }
    const [piece]: unknown[] = await once(child.stderr ?? child, 'data')
    text += String(piece)
  }
}

async function post(url: string, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${url}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
}

async function createRun(url: string): Promise<string> {
  const response = await post(url, 'runs/create', { experiment_id: '0', run_name: 'served' })
  return String(at(await response.json(), 'run', 'info', 'run_id'))
}

test('SIGTERM ends it with 0, and what was logged is in the store', async (t) => {
  const command = new Command(temporaryFolder(t))
  const { child, url } = await serve(t, command, '--init')
  const run_id = await createRun(url)
  await post(url, 'runs/log-parameter', { run_id, key: 'lr', value: '0.1' })
  child.kill('SIGTERM')
  const [code]: unknown[] = await once(child, 'exit')
  assert.equal(code, 0)
  const [run] = await command.json<RunSummary[]>('run', 'list')
  assert.deepEqual([run?.run, run?.params], [run_id, { lr: '0.1' }])
})

test('a folder without a store is an error, and nothing is made there', async (t) => {
  const command = new Command(temporaryFolder(t))
  assert.equal((await command.run('serve', '--port', '0')).code, 3)
  assert.equal((await command.run('log', 'model/x')).code, 3)
})

test('what was answered before kill -9 is there, from several clients at once', async (t) => {
  const command = new Command(temporaryFolder(t))
  const { child, url } = await serve(t, command, '--init')
  const runs = await Promise.all([1, 2, 3, 4].map(() => createRun(url)))
  const acknowledged = new Map(runs.map((run) => [run, -1]))
  const logging = runs.map(async (run_id) => {
    for (let step = 0; ; step++) {
      const point = { run_id, key: 'm', value: step, timestamp: 1, step }
      const response = await post(url, 'runs/log-metric', point).catch(() => undefined)
      if (response?.status !== 200) return
      acknowledged.set(run_id, step)
      if (step === 30) child.kill('SIGKILL')
    }
  })
  await Promise.all(logging)
  for (const [run, last] of acknowledged) {
    const { metrics } = await command.json<RunSummary>('run', 'show', run)
    assert.ok((metrics['m'] ?? -1) >= last, `${run}: ${metrics['m']} of ${last}`)
  }
})

test('run exec --mlflow serves the command and no longer', async (t) => {
  const command = new Command(temporaryFolder(t))
  await command.succeed('init')
  const script = join(command.folder, 'train.mjs')
  writeFileSync(
    script,
    `const { MLFLOW_TRACKING_URI: url, MLFLOW_RUN_ID: run_id } = process.env
     const headers = { 'content-type': 'application/json' }
     const body = JSON.stringify({ run_id, key: 'acc', value: 0.9, timestamp: 1, step: 3 })
     const answer = await fetch(url + '/api/2.0/mlflow/runs/log-metric', { method: 'POST', headers, body })
     console.log(answer.status, url)`,
  )
  const exec = ['run', 'exec', '--experiment', 'digits', '--mlflow', '--', process.execPath, script]
  const { stdout, code } = await command.run(...exec)
  const [status, url = ''] = stdout.trim().split(' ')
  assert.deepEqual([code, status], [0, '200'])
  const [run] = await command.json<RunSummary[]>('run', 'list')
  assert.deepEqual(
    [run?.metrics, run?.status, run?.experiment],
    [{ acc: 0.9 }, 'FINISHED', 'digits'],
  )
  await assert.rejects(fetch(`${url}/health`))
})
