/** `mlstore.lock`: reading is the inverse of writing, and nothing but that is read. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import { type LockEntry, parseLockFile, serializeLockFile } from '../../src/core/lock-file.ts'
import { isArtifactName, isLabel, parseArtifactName } from '../../src/core/names.ts'
import { anyName } from '../support/tree-arbitraries.ts'

const version = digestOf(Buffer.from('version'))
const root = digestOf(Buffer.from('root'))
const entry = (path: string, label = 'v1', artifact = 'dataset/squad'): LockEntry => ({
  path,
  artifact: parseArtifactName(artifact),
  label,
  version,
  root,
})
const line = (path: string, reference = 'dataset/squad@v1'): string =>
  `${path}  ${reference}  ${version}  ${root}`

test('has exactly the documented form', () => {
  assert.equal(
    serializeLockFile([entry('data/train', '2026-11-21-04-44-50')]),
    '# mlstore lock 1: which version each path holds; written by mlstore\n' +
      `data/train  dataset/squad@2026-11-21-04-44-50  ${version}  ${root}\n`,
  )
})

test('sorts lines by the bytes of their paths', () => {
  const paths = ['b', 'a/b', 'a-b', 'a', '😀', '\ufffd']
  const lines = serializeLockFile(paths.map((path) => entry(path)))
    .split('\n')
    .slice(1, -1)
  assert.deepEqual(
    lines.map((text) => text.split('  ')[0]),
    ['a', 'a-b', 'a/b', 'b', '\ufffd', '😀'],
  )
})

test('quotes what could be taken for something else', () => {
  const paths = ['#a', 'a  b', ' a', 'a ', 'a\nb', 'a"b', 'a\\b', '"', '<<<<<<< ours', '=======']
  const entries = paths.map((path) => entry(path))
  const text = serializeLockFile(entries)
  assert.equal(text.split('\n').filter((written) => written.startsWith('"')).length, paths.length)
  assert.deepEqual(new Set(parseLockFile(text)), new Set(entries))
  assert.deepEqual(parseLockFile(serializeLockFile([entry('a', 'v  1', 'm/a  b')])), [
    entry('a', 'v  1', 'm/a  b'),
  ])
})

test('reads back whatever it wrote', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 })
  const anyEntry = fc
    .tuple(
      fc.array(anyName, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')),
      name.filter(isLabel),
      fc
        .tuple(name, name)
        .map((names) => names.join('/'))
        .filter(isArtifactName),
    )
    .map(([path, label, artifact]) => entry(path, label, artifact))
  fc.assert(
    fc.property(fc.uniqueArray(anyEntry, { selector: ({ path }) => path }), (entries) => {
      const text = serializeLockFile(entries)
      const byPath = (a: LockEntry, b: LockEntry): number => (a.path < b.path ? -1 : 1)
      assert.deepEqual(parseLockFile(text).toSorted(byPath), entries.toSorted(byPath))
      assert.equal(serializeLockFile(parseLockFile(text)), text)
    }),
  )
})

test('takes comments, empty lines and Windows line ends', () => {
  assert.deepEqual(parseLockFile(`\r\n# note\r\n\r\n${line('a')}\r\n`), [entry('a')])
  assert.deepEqual(parseLockFile(''), [])
})

test('names the line where a merge left a conflict', () => {
  const text = `# c\n${line('a')}\n<<<<<<< HEAD\n${line('b')}\n=======\n>>>>>>> main\n`
  assert.throws(() => parseLockFile(text), { code: 'INVALID_ARGUMENT', message: /line 3/ })
})

test('refuses lines that are none, naming them', () => {
  const lines = [
    'a',
    `a  ${version}  ${root}`,
    line('a').slice(0, -1),
    `${line('a')}  more`,
    line('a').replaceAll('  ', ' '),
    line('a', 'squad@v1'),
    line('a', 'dataset/squad'),
    line('a', 'dataset/squad@'),
    line('a', 'dataset/squad@v1:path'),
    line('"a'),
    line('"a\\x"'),
    line('"a" '),
  ]
  for (const text of lines) {
    const expected = { code: 'INVALID_ARGUMENT', message: /line 2/ }
    assert.throws(() => parseLockFile(`\n${text}\n`), expected, text)
  }
})

test('refuses a path twice', () => {
  assert.throws(() => parseLockFile(`${line('a')}\n${line('"a"')}`), { message: /line 2.*twice/ })
})

test('refuses paths that leave the repository', () => {
  for (const path of ['/etc', '../a', 'a/../../b', '.', 'a//b', '"a\\u0000"', '""', 'a/']) {
    assert.throws(() => parseLockFile(line(path)), { code: 'INVALID_ARGUMENT' }, path)
  }
})

test('says that a newer format is newer', () => {
  const text = `# mlstore lock 2: which version …\nsomething else\n`
  assert.throws(() => parseLockFile(text), { code: 'FORMAT_UNSUPPORTED' })
})
