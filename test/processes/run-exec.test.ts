/** `run exec` as a process: its exit codes, and what becomes of the run when it is stopped. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'

import type { RunSummary } from '../../src/store/runs/results.ts'
import { Command, launcher, outcomeOf } from '../support/command.ts'
import { pathWithProgram } from '../support/program-on-path.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A store; scripts find `mlstore` by its name. */
async function project(context: TestContext): Promise<Command> {
  const folder = temporaryFolder(context)
  const command = new Command(folder, { PATH: pathWithProgram(folder) })
  await command.succeed('init')
  return command
}

const exec = (script: string): string[] => ['run', 'exec', '--quiet', '--', 'sh', '-c', script]

async function newest(command: Command): Promise<RunSummary | undefined> {
  const [run] = await command.json<RunSummary[]>('run', 'list', '-n', '1')
  return run
}

test('ends as the command does, or with 125 to 127 when it could not run', async (context) => {
  const command = await project(context)
  const outcome = await command.run(...exec('echo out; echo err >&2; exit 7'))
  assert.deepEqual([outcome.code, outcome.stdout, outcome.stderr], [7, 'out\n', 'err\n'])
  assert.equal((await newest(command))?.status, 'FAILED')

  const missing = await command.run('run', 'exec', '--', 'mlstore-no-such-program')
  assert.equal(missing.code, 127)
  assert.match(missing.stderr, /There is no program mlstore-no-such-program/)
  assert.equal((await newest(command))?.status, 'FAILED')

  assert.equal((await command.run(...exec('kill -KILL $$'))).code, 137)
  assert.equal((await newest(command))?.status, 'KILLED')
})

test('ends with 125 when mlstore itself fails, and runs nothing', async (context) => {
  const nowhere = new Command(temporaryFolder(context))
  const { code, stdout, stderr } = await nowhere.run(...exec('echo ran'))
  assert.deepEqual([code, stdout], [125, ''])
  assert.match(stderr, /^error: /)
  assert.equal((await nowhere.run('run', 'exec', '--no-such-option', '--', 'true')).code, 125)
  assert.equal((await nowhere.run('run', 'exec')).code, 125)
})

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`${signal} ends the command, and the run is KILLED`, async (context) => {
    const command = await project(context)
    const child = command.start(exec('echo $$; exec sleep 60'))
    const output = once(child.stdout ?? child, 'data')
    const ended = outcomeOf(child)
    const [pid] = await output
    child.kill(signal)
    assert.equal((await ended).code, code)
    assert.throws(() => process.kill(Number(String(pid)), 0), { code: 'ESRCH' })
    const run = await newest(command)
    assert.equal(run?.status, 'KILLED')
    assert.notEqual(run?.endedAt, null)
  })
}

test('a run started inside is its child, also one of another run exec', async (context) => {
  const command = await project(context)
  await command.succeed(...exec('mlstore run exec -- true; mlstore run start'))
  const runs = await command.json<RunSummary[]>('run', 'list')
  const outer = runs.find(({ parent }) => parent === null)
  assert.deepEqual(
    runs.filter((run) => run !== outer).map(({ parent }) => parent),
    [outer?.run, outer?.run],
  )
})

test('the command reads what mlstore is given to read', async (context) => {
  const command = await project(context)
  const child = spawn(process.execPath, [launcher, ...exec('tr a-z A-Z')], {
    cwd: command.folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end('typed\n')
  assert.equal((await outcomeOf(child)).stdout, 'TYPED\n')
})
