/** `run log --stdin` as a process: lines come while it runs, and Ctrl-C loses none of them. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

import type { RunDetails } from '../../src/store/runs/results.ts'
import { Command, launcher, outcomeOf } from '../support/command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('what was read before Ctrl-C is in the run, which goes on', async (context) => {
  const command = new Command(temporaryFolder(context))
  await command.succeed('init')
  const { run } = await command.json<{ run: string }>('run', 'start')
  const child = spawn(process.execPath, [launcher, 'run', 'log', run, '--stdin'], {
    cwd: command.folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const complaint = once(child.stderr, 'data')
  const ended = outcomeOf(child)
  child.stdin.write('{"metrics":{"loss":0.5},"step":7}\n')
  child.stdin.write('no JSON\n')
  await complaint
  child.kill('SIGINT')
  const { code, stderr } = await ended
  assert.equal(code, 130, stderr)
  assert.match(stderr, /^line 2: /)
  const details = await command.json<RunDetails>('run', 'show', run)
  assert.equal(details.status, 'RUNNING')
  assert.equal(details.stale, false)
  assert.deepEqual(details.metrics, { loss: 0.5 })
})
