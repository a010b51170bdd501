/** Every part counts, and can be read back. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  bucketAlias,
  bucketArtifact,
  bucketPath,
  givenAlias,
  partsOfBucketArtifact,
} from '../../src/core/bucket-names.ts'
import { digestOf } from '../../src/core/digest.ts'

/** Short enough that no name has to be cut. */
const anyText = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' })
const parts = fc
  .record({ type: anyText, project: anyText, name: anyText })
  .filter(({ type }) => type !== 'run')

test('the parts of an artifact are read back as they were, whatever they hold', () => {
  fc.assert(
    fc.property(parts, (given) => {
      assert.deepEqual(partsOfBucketArtifact(bucketArtifact(given)), { ...given })
    }),
  )
})

test('different parts are different artifacts', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const isSame =
        one.type === other.type && one.project === other.project && one.name === other.name
      assert.equal(bucketArtifact(one) === bucketArtifact(other), isSame)
    }),
  )
})

test('an alias is read back as it was, also one that reads as a digest', () => {
  fc.assert(fc.property(anyText, (alias) => assert.equal(givenAlias(bucketAlias(alias)), alias)))
  const hash = digestOf(Buffer.from('config'))
  assert.equal(givenAlias(bucketAlias(hash)), hash)
  assert.notEqual(bucketAlias(hash), hash)
})

test('a plain name stays as it is, and a slash does not separate', () => {
  const given = { type: 'model', project: 'vision', name: 'resnet' }
  assert.equal(bucketArtifact(given), 'model/vision/resnet')
  assert.equal(bucketArtifact({ ...given, name: 'a/b' }), 'model/vision/a%2Fb')
  assert.equal(partsOfBucketArtifact(bucketArtifact({ ...given, name: 'a/b' }))?.name, 'a/b')
})

test('the path of an artifact leads nowhere else', () => {
  assert.equal(bucketPath('model', 'resnet', 'v1'), 'model/resnet/v1')
  assert.equal(bucketPath('..', '/etc', '../..'), '%2E%2E/%2Fetc/..%2F..')
})

test('an empty part and the type of runs are refused', () => {
  const given = { type: 'model', project: 'vision', name: 'resnet' }
  for (const wrong of [{ type: '' }, { project: '' }, { name: '' }, { type: 'run' }]) {
    assert.throws(() => bucketArtifact({ ...given, ...wrong }), { code: 'INVALID_ARGUMENT' })
  }
  assert.throws(() => bucketAlias(''), { code: 'INVALID_ARGUMENT' })
})
