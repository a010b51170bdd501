/** Ignore rules read `.mlstoreignore` files as git reads `.gitignore`. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { escapeGlob } from '../../src/worktree/escape-glob.ts'
import { IgnoreRules } from '../../src/worktree/ignore-rules.ts'
import { scanFolder } from '../../src/worktree/scan.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type FolderSpec, writeFolder } from './folder-spec.ts'

const node = new NodeFileSystem()
const rulesOf = (text: string): IgnoreRules => IgnoreRules.top().with(Buffer.from(text))

async function filesTaken(root: string, rules: IgnoreRules): Promise<string[]> {
  const paths: string[] = []
  for await (const batch of scanFolder(node, root, rules)) {
    for (const { kind, path } of batch) if (kind === 'file') paths.push(path)
  }
  return paths.sort()
}

function taken(lines: string, names: readonly string[]): string[] {
  const rules = rulesOf(lines)
  return names.filter(
    (name) => rules.verdict(name.replace(/\/$/, ''), name.endsWith('/')) === 'take',
  )
}

test('reads comments, escapes, trailing spaces and line ends like git', () => {
  assert.deepEqual(taken('#x\n', ['#x', 'x']), ['#x', 'x'])
  assert.deepEqual(taken('\\#x\n\\!y\n', ['#x', '!y', 'y']), ['y'])
  assert.deepEqual(taken('a   \nb\\ \n', ['a', 'a   ', 'b', 'b ']), ['a   ', 'b'])
  assert.deepEqual(taken('\uFEFFa\r\nb\r\n', ['a', 'b', 'a\r']), ['a\r'])
  assert.deepEqual(taken('日本\n*.é\n', ['日本', 'x.é', 'x.e\u0301']), ['x.e\u0301'])
})

test('tells case apart, and folders from files', () => {
  assert.deepEqual(taken('data\n', ['data', 'Data']), ['Data'])
  assert.deepEqual(taken('build/\n', ['build', 'build/']), ['build'])
})

test('lets the last line decide', () => {
  assert.deepEqual(taken('*.log\n!keep.log\n', ['a.log', 'keep.log']), ['keep.log'])
  assert.deepEqual(taken('!keep.log\n*.log\n', ['a.log', 'keep.log']), [])
})

test('puts globs of the command line above every file', () => {
  const rules = IgnoreRules.top({ exclude: ['*.bin', '!b.txt'] }).with(
    Buffer.from('!a.bin\nb.txt\n'),
  )
  assert.equal(rules.verdict('a.bin', false), 'ignored')
  assert.equal(rules.verdict('b.txt', false), 'take')
})

test('matches exclude globs from the top of the folder', () => {
  const rules = IgnoreRules.top({ exclude: ['/out', 'in/x', 'deep/**/y'] })
  assert.equal(rules.verdict('out', false), 'ignored')
  assert.equal(rules.below('in').verdict('out', false), 'take')
  assert.equal(rules.below('in').verdict('x', false), 'ignored')
  assert.equal(rules.below('other').below('in').verdict('x', false), 'take')
  assert.equal(rules.below('deep').below('a').below('b').verdict('y', false), 'ignored')
})

test('does not let any rule take .git or .mlstore', () => {
  const rules = rulesOf('!.git\n!.mlstore\n!*\n')
  assert.equal(rules.verdict('.git', true), 'tool')
  assert.equal(rules.verdict('.MLstore', true), 'tool')
  assert.equal(rules.below('a').verdict('.git', false), 'tool')
  assert.equal(rules.verdict('.gitkeep', false), 'take')
})

test('still knows its rules after a hundred thousand names', () => {
  const rules = rulesOf('*.log\n')
  for (let i = 0; i < 100_000; i++) rules.verdict(`f${i}`, false)
  assert.equal(rules.verdict('x.log', false), 'ignored')
  assert.equal(rules.verdict('x.txt', false), 'take')
})

const deepTree: FolderSpec = Object.fromEntries(
  ['a', 'b', 'build'].map((name) => [
    name,
    {
      a: '',
      'b.log': '',
      build: { a: '', b: { 'x.log': '', a: '' } },
      b: { 'b.log': '', build: { a: '' } },
    },
  ]),
)

/** What git takes of a folder with `.mlstoreignore` as the name of the ignore files. */
function filesTakenByGit(root: string): string[] {
  const list = ['ls-files', '-z', '--others', '--exclude-per-directory=.mlstoreignore']
  const git = (args: string[]): string =>
    execFileSync('git', ['-c', 'core.precomposeUnicode=false', ...args], { cwd: root }).toString()
  if (!nodeFs.existsSync(join(root, '.git'))) git(['init', '-q'])
  return git(list).split('\0').slice(0, -1).sort()
}

test('takes back in a deeper file what a higher one ignores, and no more than that', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, { ...deepTree, '.mlstoreignore': '/a/build/\n*.log\n/b\n' })
  nodeFs.writeFileSync(join(root, 'a', '.mlstoreignore'), '!build\n')
  const files = await filesTaken(root, IgnoreRules.top())
  assert.deepEqual(files, filesTakenByGit(root))
  assert.ok(files.includes('a/build/a'))
  assert.ok(!files.includes('a/build/b/x.log'))
  assert.ok(!files.some((path) => path.startsWith('b/')))
})

test('takes the files that git takes, for any rules at any level', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, deepTree)
  const word = fc.constantFrom(
    'a',
    'b',
    'build',
    '*',
    '*.log',
    'b*',
    '**',
    '?',
    '[ab]',
    '[!a]',
    'x.log',
  )
  const line = fc
    .tuple(
      fc.constantFrom('', '', '!', '\\', '#', ' '),
      fc.constantFrom('', '', '/'),
      fc.array(word, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '', '/', ' ', '\\ '),
    )
    .map(([start, anchor, words, end]) => `${start}${anchor}${words.join('/')}${end}`)
  const file = fc.array(line, { maxLength: 4 }).map((lines) => lines.join('\n'))
  const places = fc.constantFrom('', 'a', 'a/build', 'build', 'build/build')
  const files = fc.array(fc.tuple(places, file), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(files, async (given) => {
      const written = new Map(
        given.map(([place, text]) => [join(root, place, '.mlstoreignore'), text]),
      )
      for (const [path, text] of written) nodeFs.writeFileSync(path, text)
      try {
        assert.deepEqual(await filesTaken(root, IgnoreRules.top()), filesTakenByGit(root))
      } finally {
        for (const path of written.keys()) nodeFs.rmSync(path)
      }
    }),
    { numRuns: 120 },
  )
})

test('an escaped path matches itself alone', () => {
  const names = [
    'a b ',
    'a  ',
    '#x',
    '!y',
    'x*',
    '[1]',
    'q?',
    'é',
    '日本',
    '\\',
    'a\\ ',
    'a]',
    ' ',
    '😀',
    '-',
  ]
  for (const name of names) {
    assert.deepEqual(
      taken(`/${escapeGlob(name)}\n`, names),
      names.filter((other) => other !== name),
    )
  }
})
