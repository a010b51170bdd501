/** Editing equals rebuilding, reads little, writes only what is new. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Digest } from '../../../src/core/digest.ts'
import { buildTree, type TreeItem } from '../../../src/core/tree/build.ts'
import { editTree, editTreeAsync, type TreeChange } from '../../../src/core/tree/edit.ts'
import { emptyNodeDigest } from '../../../src/core/tree/node.ts'
import { reachNodes } from '../../../src/core/tree/reach.ts'
import { walkTree } from '../../../src/core/tree/walk.ts'
import {
  anyItems,
  AsyncMemoryNodes,
  build,
  directory,
  file,
  link,
  MemoryNodes,
  parentsOf,
} from '../../support/tree-arbitraries.ts'

const removed = (path: string): TreeChange => ({ kind: 'removed', path })
const name = (i: number): string => `f${String(i).padStart(6, '0')}`
const flat = (count: number): TreeItem[] =>
  Array.from({ length: count }, (_, i) => file(name(i), ''))

/** What the documentation of `editTree` says, on a plain list. */
function applied(items: readonly TreeItem[], changes: readonly TreeChange[]): TreeItem[] {
  const all = new Map<string, TreeItem>()
  for (const item of items) {
    for (const parent of parentsOf(item.path)) all.set(parent, directory(parent))
    all.set(item.path, item)
  }
  const drop = (path: string): void => {
    for (const other of all.keys()) {
      if (other === path || other.startsWith(`${path}/`)) all.delete(other)
    }
  }
  const set = (item: TreeItem): void => {
    if (item.kind !== 'directory' || all.get(item.path)?.kind !== 'directory') drop(item.path)
    all.set(item.path, item)
  }
  for (const change of changes) if (change.kind === 'removed') drop(change.path)
  for (const change of changes) {
    if (change.kind === 'removed') continue
    for (const parent of parentsOf(change.path)) set(directory(parent))
    set(change)
  }
  return [...all.values()]
}

/** Applies changes and checks everything that must hold of any edit. */
function checkEdit(items: readonly TreeItem[], changes: readonly TreeChange[]): MemoryNodes {
  const nodes = new MemoryNodes()
  const base = build(items, nodes)
  const old = new Set(nodes.bytes.keys())
  const fresh: Digest[] = []
  nodes.reads.length = 0
  const edited = editTree(nodes, base.root, changes, (digest, bytes) => {
    fresh.push(digest)
    nodes.sink(digest, bytes, { level: 0, entries: [] })
  })
  const reads = [...nodes.reads]
  const expected = build(applied(items, changes))
  assert.deepEqual(
    { root: edited.root, size: edited.size, files: base.files + edited.filesDelta },
    expected,
  )
  const all = Array.from(reachNodes(nodes, [edited.root]), ({ digest }) => digest)
  for (const digest of all) assert.ok(old.has(digest) || fresh.includes(digest))
  for (const digest of fresh) assert.ok(all.includes(digest), 'a node without use was written')
  nodes.reads.splice(0, Infinity, ...reads)
  return nodes
}

test('equals a rebuild, for any tree and any changes', () => {
  const anyChanges = fc.tuple(anyItems, anyItems, fc.array(fc.nat({ max: 1000 }), { maxLength: 8 }))
  fc.assert(
    fc.property(anyChanges, fc.boolean(), ([items, set, picks], hasBulk) => {
      const all = hasBulk ? [...flat(1500), ...items] : items
      const paths = all.flatMap((item) => [...parentsOf(item.path), item.path])
      const gone = picks.flatMap((pick) => paths[pick % Math.max(1, paths.length)] ?? [])
      checkEdit(all, [...set, ...gone.map(removed)])
    }),
    { numRuns: 100 },
  )
})

test('equals a rebuild when many names change among thousands', () => {
  const anyIndexes = fc.uniqueArray(fc.nat({ max: 5000 }), { maxLength: 200, size: 'max' })
  const anyRange = fc.tuple(fc.nat({ max: 5000 }), fc.nat({ max: 3000 }))
  fc.assert(
    fc.property(anyIndexes, anyIndexes, anyRange, (adds, removes, [start, length]) => {
      const range = Array.from({ length }, (_, i) => name(start + i))
      const changes = [
        ...adds.map((i) => file(`${name(i)}x`, 'new')),
        ...new Set([...removes.map(name), ...range].map((path) => path)),
      ].map((change) => (typeof change === 'string' ? removed(change) : change))
      checkEdit(flat(5000), changes)
    }),
    { numRuns: 15 },
  )
})

test('grows from nothing and shrinks to nothing through every level', () => {
  const names = flat(6000)
  const nodes = new MemoryNodes()
  const grown = editTree(nodes, undefined, names, nodes.sink)
  assert.deepEqual({ root: grown.root, size: 0, files: grown.filesDelta }, build(names))
  for (const left of [3000, 300, 2, 1, 0]) {
    const changes = names.slice(left).map((item) => removed(item.path))
    const edited = editTree(nodes, grown.root, changes, nodes.sink)
    assert.equal(edited.root, build(names.slice(0, left)).root)
    assert.equal(edited.filesDelta, left - names.length)
    checkEdit(names, changes)
    const regrown = editTree(nodes, edited.root, names.slice(left), nodes.sink)
    assert.equal(regrown.root, grown.root)
  }
})

test('reads and writes a node a level, or a few, for one file among a hundred thousand', () => {
  const nodes = new MemoryNodes()
  const items = Array.from({ length: 100_000 }, (_, i) => file(`d/${name(i)}`, ''))
  const { root } = build(items, nodes)
  const changes = [
    [file(`d/${name(54_321)}`, 'changed')],
    [file(`d/${name(54_321)}b`)],
    [removed(`d/${name(12_345)}`)],
    [file('d/zzz')],
    [file('d/a')],
  ]
  for (const change of changes) {
    let written = 0
    nodes.reads.length = 0
    editTree(nodes, root, change, () => {
      written += 1
    })
    assert.ok(nodes.reads.length <= 8, `${nodes.reads.length} reads`)
    assert.ok(written <= 6, `${written} nodes`)
  }
})

test('writes nothing when nothing changes', () => {
  const items = [file('a/b'), directory('c'), link('d', 'a/b'), ...flat(600)]
  const nodes = new MemoryNodes()
  const { root, size } = build(items, nodes)
  const changes = [file('a/b'), directory('c'), directory('a'), link('d', 'a/b'), removed('none/x')]
  const edited = editTree(nodes, root, changes, () => assert.fail('wrote a node'))
  assert.deepEqual(edited, { root, size, filesDelta: 0 })
  assert.equal(editTree(nodes, root, [], () => assert.fail()).root, root)
})

test('keeps a directory whose last file goes, and drops it when told', () => {
  checkEdit([file('a/b/c'), file('d')], [removed('a/b/c')])
  checkEdit([file('a/b/c'), file('d')], [removed('a/b')])
  checkEdit([file('a/b/c')], [removed('a')])
})

test('puts files in the place of directories and the other way round', () => {
  checkEdit([file('a/b/c'), file('a/d'), file('e')], [file('a')])
  checkEdit([file('a'), file('e')], [file('a/b/c')])
  checkEdit([file('a/b'), file('a/c')], [removed('a'), file('a/d')])
  checkEdit([link('a', 'e'), file('e')], [directory('a')])
  checkEdit(
    [file('a/b'), ...flat(2000).map((item) => ({ ...item, path: `a/${item.path}` }))],
    [link('a', 'e')],
  )
})

test('hands over the empty node when a new directory is empty', () => {
  const nodes = new MemoryNodes()
  assert.equal(editTree(nodes, undefined, [], nodes.sink).root, emptyNodeDigest)
  assert.ok(nodes.bytes.has(emptyNodeDigest))
  const { root } = editTree(nodes, emptyNodeDigest, [directory('a/b')], nodes.sink)
  assert.deepEqual(
    Array.from(walkTree(nodes, root), ({ path }) => path),
    ['a', 'a/b'],
  )
})

test('refuses changes that contradict each other or that no tree can hold', () => {
  const nodes = new MemoryNodes()
  const { root } = build([file('a/b')], nodes)
  const lists: readonly (readonly TreeChange[])[] = [
    [file('x'), file('x')],
    [file('x'), directory('x')],
    [file('x'), file('x/y')],
    [file('a/b/c'), link('a', 'q')],
    [removed('')],
    [removed('../a')],
    [link('l', '/etc')],
    [{ ...file('x'), size: Number.NaN }],
  ]
  for (const changes of lists) {
    assert.throws(() => editTree(nodes, root, changes, nodes.sink), { code: 'INVALID_ARGUMENT' })
  }
})

test('gives the same through a source that takes its time', async () => {
  const nodes = new MemoryNodes()
  const { root } = build(flat(3000), nodes)
  const changes = [file(name(1500), 'x'), removed(name(7)), file('d/e')]
  const source = new AsyncMemoryNodes(nodes)
  const later = await editTreeAsync(source, root, changes, nodes.sink)
  assert.deepEqual(later, editTree(nodes, root, changes, nodes.sink))
})

test('edits equal rebuilds one after another, on the nodes of earlier edits', () => {
  const anyStep = fc.array(fc.tuple(fc.nat({ max: 3000 }), fc.boolean()), {
    minLength: 1,
    maxLength: 30,
  })
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 6 }), (steps) => {
      const nodes = new MemoryNodes()
      const present = new Map(flat(1500).map((item) => [item.path, item]))
      let { root } = buildTree(present.values(), nodes.sink)
      for (const step of steps) {
        const picked = new Map(step.map(([i, isRemoved]) => [name(i), isRemoved]))
        const changes = Array.from(picked, ([path, isRemoved]) =>
          isRemoved ? removed(path) : file(path, 'changed'),
        )
        for (const change of changes) {
          if (change.kind === 'removed') present.delete(change.path)
          else present.set(change.path, change)
        }
        root = editTree(nodes, root, changes, nodes.sink).root
        assert.equal(root, build(present.values()).root)
      }
    }),
    { numRuns: 15 },
  )
})
