/**
 * The package as users get it: packed, installed globally from the tarball and from a git URL at
 * a tag, run, and used from TypeScript. Needs a package registry, hence not part of `npm test`.
 */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

import { temporaryFolder } from '../support/temporary-folder.ts'

const execFileAsync = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
}

/** Newer npm runs no install script that is not allowed; older npm ignores the option. */
const installOptions = ['--no-audit', '--allow-scripts=better-sqlite3,mlstore']

/** NODE_EXTRA_CA_CERTS and its kind must stay: without them npm retries for minutes, silently. */
const ofThisRun =
  /^(NODE_(OPTIONS|TEST_CONTEXT|V8_COVERAGE)|npm_(lifecycle|package)_.*|npm_config_(prefix|(local|global)_prefix|global|location))$/

/** The slowest program, an install from git, takes 40 s; a network that is closed shows as this. */
const timeoutMs = 4 * 60_000

const folder = temporaryFolder({ after: (remove) => after(remove as () => void) })
const prefix = join(folder, 'prefix')
let tarball: string

before(async () => {
  await packBinary()
  await run(root, 'npm', 'pack', '--pack-destination', folder)
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
  await run(folder, 'npm', 'install', '--global', '--prefix', prefix, ...installOptions, tarball)
})

/**
 * Puts the binary that this checkout has compiled where better-sqlite3's install script looks for
 * a prebuilt one, so that the installs below do not compile it three times over.
 */
async function packBinary(): Promise<void> {
  const source = join(root, 'node_modules', 'better-sqlite3')
  const binary = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as {
    version: string
  }
  const { modules } = process.versions
  const name = `better-sqlite3-v${binary.version}-node-v${modules}-${process.platform}-${process.arch}`
  const archive = join(folder, 'prebuilds', `${name}.tar.gz`)
  mkdirSync(join(folder, 'prebuilds'))
  await run(source, 'tar', '-czf', archive, 'build/Release/better_sqlite3.node')
}

test('the tarball holds what package.json promises', async () => {
  const packed = new Uint8Array(readFileSync(tarball))
  const { messages, pkg } = await publint({ pack: { tarball: packed.buffer }, strict: true })
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  )
})

test('the tarball holds the build and the formats, no sources and no tests', async () => {
  const { stdout } = await run(folder, 'tar', '-tzf', tarball)
  const names = stdout.trim().split('\n')
  for (const name of ['LICENSE', 'README.md', 'docs/format.md', 'dist/cli/launcher.cjs']) {
    assert.ok(names.includes(`package/${name}`), name)
  }
  assert.deepEqual(
    names.filter((name) => /^package\/(src|test|fixtures)\//.test(name)),
    [],
  )
})

test('installed globally from the tarball, it adds a folder and gets it back', async () => {
  await assertWorks(join(prefix, 'bin', 'mlstore'), 'from-tarball')
})

test('installed globally from a git URL at a tag, it adds a folder and gets it back', async () => {
  const clone = join(folder, 'clone')
  await run(folder, 'git', 'clone', '--quiet', root, clone)
  await run(clone, 'git', 'tag', 'v0.0.0-package-test')
  const elsewhere = join(folder, 'prefix-git')
  const url = `git+file://${clone}#v0.0.0-package-test`
  await run(folder, 'npm', 'install', '--global', '--prefix', elsewhere, ...installOptions, url)
  await assertWorks(join(elsewhere, 'bin', 'mlstore'), 'from-git')
})

test("README's library example compiles in a strict TypeScript project and runs", async () => {
  const consumer = join(folder, 'consumer')
  mkdirSync(join(consumer, 'node_modules', '@types'), { recursive: true })
  writeFileSync(join(consumer, 'consumer.ts'), readmeExample())
  writeFileSync(join(consumer, 'weights.bin'), 'weights')
  symlinkSync(
    join(prefix, 'lib', 'node_modules', 'mlstore'),
    join(consumer, 'node_modules/mlstore'),
  )
  symlinkSync(join(root, 'node_modules/@types/node'), join(consumer, 'node_modules/@types/node'))
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type: 'module', private: true }))
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  await run(consumer, process.execPath, join(root, 'node_modules/typescript/bin/tsc'))
  const { stdout } = await run(consumer, process.execPath, 'consumer.js')
  assert.match(stdout, /model\/resnet/)
})

/** The TypeScript in README.md. */
function readmeExample(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  assert.ok(example, 'README.md has a TypeScript example')
  return example
}

/** Strict, and with the types of mlstore's dependencies checked too. */
const compilerOptions = {
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  types: ['node'],
  skipLibCheck: false,
}

async function assertWorks(mlstore: string, name: string): Promise<void> {
  const home = join(folder, name)
  mkdirSync(join(home, 'data'), { recursive: true })
  writeFileSync(join(home, 'data', 'hello.txt'), 'hello\n')
  const { stdout } = await run(home, mlstore, '--version')
  assert.equal(stdout.trim(), version)
  await run(home, mlstore, 'init')
  await run(home, mlstore, 'add', 'data', '--as', 'dataset/hello')
  await run(home, mlstore, 'get', 'dataset/hello', '-o', 'copy')
  assert.equal(readFileSync(join(home, 'copy', 'hello.txt'), 'utf8'), 'hello\n')
}

/**
 * Runs a program in a folder. It sees the machine's settings (certificates, proxies, registries),
 * but not those of the npm and the test runner around this test.
 */
async function run(
  cwd: string,
  program: string,
  ...programArguments: string[]
): Promise<{ stdout: string; stderr: string }> {
  const inherited = Object.entries(process.env).filter(([name]) => !ofThisRun.test(name))
  return execFileAsync(program, programArguments, {
    cwd,
    env: {
      ...Object.fromEntries(inherited),
      npm_config_better_sqlite3_local_prebuilds: join(folder, 'prebuilds'),
    },
    maxBuffer: 64 * 1024 ** 2,
    timeout: timeoutMs,
  })
}
