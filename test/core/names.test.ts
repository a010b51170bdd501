/** Names: what is taken, what is refused, and that nothing dangerous slips through. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'

import {
  assertEntryName,
  entryNameProblem,
  isAliasName,
  isArtifactName,
  isDigestPrefix,
  isLabel,
  isSafeLinkTarget,
  parseAliasName,
  parseArtifactName,
  parseLabel,
  parseRemoteName,
  parseTagKey,
  splitTreePath,
  windowsUnsafe,
} from '../../src/core/names.ts'

const refused = { code: 'INVALID_ARGUMENT' }

test('takes names of two and more segments in any script', () => {
  for (const name of [
    'model/resnet',
    'dataset/nlp/squad v2',
    'modèle/日本語/🦜',
    'a/...',
    'a/b  c',
  ]) {
    assert.equal(parseArtifactName(name), name)
  }
})

test('refuses artifact names that references, paths or people would misread', () => {
  const names = ['', 'model', '/model', 'model/', 'a//b', 'a/.', 'a/..', '../a', 'a/ b', 'a/b ']
  const characters = Array.from(
    '\\:@?*"<>|\0\n\t\u007f\u0085\u2028',
    (character) => `a/b${character}c`,
  )
  const unicode = ['a/e\u0301', 'a/\ud800', `a/${'x'.repeat(201)}`]
  for (const name of [...names, ...characters, ...unicode]) {
    assert.equal(isArtifactName(name), false, JSON.stringify(name))
    assert.throws(() => parseArtifactName(name), refused)
  }
})

test('counts characters, not UTF-16 units', () => {
  assert.equal(isArtifactName(`a/${'🦜'.repeat(200)}`), true)
  assert.equal(isArtifactName(`a/${'🦜'.repeat(201)}`), false)
})

test('quotes the bad name and says which rule it breaks', () => {
  assert.throws(() => parseArtifactName('a/b@c'), { message: /"a\/b@c".*"b@c".*contains @/ })
})

test('takes labels and aliases of one segment', () => {
  for (const name of ['v1', 'prod', '2026-11-21-04-44-50', 'deadbee', 'deadbeefs', 'Latest']) {
    assert.equal(parseLabel(name), name)
    assert.equal(parseAliasName(name), name)
  }
})

test('refuses labels and aliases that would mean two things', () => {
  for (const name of [
    'latest',
    'deadbeef',
    '20261121',
    'DEADBEEF',
    'a'.repeat(64),
    'a/b',
    'a:b',
    '',
  ]) {
    assert.equal(isLabel(name), false)
    assert.equal(isAliasName(name), false)
    assert.throws(() => parseLabel(name), refused)
    assert.throws(() => parseAliasName(name), refused)
  }
})

test('takes 8 to 64 lowercase hex digits as a digest prefix', () => {
  const texts = ['0123abcd', 'f'.repeat(64), '0123abc', 'f'.repeat(65), '0123ABCD']
  assert.deepEqual(texts.map(isDigestPrefix), [true, true, false, false, false])
})

test('takes tag keys with any visible characters', () => {
  for (const key of ['stage', 'mlflow.note.content', 'a/b:c@d', ' ', 'x'.repeat(250)]) {
    assert.equal(parseTagKey(key), key)
  }
  for (const key of ['', 'a\nb', 'x'.repeat(251), '\ud800']) {
    assert.throws(() => parseTagKey(key), refused)
  }
})

test('takes remote names without a slash', () => {
  assert.equal(parseRemoteName('origin'), 'origin')
  assert.throws(() => parseRemoteName('a/b'), refused)
})

test('takes every file name that a POSIX file system can hold as UTF-8', () => {
  for (const name of ['a', '...', ' ', 'e\u0301', '\n', 'C:\\x', '-rf', '\u007f', 'con']) {
    assert.equal(entryNameProblem(name), undefined)
  }
  for (const name of ['', '.', '..', 'a/b', '/', 'a\0', '\udfff']) {
    assert.throws(() => assertEntryName(name, 'node'), { code: 'CORRUPT' })
  }
})

test('splits relative paths and refuses the others', () => {
  assert.deepEqual(splitTreePath('a/b c/.d'), ['a', 'b c', '.d'])
  for (const path of ['', '/', '/a', 'a/', 'a//b', 'a/../b', './a', 'a/\0']) {
    assert.throws(() => splitTreePath(path), refused, path)
  }
})

test('reports names that Windows takes for something else', () => {
  const unsafe = [
    'CON',
    'con.txt',
    'Nul .x',
    'com1',
    'LPT9.tar.gz',
    'COM²',
    'CONOUT$',
    'AUX.',
    'a.',
    'a ',
  ]
  for (const name of [...unsafe, 'a:b', 'a\\b', 'a?', 'a\tb', '<', '"']) {
    assert.notEqual(windowsUnsafe(name), undefined, name)
  }
  for (const name of ['console', 'com10', 'nul-1', '.con', 'a.con', 'lpt', 'é', 'com']) {
    assert.equal(windowsUnsafe(name), undefined, name)
  }
})

test('judges links by where their text leads', () => {
  const safe: [string, string][] = [
    ['a', 'b'],
    ['a', '.'],
    ['d/a', '..'],
    ['d/e/a', '../../x/../y'],
    ['a', 'b//c/'],
  ]
  const unsafe: [string, string][] = [
    ['a', '..'],
    ['a', '/etc/passwd'],
    ['a', ''],
    ['d/a', '../../x'],
    ['a', 'b/../../c'],
    ['a', 'b\0'],
  ]
  for (const [path, target] of safe) assert.equal(isSafeLinkTarget(path, target), true, target)
  for (const [path, target] of unsafe) assert.equal(isSafeLinkTarget(path, target), false, target)
})

test('agrees with path arithmetic on every link it calls safe', () => {
  const name = fc.constantFrom('..', '.', 'a', 'b', '')
  const path = fc.array(fc.constantFrom('x', 'y'), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(path, fc.array(name, { maxLength: 6 }), (linkPath, target) => {
      const link = linkPath.join('/')
      if (!isSafeLinkTarget(link, target.join('/'))) return
      const end = posix.join('/root', posix.dirname(link), target.join('/'))
      assert.match(`${end}/`, /^\/root\//)
    }),
  )
})
