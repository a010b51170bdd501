/** `withoutCollisions` loses no file, and what it gives is a tree. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import { withoutCollisions } from '../../../src/core/runs/draft-tree.ts'
import { buildTree, type TreeFile } from '../../../src/core/tree/build.ts'

function fileAt(path: string): TreeFile {
  return { kind: 'file', path, digest: digestOf(Buffer.from(path)), size: path.length }
}

function namesOf(...paths: readonly string[]): string[] {
  return withoutCollisions(paths.map(fileAt)).map(({ path }) => path)
}

test('a file that is in the way of a folder gets a name that no other has', () => {
  assert.deepEqual(namesOf('a', 'b/c'), ['a', 'b/c'])
  assert.deepEqual(namesOf('a', 'a/b', 'a/b/c'), ['a~file', 'a/b~file', 'a/b/c'])
  assert.deepEqual(namesOf('a', 'a/b', 'a~file'), ['a~file~file', 'a/b', 'a~file'])
})

test('any draft becomes a tree of as many files', () => {
  const name = fc.constantFrom('a', 'b', 'a~file', 'c')
  const paths = fc.uniqueArray(
    fc.array(name, { minLength: 1, maxLength: 4 }).map((n) => n.join('/')),
  )
  fc.assert(
    fc.property(paths, (all) => {
      const tree = buildTree(withoutCollisions(all.map(fileAt)), () => undefined)
      assert.equal(tree.files, all.length)
    }),
  )
})
