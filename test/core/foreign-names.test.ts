/** Names of other tools become names that mlstore takes, and can be read back. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  decodeForeignName,
  foreignAlias,
  foreignArtifact,
  foreignKey,
  foreignLabel,
} from '../../src/core/foreign-names.ts'

const anyName = fc.string({ unit: 'binary', maxLength: 40 })
const oddName = fc
  .array(fc.constantFrom('a', '%', '4', '1', '/', ' ', '\n', ':', 'é', 'e\u0301', '\ud800', '.'))
  .map((characters) => characters.join(''))

test('leaves a name alone that mlstore takes', () => {
  assert.equal(foreignKey('metric', 'val/acc @ 50% {k=v}'), 'val/acc @ 50% {k=v}')
  assert.equal(foreignArtifact('model', 'nlp/bert base'), 'model/nlp/bert base')
  assert.equal(foreignLabel('v1.0'), 'v1.0')
  assert.equal(foreignAlias('champion'), 'champion')
})

test('writes what is forbidden as the bytes of its UTF-8', () => {
  assert.equal(foreignKey('tag', 'two\nlines'), 'two%0Alines')
  assert.equal(foreignArtifact('model', 'a:b?'), 'model/a%3Ab%3F')
  assert.equal(foreignArtifact('model', ' x '), 'model/%20x%20')
  assert.equal(foreignArtifact('model', '..'), 'model/%2E%2E')
  assert.equal(foreignArtifact('model', 'a/b', true), 'model/a%2Fb')
  assert.equal(foreignAlias('latest'), '%6Catest')
  assert.equal(foreignLabel('deadbeef'), '%64eadbeef')
  assert.equal(foreignKey('tag', '100%25'), '100%2525')
})

test('cuts a name that is too long, and tells two such names apart', () => {
  const [one, two] = ['a', 'b'].map((end) => foreignKey('metric', 'x'.repeat(300) + end))
  assert.equal(one?.length, 250)
  assert.notEqual(one, two)
})

test('every key, label, alias and artifact can be read back', () => {
  for (const name of [anyName, oddName]) {
    fc.assert(
      fc.property(name, (text) => {
        assert.equal(decodeForeignName(foreignKey('metric', text)), text)
        assert.equal(decodeForeignName(foreignLabel(text)), text)
        assert.equal(decodeForeignName(foreignAlias(text)), text)
        const flat = foreignArtifact('model', text, true).slice('model/'.length)
        assert.equal(decodeForeignName(flat), text)
      }),
    )
  }
})
