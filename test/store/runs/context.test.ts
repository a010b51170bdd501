/** What is recorded of code, machine and CI, and what never is: secrets. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { SystemMachine } from '../../../src/objects/system-machine.ts'
import type { Machine } from '../../../src/ports/machine.ts'
import { cloneStore } from '../../../src/store/open.ts'
import type { RunDetails } from '../../../src/store/runs/results.ts'
import type { StartRunRequest } from '../../../src/store/runs/requests.ts'
import { runGit, testEnvironment, TestRepository } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { fileText } from './run-store.ts'

/** The real machine, running another program. */
class NamedMachine extends SystemMachine {
  readonly #commandLine: readonly string[]

  constructor(commandLine: readonly string[]) {
    super()
    this.#commandLine = commandLine
  }

  override get commandLine(): readonly string[] {
    return this.#commandLine
  }
}

type Surroundings = {
  readonly env?: Readonly<Record<string, string>>
  readonly machine?: Machine
  readonly request?: StartRunRequest
}

/** A run in the repository, started and ended. */
async function runIn(
  repo: TestRepository,
  { env = {}, machine, request }: Surroundings = {},
): Promise<RunDetails> {
  const store = await repo.open({ environment: { ...repo.environment, env, machine } })
  const run = await store.startRun(request)
  await run.end()
  return store.showRun(run.id)
}

test('git: commit, branch, remote without credentials, and a patch that makes the changes again', async (t) => {
  const repo = await TestRepository.create(t, { git: true })
  repo.write({ 'train.py': 'lr = 1\n', 'other.txt': 'same\n' })
  const commit = repo.commit('first')
  repo.git('remote', 'add', 'origin', 'https://anna:pl4nted@git.example.org/o/r.git')
  const clean = await runIn(repo)
  assert.deepEqual(clean.context['git'], {
    branch: 'main',
    commit,
    dirty: false,
    remote: 'https://git.example.org/o/r.git',
  })
  repo.write({ 'train.py': 'lr = 2\n', 'untracked.txt': 'not of the patch' })
  const dirty = await runIn(repo)
  const [patch] = await repo.store.listRunFiles(dirty.run)
  assert.equal(patch?.path, 'code/changes.patch')
  const { git } = dirty.context
  assert.deepEqual(git, { ...Object(clean.context['git']), dirty: true, patch: patch?.digest })
  const text = await fileText(repo.store, dirty.run, 'code/changes.patch')
  assert.match(text, /-lr = 1\n\+lr = 2/)
  assert.ok(!text.includes('untracked'))
})

test('a branch is left out where HEAD is on none; outside of git nothing is said', async (t) => {
  const repo = await TestRepository.create(t, { git: true })
  repo.write({ 'a.txt': 'a' })
  const commit = repo.commit('first')
  runGit(repo.folder, 'checkout', '--quiet', '--detach')
  assert.deepEqual((await runIn(repo)).context['git'], { commit, dirty: false })
  const plain = await TestRepository.create(t)
  assert.equal((await runIn(plain)).context['git'], undefined)
  const empty = await TestRepository.create(t, { git: true })
  assert.equal((await runIn(empty)).context['git'], undefined)
})

test('a patch of more than 10 MiB is left out, and that is said', async (t) => {
  const repo = await TestRepository.create(t, { git: true })
  repo.write({ 'a.txt': 'a' })
  const commit = repo.commit('first')
  repo.write({ 'a.txt': 'line of text\n'.repeat(1_000_000) })
  assert.deepEqual((await runIn(repo)).context['git'], {
    branch: 'main',
    commit,
    dirty: true,
    patchLeftOut: 'it is larger than 10 MiB',
  })
})

test('the machine, the process and the program are recorded', async (t) => {
  const repo = await TestRepository.create(t)
  const machine = new NamedMachine(['/usr/bin/node', '/home/anna/train.js', '--lr', '1'])
  const { context } = await runIn(repo, { machine })
  assert.deepEqual(context['source'], {
    kind: 'script',
    name: 'train.js',
    command: ['node', '/home/anna/train.js', '--lr', '1'],
  })
  assert.deepEqual(context['environment'], machine.facts())
  const { pid } = process
  assert.deepEqual(context['process'], { host: 'box', pid, started: machine.startTime(pid) })
})

test('packages: the nearest lock file, and Python’s version, without starting Python', async (t) => {
  const repo = await TestRepository.create(t, { git: true })
  const index = 'https://u:pl4nted@index.example.org/simple'
  repo.write({
    'requirements.txt': `--index-url ${index}\nnumpy==2.0\n`,
    'uv.lock': 'version = 1\n',
    venv: { 'pyvenv.cfg': 'home = /usr/bin\nversion = 3.12.3\n' },
    sub: { 'poetry.lock': 'nearer\n' },
  })
  const { context, run } = await runIn(repo, { env: { VIRTUAL_ENV: repo.at('venv') } })
  const [file] = await repo.store.listRunFiles(run)
  assert.equal(file?.path, 'environment/uv.lock')
  assert.deepEqual(context['environment'], {
    ...new SystemMachine().facts(),
    python: '3.12.3',
    packages: file?.digest,
  })
  const below = { ...repo.environment, cwd: repo.at('sub') }
  const store = await repo.open({ environment: below })
  const inside = await store.startRun()
  await inside.end()
  assert.equal((await store.listRunFiles(inside.id))[0]?.path, 'environment/poetry.lock')
})

/** Every byte below the folder, as text. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => `${path}\n${readFileSync(path, 'latin1')}`)
    .join('\n')
}

test('planted tokens: in environment, argv, diff, lock file, CI and remote URL, none is in the store', async (t) => {
  const repo = await TestRepository.create(t, { git: true })
  repo.write({ 'conf.env': 'A=1\n', 'train.py': 'x = 1\n' })
  repo.commit('first')
  repo.git('remote', 'add', 'origin', 'https://x-access-token:pl4ntedInRemote@example.org/o/r')
  repo.write({
    'conf.env': 'A=1\nDB_PASSWORD=pl4ntedInDiff\n',
    'train.py': 'x = "pl4ntedInEnvironment"\napi_key = "pl4ntedInCode"\n',
    'requirements.txt': 'pkg @ git+https://oauth2:pl4ntedInLock@example.org/p\n',
  })
  const machine = new NamedMachine([
    'node',
    'train.js',
    '--api-key',
    'pl4ntedInArgument',
    '--url=https://u:pl4ntedInUrl@h/',
    '--password=pl4ntedAfterSign',
    'pl4ntedInEnvironment',
  ])
  const env = {
    DEPLOY_TOKEN: 'pl4ntedInEnvironment',
    AWS_SECRET_ACCESS_KEY: 'pl4ntedForAws',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_TOKEN: 'pl4ntedForGithub',
    GITHUB_SERVER_URL: 'https://bot:pl4ntedInServer@example.org',
    GITHUB_WORKFLOW: 'deploy pl4ntedForGithub',
  }
  const details = await runIn(repo, { env, machine })
  assert.ok(!/pl4nted/.test(JSON.stringify(details)), JSON.stringify(details))
  const paths = (await repo.store.listRunFiles(details.run)).map(({ path }) => path)
  assert.deepEqual(paths, ['code/changes.patch', 'environment/requirements.txt'])
  for (const path of paths) {
    const text = await fileText(repo.store, details.run, path)
    assert.ok(text.includes('***') && !text.includes('pl4nted'), text)
  }
  const settings = { url: `file://${temporaryFolder(t)}` }
  await repo.store.addRemote({ name: 'origin', settings, local: true })
  await repo.store.push()
  await repo.store.close()
  assert.ok(!everything(repo.at('.mlstore')).includes('pl4nted'))
  // What is on a remote is compressed: a clone has it as it was.
  const environment = testEnvironment(temporaryFolder(t), 'ben', 'b')
  await cloneStore({ settings, all: true }, environment)
  const copy = everything(environment.cwd)
  assert.ok(copy.includes(details.run) && !copy.includes('pl4nted'))
})
