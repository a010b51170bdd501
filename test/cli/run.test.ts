/** How the command line finds a command, helps, and fails. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { cli, failing, RecordingSink } from './fake-shell.ts'
import { added, version } from './samples.ts'

const answers = { log: [version] }

test('shows help when nothing is asked', async () => {
  const { exitCode, stdout, stderr } = await cli('')
  assert.equal(exitCode, 0)
  assert.equal(stderr, '')
  assert.match(stdout, /^mlstore \[--store DIR\] COMMAND\n/)
  assert.match(stdout, /mlstore checkout +Make the working tree what mlstore\.lock says/)
  assert.match(stdout, /Exit codes:\n +0 {2}done\n/)
  assert.match(stdout, /130 {2}interrupted/)
  assert.equal((await cli('--help')).stdout, stdout)
  assert.equal((await cli('-h')).stdout, stdout)
})

test('shows help of a command with its options and examples', async () => {
  const { exitCode, stdout, calls } = await cli('get --help')
  assert.equal(exitCode, 0)
  assert.deepEqual(calls, [])
  assert.match(stdout, /^mlstore get REFERENCE \[options\]\n/)
  assert.match(stdout, /-o, --output +PATH: Where to/)
  assert.match(stdout, /--path +SUB: .*repeatable/)
  assert.match(stdout, /Examples:\n {2}mlstore get model\/resnet@prod -o serve\/model\n/)
  assert.doesNotMatch(stdout, /undefined/)
})

test('shows help of a group and of its commands, hidden ones left out', async () => {
  const group = await cli('alias --help')
  assert.match(group.stdout, /mlstore alias set REFERENCE NAME +Point an alias at a version/)
  const single = await cli('alias set -h')
  assert.match(single.stdout, /^mlstore alias set REFERENCE NAME \[options\]\n/)
  assert.doesNotMatch((await cli('git --help')).stdout, /merge-lock|pre-push/)
})

test('prints the version also between other options', async () => {
  assert.equal((await cli('--json --version')).stdout, '1.2.3\n')
})

test('refuses an unknown command and suggests the nearest', async () => {
  const { exitCode, stdout, stderr } = await cli('psuh origin')
  assert.equal(exitCode, 2)
  assert.equal(stdout, '')
  assert.equal(stderr, 'error: mlstore has no command "psuh".\nhint: Did you mean mlstore push?\n')
  assert.match((await cli('alias sett')).stderr, /Did you mean mlstore alias set\?/)
  assert.match((await cli('frobnicate')).stderr, /See `mlstore --help`/)
  assert.equal((await cli('constructor')).exitCode, 2)
})

test('lists the commands of a group that is named alone', async () => {
  const { exitCode, stderr } = await cli('tag')
  assert.equal(exitCode, 2)
  assert.match(stderr, /mlstore tag needs a command: set, rm, list\./)
})

test('a group that is a command itself takes what is no subcommand', async () => {
  const help = (await cli('lineage --help')).stdout
  assert.match(help, /^mlstore lineage REFERENCE \[options\]\n/)
  assert.match(help, /mlstore lineage add FROM TO +Say after the fact/)
  assert.match(help, /--depth +N: /)
  assert.equal((await cli('lineage model/resnet --help')).stdout, help)
  assert.match((await cli('lineage add --help')).stdout, /^mlstore lineage add FROM TO \[options\]/)
  const alone = await cli('lineage')
  assert.equal(alone.exitCode, 2)
  assert.match(alone.stderr, /REFERENCE is missing/)
  assert.equal((await cli('lineage model/resnet --frob')).exitCode, 2)
})

test('refuses unknown options with and without a command', async () => {
  assert.equal((await cli('--frob')).exitCode, 2)
  const { stderr } = await cli('push --dryrun')
  assert.match(stderr, /Unknown option --dryrun\.\nhint: Did you mean --dry-run\?/)
})

test('opens the store that --store or MLSTORE_DIR names, the option first', async () => {
  const opened = async (line: string, env = {}): Promise<unknown> =>
    (await cli(line, { answers, env })).calls[0]?.[1]
  const cwd = '/work'
  assert.deepEqual(await opened('log m/x'), { cwd, storeDirectory: undefined })
  assert.deepEqual(await opened('--store ../s log m/x'), { cwd, storeDirectory: '/s' })
  assert.deepEqual(await opened('log m/x --store /abs'), { cwd, storeDirectory: '/abs' })
  const env = { MLSTORE_DIR: 'other' }
  assert.deepEqual(await opened('log m/x', env), { cwd, storeDirectory: '/work/other' })
  assert.deepEqual(await opened('--store s log m/x', env), { cwd, storeDirectory: '/work/s' })
  const empty = { MLSTORE_DIR: '' }
  assert.deepEqual(await opened('log m/x', empty), { cwd, storeDirectory: undefined })
})

test('turns a failure into its exit code, with message and hint on stderr', async () => {
  const log = failing('NOT_FOUND', 'No artifact m/x.', { hint: 'See `mlstore ls`.' })
  const { exitCode, stdout, stderr, calls } = await cli('log m/x', { answers: { log } })
  assert.equal(exitCode, 3)
  assert.equal(stdout, '')
  assert.equal(stderr, 'error: No artifact m/x.\nhint: See `mlstore ls`.\n')
  assert.deepEqual(calls.at(-1), ['close'])
})

test('prints a failure as one JSON document on stderr when JSON is asked for', async () => {
  const push = failing('ALIAS_MOVED', 'Moved.', { details: { theirs: 'abc' } })
  const { exitCode, stdout, stderr } = await cli('push --json', { answers: { push } })
  assert.equal(exitCode, 4)
  assert.equal(stdout, '')
  assert.deepEqual(JSON.parse(stderr), {
    error: { code: 'ALIAS_MOVED', message: 'Moved.', hint: null, details: { theirs: 'abc' } },
  })
  assert.equal(JSON.parse((await cli('--json psuh')).stderr).error.code, 'INVALID_ARGUMENT')
})

test('exits 1 with a stack for a bug', async () => {
  const log = (): never => {
    throw new RangeError('oops')
  }
  const { exitCode, stderr } = await cli('log m/x', { answers: { log } })
  assert.equal(exitCode, 1)
  assert.match(stderr, /^error: RangeError: oops\n +at /)
  assert.match(stderr, /hint: This is a bug in mlstore\. Please report it/)
})

test('exits 130 when the work was interrupted', async () => {
  const push = failing('INTERRUPTED', 'Interrupted.')
  assert.equal((await cli('push', { answers: { push } })).exitCode, 130)
})

test('passes the signal on to work that takes a while', async () => {
  const { signal } = new AbortController()
  const seen: unknown[] = []
  const work = (request: { signal: unknown }): unknown => {
    seen.push(request.signal)
    return { paths: [], files: 0, sizeBytes: 0, writtenFiles: 0, removedFiles: 0, fetchedBytes: 0 }
  }
  await cli('checkout', { signal, answers: { checkout: work } })
  assert.deepEqual(seen, [signal])
})

test('is quiet on stderr with --quiet, but for errors', async () => {
  const add = [{ ...added, hidden: 3 }]
  const quiet = await cli('add m --quiet', { answers: { add } })
  assert.equal(quiet.stderr, '')
  assert.notEqual(quiet.stdout, '')
  const log = failing('NOT_FOUND', 'No.')
  assert.equal((await cli('-q log m/x', { answers: { log } })).stderr, 'error: No.\n')
})

test('shows progress only to someone who watches', async () => {
  const watched = async (line: string, env = {}, isTerminal = true): Promise<boolean> => {
    let silent = true
    const openStore = async ({ progress }: { progress: object }): Promise<never> => {
      silent = progress.constructor.name !== 'ProgressBar'
      return failing('STORE_MISSING', 'No store.')()
    }
    await cli(line, { env, stderr: new RecordingSink({ isTerminal }), library: { openStore } })
    return !silent
  }
  assert.ok(await watched('status'))
  assert.ok(await watched('status --json'))
  assert.ok(await watched('status', { CI: 'false' }))
  assert.ok(!(await watched('status', {}, false)))
  assert.ok(!(await watched('status --no-progress')))
  assert.ok(!(await watched('status -q')))
  assert.ok(!(await watched('status', { CI: 'true' })))
  assert.ok(!(await watched('status', { TERM: 'dumb' })))
})

test('doctor tells of a store that cannot be opened, and exits 1', async () => {
  const openStore = failing('STORE_MISSING', 'No .mlstore here.')
  const { exitCode, stdout } = await cli('doctor', { library: { openStore } })
  assert.equal(exitCode, 1)
  assert.match(stdout, /FAIL {2}store: No \.mlstore here\./)
})
