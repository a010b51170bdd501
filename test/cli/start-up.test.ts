/**
 * The real program: what it loads, and how it behaves towards pipes and signals.
 *
 * Start-up time is what is loaded, and that can be asserted where time cannot.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const tsx = import.meta.resolve('tsx')
const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')

let folder = ''

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlstore-start-'))
})
after(() => rmSync(folder, { recursive: true }))

type Ended = {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(words: readonly string[], options: { nodeOptions?: string[]; path?: string } = {}) {
  const { nodeOptions = [], path = process.env['PATH'] } = options
  const env = { ...process.env, PATH: path, MLSTORE_DIR: join(folder, 'none') }
  const nodeArguments = ['--import', tsx, ...nodeOptions, main, ...words]
  return spawn(process.execPath, nodeArguments, { cwd: folder, env })
}

async function ended(child: ChildProcess): Promise<Ended> {
  const pieces = { stdout: '', stderr: '' }
  child.stdout?.on('data', (data) => (pieces.stdout += String(data)))
  child.stderr?.on('data', (data) => (pieces.stderr += String(data)))
  await once(child, 'close')
  return { ...pieces, exitCode: child.exitCode }
}

/** Every module a command line loads, by a loader hook that writes them to a file. */
async function loadedBy(...words: string[]): Promise<{ outcome: Ended; modules: string[] }> {
  const trace = join(folder, 'trace')
  writeFileSync(trace, '')
  const hooks = `
    import { appendFileSync } from 'node:fs'
    export async function resolve(specifier, context, next) {
      const result = await next(specifier, context)
      appendFileSync(${JSON.stringify(trace)}, result.url + '\\n')
      return result
    }`
  const register = `
    import { register } from 'node:module'
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)})`
  const hook = `data:text/javascript,${encodeURIComponent(register)}`
  const outcome = await ended(start(words, { nodeOptions: ['--import', hook] }))
  const modules = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((url) => !url.includes('/tsx/'))
  return { outcome, modules }
}

const isPackage = (name: string) => (url: string) => url.includes(`/node_modules/${name}/`)
const ownModules = (modules: readonly string[]): string[] =>
  modules.filter((url) =>
    url.startsWith(pathToFileURL(fileURLToPath(new URL('../../src/', import.meta.url))).href),
  )

test('--version loads nothing but itself', async () => {
  const { outcome, modules } = await loadedBy('--version')
  assert.equal(outcome.stdout, `${JSON.parse(manifest).version}\n`)
  assert.equal(outcome.exitCode, 0)
  assert.deepEqual(
    ownModules(modules).map((url) => url.split('/').at(-1)),
    ['main.ts'],
  )
  assert.deepEqual(
    modules.filter((url) => url.includes('node_modules')),
    [],
  )
})

test('a command loads its own module, no other, and no help', async () => {
  const { modules } = await loadedBy('log', 'model/x', '--unknown')
  const commands = ownModules(modules).filter((url) => url.includes('/cli/commands/'))
  assert.deepEqual(
    commands.map((url) => url.split('/').at(-1)),
    ['log.ts'],
  )
  assert.ok(ownModules(modules).length < 34, `${ownModules(modules).length} modules`)
  for (const name of ['yargs', 'better-sqlite3', 'cli-progress', '@aws-sdk']) {
    assert.ok(!modules.some(isPackage(name)), name)
  }
})

test('run log loads nothing that draws, asks for help or goes through the network', async () => {
  const { outcome, modules } = await loadedBy('run', 'log', '3f9a1c04', '--metric', 'loss=1')
  assert.equal(outcome.exitCode, 3)
  for (const name of ['simple-ascii-chart', 'yargs', 'cli-progress', '@aws-sdk']) {
    assert.ok(!modules.some(isPackage(name)), name)
  }
  const drawn = ownModules(modules).filter((url) => /metric-plot|progress-bar/.test(url))
  assert.deepEqual(drawn, [])
})

test('help loads yargs and no store', async () => {
  const { outcome, modules } = await loadedBy('get', '--help')
  assert.equal(outcome.exitCode, 0)
  assert.ok(modules.some(isPackage('yargs')))
  assert.ok(!modules.some(isPackage('better-sqlite3')))
})

test('errors go to stderr with the exit code of their kind', async () => {
  const { exitCode, stdout, stderr } = await ended(start(['psuh']))
  assert.equal(exitCode, 2)
  assert.equal(stdout, '')
  assert.equal(stderr, 'error: mlstore has no command "psuh".\nhint: Did you mean mlstore push?\n')
})

test('ends quietly when nobody reads its output', async () => {
  const child = start(['--help'])
  child.stdout.destroy()
  const { exitCode, stderr } = await ended(child)
  assert.equal(stderr, '')
  assert.equal(exitCode, 0)
})

/** `git install` waits for git: here one that waits for the signal to be sent. */
function fakeGit(script: string): string {
  const git = join(folder, 'git')
  writeFileSync(git, `#!/bin/sh\n${script}\n`)
  chmodSync(git, 0o755)
  return `${folder}:${process.env['PATH']}`
}

test('stops at Ctrl-C with exit code 130', async () => {
  const path = fakeGit('echo started >&2; exec sleep 20')
  const child = start(['git', 'install'], { path })
  child.stderr.once('data', () => child.kill('SIGINT'))
  const { exitCode, stderr } = await ended(child)
  assert.equal(exitCode, 130)
  assert.match(stderr, /press Ctrl-C again/)
  assert.match(stderr, /error: Interrupted\./)
})

test('stops at once at the second Ctrl-C', async () => {
  const path = fakeGit(`trap '' TERM; echo started >&2; read never`)
  const child = start(['git', 'install'], { path })
  child.stderr.on('data', (data) => {
    if (/started|again/.test(String(data))) child.kill('SIGINT')
  })
  await once(child, 'exit')
  assert.equal(child.exitCode, 130)
})
