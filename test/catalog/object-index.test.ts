/** The index of local objects keeps its contract, in SQLite and in memory. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { openCatalog } from '../../src/catalog/open-catalog.ts'
import { digestOf, parseDigest } from '../../src/core/digest.ts'
import { objectIndexContract } from '../contracts/object-index.ts'
import { MemoryObjectIndex } from '../support/memory-object-index.ts'

const inMemory = { inMemory: true }

objectIndexContract('the catalog', () => openCatalog('/nowhere/index.sqlite', inMemory).objects)
objectIndexContract('memory', () => new MemoryObjectIndex())

test('tells digests apart that begin with the same 48 bits', () => {
  const index = openCatalog('/nowhere/index.sqlite', inMemory).objects
  const [first, second] = ['1', '2'].map((end) => parseDigest(end.padStart(64, 'a')))
  assert.ok(first && second)
  const object = { kind: 1, encoding: 0, storedBytes: 1, sizeBytes: 1 }
  const objects = [
    { ...object, digest: first, offset: 8 },
    { ...object, digest: second, offset: 9 },
  ]
  index.addPack({ id: digestOf(Buffer.of()).slice(0, 32), sizeBytes: 10 }, objects, [])
  assert.equal(index.find(first)?.offset, 8)
  assert.equal(index.find(second)?.offset, 9)
  assert.equal(index.find(parseDigest('3'.padStart(64, 'a'))), undefined)
})
