/** References: reading them is the inverse of writing them. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isArtifactName, isLabel } from '../../src/core/names.ts'
import { formatReference, generatedLabel, parseReference } from '../../src/core/reference.ts'

test('reads artifact, selector and path', () => {
  assert.deepEqual(parseReference('model/resnet'), { artifact: 'model/resnet' })
  assert.deepEqual(parseReference('a/b/c@prod'), { artifact: 'a/b/c', selector: 'prod' })
  assert.deepEqual(parseReference('a/b:dir/x'), { artifact: 'a/b', path: 'dir/x' })
  assert.deepEqual(parseReference('a/b@v1:x/y z'), {
    artifact: 'a/b',
    selector: 'v1',
    path: 'x/y z',
  })
  assert.deepEqual(parseReference('a/b@latest'), { artifact: 'a/b', selector: 'latest' })
})

test('takes colons and at-signs inside the path', () => {
  assert.deepEqual(parseReference('a/b:x@y:z'), { artifact: 'a/b', path: 'x@y:z' })
  assert.deepEqual(parseReference('a/b@v:@:'), { artifact: 'a/b', selector: 'v', path: '@:' })
})

test('drops what names nothing: a trailing colon, trailing slashes', () => {
  assert.deepEqual(parseReference('a/b:'), { artifact: 'a/b' })
  assert.deepEqual(parseReference('a/b:dir//'), { artifact: 'a/b', path: 'dir' })
})

test('refuses what is no reference', () => {
  const texts = ['', 'resnet', 'a/b@', 'a/b@:x', 'a/b@v/x', '@v', ':x', 'a/b:/x', 'a/b:..', 'a/b:/']
  for (const text of texts) {
    assert.throws(() => parseReference(text), { code: 'INVALID_ARGUMENT' }, text)
  }
})

test('reads back every reference it writes', () => {
  const segment = fc.string({ unit: 'grapheme', minLength: 1 })
  const artifact = fc
    .array(segment, { minLength: 2, maxLength: 3 })
    .map((segments) => segments.join('/'))
    .filter(isArtifactName)
  const path = fc.array(fc.stringMatching(/^[a-z:@ ]{1,5}$/), { minLength: 1, maxLength: 3 })
  const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
    fc.option(value, { nil: undefined })
  fc.assert(
    fc.property(
      artifact,
      optional(segment.filter(isLabel)),
      optional(path),
      (name, label, names) => {
        const reference = {
          artifact: name,
          ...(label === undefined ? {} : { selector: label }),
          ...(names === undefined ? {} : { path: names.join('/') }),
        }
        assert.deepEqual(parseReference(formatReference(reference)), reference)
      },
    ),
  )
})

test('labels a version without a label by its UTC second', () => {
  assert.equal(generatedLabel(new Date('2026-01-02T03:04:05.999Z')), '2026-01-02-03-04-05')
})
