/** A real `mlflow server` on a port that is free, with its database and files in a folder. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { interpreter } from './python.ts'

const attempts = 5
const startSecondsMax = 180

export type MlflowProcess = { readonly url: string; stop(): void }

/** Tries another port when somebody else took it meanwhile. */
export async function startMlflow(folder: string): Promise<MlflowProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const child = spawnServer(folder, port)
    const output: string[] = []
    child.stdout?.setEncoding('utf8').on('data', (text: string) => output.push(text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => output.push(text))
    const url = `http://127.0.0.1:${port}`
    if (await isAnswering(child, url)) return { url, stop: () => killGroup(child) }
    killGroup(child)
    assert.ok(attempt < attempts, `mlflow server did not start:\n${output.join('')}`)
  }
}

/** A process group of its own: the server starts others. */
function spawnServer(folder: string, port: number): ChildProcess {
  const place = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1']
  const database = ['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`]
  const files = ['--artifacts-destination', join(folder, 'artifacts')]
  const options = ['-m', 'mlflow', 'server', ...place, ...database, ...files]
  const env = { ...process.env, HOME: folder, PYTHONWARNINGS: 'ignore' }
  return spawn(interpreter(), options, { cwd: folder, env, detached: true })
}

async function isAnswering(child: ChildProcess, url: string): Promise<boolean> {
  const deadline = Date.now() + startSecondsMax * 1000
  while (child.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    // Another program on that port is no server of ours.
    if (answer?.ok === true) return child.exitCode === null && (await answer.text()) === 'OK'
    await sleep(100)
  }
  return false
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return
  process.kill(-child.pid, 'SIGKILL')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  await new Promise((resolve) => server.close(resolve))
  return address.port
}
