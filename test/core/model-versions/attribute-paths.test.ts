/** Paths of attributes and of files are each other's. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  attributeOfFile,
  fileOfAttribute,
  hiddenPrefixes,
  isAtOrBelow,
  isExcluded,
  parseAttributePath,
  parseNamespace,
} from '../../../src/core/model-versions/attribute-paths.ts'

const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => /^[^/\0]+$/.test(text))
const path = fc
  .array(
    name.filter((text) => text !== '.' && text !== '..'),
    { minLength: 1, maxLength: 4 },
  )
  .map((names) => names.join('/'))

test('a file of a folder comes back from its attribute, for every namespace', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constant(''), path), path, (namespace, file) => {
      const attribute = attributeOfFile(namespace, file)
      assert.equal(parseAttributePath(attribute), attribute)
      assert.equal(fileOfAttribute(namespace, attribute), file)
      assert.ok(namespace === '' || isAtOrBelow(namespace, attribute))
    }),
  )
})

test('a namespace matches whole names only', () => {
  assert.equal(fileOfAttribute('model/a', 'model/ab/x'), undefined)
  assert.equal(fileOfAttribute('model/a', 'model/a'), undefined)
  assert.equal(fileOfAttribute('model/a', 'model/a/x'), 'x')
  assert.equal(isAtOrBelow('model/a', 'model/ab'), false)
})

test('slashes at the ends mean nothing, and what no tree holds is refused', () => {
  assert.equal(parseAttributePath('/model/card/'), 'model/card')
  assert.equal(parseNamespace('/'), '')
  for (const bad of ['', '/', 'a//b', '../a', 'a/./b', 'a\0']) {
    assert.throws(() => parseAttributePath(bad), { code: 'INVALID_ARGUMENT' }, bad)
  }
})

test('hidden files and those in hidden folders are left out, unless nothing is', () => {
  for (const file of ['.env', '__init__.py', 'a/__pycache__/b.pyc', '.git/config']) {
    assert.equal(isExcluded(file, hiddenPrefixes), true, file)
    assert.equal(isExcluded(file, []), false, file)
  }
  assert.equal(isExcluded('a/b_.c', hiddenPrefixes), false)
})
