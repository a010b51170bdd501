/** Every part of a package's name is part of its identity, and can be read back. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { PackageName } from '../../../src/core/packages/package.ts'
import {
  checkPackageName,
  checkPackageVersion,
  checkProperties,
  packageArtifact,
  packageLabel,
  packageOfArtifact,
  versionOfLabel,
} from '../../../src/core/packages/package-names.ts'
import { MlstoreError } from '../../../src/errors.ts'

const anyName = fc
  .array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,8}$/), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('.'))
const anyRepository = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
  fc.constantFrom('main', 'a/b', 'a%2Fb', 's3://bucket/prefix', '%', '..', ' x ', 'ü', 'u\u0308'),
)
const anyPackage: fc.Arbitrary<PackageName> = fc.record({
  kind: fc.constantFrom('model', 'dataset'),
  repository: anyRepository,
  namespace: fc.option(anyName, { nil: undefined }),
  name: anyName,
})

const defined = (name: PackageName): string => JSON.stringify({ ...name })

const refused = (work: () => void): void => {
  assert.throws(work, (error) => error instanceof MlstoreError && error.code === 'INVALID_ARGUMENT')
}

test('the artifact of a package gives every part of its name back', () => {
  fc.assert(
    fc.property(anyPackage, (name) => {
      checkPackageName(name)
      const back = packageOfArtifact(packageArtifact(name))
      assert.ok(back)
      assert.deepEqual({ ...back, namespace: back.namespace }, { ...name })
    }),
  )
})

test('two packages that differ in any part are two artifacts', () => {
  fc.assert(
    fc.property(anyPackage, anyPackage, (a, b) => {
      assert.equal(packageArtifact(a) === packageArtifact(b), defined(a) === defined(b))
    }),
  )
  const parts = { kind: 'model', name: 'c' } as const
  assert.notEqual(
    packageArtifact({ ...parts, repository: 'a', namespace: 'b' }),
    packageArtifact({ ...parts, repository: 'a/b' }),
  )
})

test('every version is a label and is read back from it', () => {
  fc.assert(
    fc.property(anyName, (version) => {
      checkPackageVersion(version)
      assert.equal(versionOfLabel(packageLabel(version)), version)
    }),
  )
  for (const version of ['latest', '20240131', 'deadbeef', '1.0']) {
    assert.equal(versionOfLabel(packageLabel(version)), version)
  }
})

test('names are letters, digits, hyphens and underscores between single dots', () => {
  const good = { repository: 'r', name: 'a.b-c_1', namespace: 'x' }
  checkPackageName(good)
  const withOther = (other: object): typeof good => ({ ...good, ...other })
  refused(() => checkPackageName(withOther({ repository: undefined })))
  refused(() => checkPackageName(withOther({ name: undefined })))
  for (const name of ['', '.', 'a.', '.a', 'a..b', 'a/b', 'a b', 'ü', 'a\n', 'x'.repeat(61)]) {
    refused(() => checkPackageName({ ...good, name }))
    refused(() => checkPackageName({ ...good, namespace: name }))
    refused(() => checkPackageVersion(name))
    refused(() => checkProperties({ [name]: 'a' }))
  }
  refused(() => checkPackageName({ ...good, repository: '' }))
  checkPackageVersion('x'.repeat(60))
})

test('values of properties may have slashes, or be arrays of numbers', () => {
  for (const value of ['a/b.c', '[1, 2]', '[[-1.5],[2]]']) checkProperties({ key: value })
  for (const value of ['', '/a', 'a//b', 'a b', '[x]', '1]', 'x'.repeat(61)]) {
    refused(() => checkProperties({ key: value }))
  }
})

test('a repository whose name is too long to be kept is refused', () => {
  refused(() => packageArtifact({ kind: 'model', repository: '/'.repeat(150), name: 'a' }))
})

test('an artifact of another kind is no package', () => {
  for (const artifact of ['model/a', 'run/a/b', 'model/a/b/c/d']) {
    assert.equal(packageOfArtifact(artifact), undefined)
  }
})
