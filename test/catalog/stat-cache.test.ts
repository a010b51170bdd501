/** The stat cache gives back what it was given, a folder at a time. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { openCatalog } from '../../src/catalog/open-catalog.ts'
import { digestOf } from '../../src/core/digest.ts'
import type { StatCache, StatRow } from '../../src/ports/stat-cache.ts'

const open = (): StatCache => openCatalog('/nowhere/index.sqlite', { inMemory: true }).stats

const rowOf = (seed: string): StatRow => ({
  sizeBytes: 2 ** 45,
  mtimeNs: 1_763_700_000_123_456_789n,
  ctimeNs: -1n,
  inode: 2n ** 64n - 1n,
  digest: digestOf(Buffer.from(seed)),
})

function plain(rows: ReadonlyMap<string, StatRow>): Map<string, StatRow> {
  return new Map(
    [...rows].map(([path, { sizeBytes, mtimeNs, ctimeNs, inode, digest }]) => [
      path,
      { sizeBytes, mtimeNs, ctimeNs, inode, digest },
    ]),
  )
}

test('gives back every field of a row, whatever its size', () => {
  const cache = open()
  cache.put([['/data/a', rowOf('a')]])
  assert.deepEqual(cache.get('/data/a'), rowOf('a'))
  assert.deepEqual(plain(cache.below('/data')), new Map([['a', rowOf('a')]]))
  assert.equal(cache.get('/data/b'), undefined)
})

test('lists what is below a folder and not what only begins like it', () => {
  const cache = open()
  const paths = ['/d', '/d/a', '/d/e/f', '/d-x/a', '/d0', '/da', '/c/d/a']
  cache.put(paths.map((path) => [path, rowOf(path)]))
  assert.deepEqual([...cache.below('/d').keys()], ['', 'a', 'e/f'])
  assert.deepEqual([...cache.below('/d/e').keys()], ['f'])
  assert.deepEqual([...cache.below('/d/a').keys()], [''])
  assert.equal(cache.below('/').size, paths.length)
})

test('replaces and forgets rows', () => {
  const cache = open()
  cache.put([
    ['/a', rowOf('old')],
    ['/b', rowOf('b')],
  ])
  cache.put([['/a', rowOf('new')]])
  cache.forget(['/b', '/never'])
  assert.equal(cache.get('/a')?.digest, rowOf('new').digest)
  assert.equal(cache.get('/b'), undefined)
})

test('lists more rows than one block holds', () => {
  const cache = open()
  const paths = Array.from({ length: 20_000 }, (_, i) => `/data/${i}`)
  const row = rowOf('same')
  cache.put(paths.map((path) => [path, row]))
  const rows = cache.below('/data')
  assert.equal(rows.size, paths.length)
  assert.deepEqual(new Set(rows.keys()), new Set(paths.map((path) => path.slice(6))))
})

test('keeps any name a file can have', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[/\0]/.test(text))
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 20 }), (names) => {
      const cache = open()
      cache.put(names.map((each) => [`/f/${each}`, rowOf(each)]))
      const expected = new Map(names.map((each) => [each, rowOf(each)]))
      assert.deepEqual(plain(cache.below('/f')), expected)
    }),
    { numRuns: 30 },
  )
})
