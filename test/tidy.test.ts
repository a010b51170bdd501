/** The rules of docs/architecture.md and CONTRIBUTING.md that a machine can check. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../src/', import.meta.url))

/** What each layer may import: folders of src/, and packages. The one table of the layers. */
const layers: Record<string, readonly string[]> = {
  'errors.ts': [],
  'index.ts': ['errors.ts', 'core', 'ports', 'store', 'compat'],
  core: ['errors.ts', 'node:crypto'],
  ports: ['errors.ts', 'core'],
  objects: ['errors.ts', 'core', 'ports', 'node:*', '@bokuweb/zstd-wasm'],
  worktree: ['errors.ts', 'core', 'ports', 'node:path', 'ignore'],
  catalog: ['errors.ts', 'core', 'ports', 'node:*', 'better-sqlite3'],
  foreign: ['errors.ts', 'core', 'ports', 'node:*', 'better-sqlite3', 'yaml'],
  remotes: ['errors.ts', 'core', 'ports', 'node:*', '@aws-sdk/*', '@smithy/*'],
  clients: ['errors.ts', 'core', 'ports', 'node:*', 'undici'],
  store: [
    'errors.ts',
    'core',
    'ports',
    'objects',
    'worktree',
    'catalog',
    'foreign',
    'node:assert',
    'node:path',
    'p-limit',
  ],
  compat: ['errors.ts', 'core', 'ports', 'clients', 'store', 'node:*', 'markdown-it'],
  server: ['errors.ts', 'core', 'ports', 'store', 'compat', 'node:*', 'hono', '@hono/node-server'],
  cli: [
    'errors.ts',
    'core',
    'ports',
    'store',
    'compat',
    'server',
    'node:*',
    'yargs',
    'cli-progress',
    'simple-ascii-chart',
    '@clack/prompts',
  ],
}

/** Files that wire parts together, and what they may import on top of their layer's row. */
const wiring: Record<string, readonly string[]> = {
  'store/open.ts': ['remotes'],
  'store/login/open-accounts.ts': ['clients', 'remotes'],
  'store/system-environment.ts': ['node:*'],
}

const generated = ['core/chunking/gear-wasm.ts', 'core/chunking/assembly/']

const bannedWords: readonly (readonly [RegExp, string, RegExp])[] = [
  [/\bthrow new Error\(/, 'throw an MlstoreError with a code', /^$/],
  [/\bas any\b|: any\b/, 'give it a type', /^$/],
  [/\b(TODO|FIXME|XXX)\b/, 'do it, or open an issue and name it', /^$/],
  [/\bconsole\./, 'return what is to be printed', /^cli\//],
  [
    /\bDate\.now\(|\bnew Date\(\)/,
    'take a Clock',
    /^(cli\/environment\.ts|ports\/system-clock\.ts|store\/system-environment\.ts)$/,
  ],
  [
    /\bMath\.random\(/,
    'take an IdSource',
    /^(cli\/environment\.ts|store\/system-environment\.ts)$/,
  ],
  [
    /\bprocess\.env\b/,
    'take env as an argument',
    /^(cli\/environment\.ts|store\/system-environment\.ts)$/,
  ],
  [/\bprocess\.exit\(/, 'set process.exitCode in main.ts', /^cli\/main\.ts$/],
]

function sourceFiles(): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !generated.some((prefix) => file.startsWith(prefix)))
    .sort()
}

/** Specifiers of static and dynamic imports and re-exports. */
function importsOf(source: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g
  return [...source.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

/** The layer or package that `specifier` names when written in `file`. */
function targetOf(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  const [layer = ''] = join(dirname(file), specifier).split('/')
  return layer
}

function isAllowed(target: string, allowed: readonly string[]): boolean {
  return allowed.some((name) =>
    name.endsWith('*')
      ? target.startsWith(name.slice(0, -1))
      : target === name || target.startsWith(`${name}/`),
  )
}

/** Code without comments and without the insides of strings, for the search of banned words. */
function codeOf(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")
}

for (const file of sourceFiles()) {
  const source = readFileSync(join(root, file), 'utf8')
  const [layer = ''] = file.split('/')

  test(`src/${file} imports only what its layer may import`, () => {
    const allowed = [layer, ...(layers[layer] ?? []), ...(wiring[file] ?? [])]
    const targets = importsOf(source).map((specifier) => targetOf(file, specifier))
    assert.deepEqual(
      targets.filter((name) => !isAllowed(name, allowed)),
      [],
    )
  })

  test(`src/${file} says what it is for before its first import`, () => {
    assert.match(source, /^(#!.*\n)?\/\*\*/)
  })

  test(`src/${file} is at most 400 lines and has no banned words`, () => {
    assert.ok(source.split('\n').length <= 401, 'longer than 400 lines')
    const code = codeOf(source)
    for (const [pattern, instead, except] of bannedWords) {
      if (!except.test(file)) assert.doesNotMatch(code, pattern, `${instead} instead`)
    }
  })
}

test('every error code is explained in docs/cli.md', () => {
  const errors = readFileSync(join(root, 'errors.ts'), 'utf8')
  const codes = [...errors.matchAll(/\| '([A-Z_]+)'/g)].map((match) => match[1] ?? '')
  const page = readFileSync(join(root, '../docs/cli.md'), 'utf8')
  assert.ok(codes.length > 10)
  assert.deepEqual(
    codes.filter((code) => !page.includes(code)),
    [],
  )
})

test('every folder of fixtures is named in fixtures/README.md', () => {
  const fixtures = join(root, '../fixtures')
  const readme = readFileSync(join(fixtures, 'README.md'), 'utf8')
  const folders = readdirSync(fixtures, { withFileTypes: true }).filter((e) => e.isDirectory())
  for (const folder of folders) assert.ok(readme.includes(`${folder.name}/`), folder.name)
})
