/** Walking, looking up and reaching: every path once, in order, and no node that is not needed. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Digest, digestOf } from '../../../src/core/digest.ts'
import type { TreeItem } from '../../../src/core/tree/build.ts'
import { lookupPath, lookupPathAsync } from '../../../src/core/tree/lookup.ts'
import { comparePaths } from '../../../src/core/tree/name-order.ts'
import { encodeNode, type TreeNode } from '../../../src/core/tree/node.ts'
import { reachNodes, reachNodesAsync } from '../../../src/core/tree/reach.ts'
import {
  type PathEntry,
  type PathFilter,
  walkTree,
  walkTreeAsync,
} from '../../../src/core/tree/walk.ts'
import {
  anyItems,
  AsyncMemoryNodes,
  build,
  collect,
  directory,
  file,
  link,
  MemoryNodes,
} from '../../support/tree-arbitraries.ts'

const paths = (entries: Iterable<PathEntry>): string[] => Array.from(entries, ({ path }) => path)

const many: readonly TreeItem[] = Array.from({ length: 4000 }, (_, i) =>
  file(`many/f${String(i).padStart(5, '0')}`, String(i % 10)),
)

/** Puts a hand-made node among the others. */
function put(nodes: MemoryNodes, node: TreeNode): Digest {
  const bytes = encodeNode(node)
  const digest = digestOf(bytes)
  nodes.bytes.set(digest, bytes)
  return digest
}

test('gives paths in tree order, directories before what is in them', () => {
  const nodes = new MemoryNodes()
  const { root } = build(
    [file('b'), file('a/y'), directory('a/x'), file('a-b'), link('c', 'b')],
    nodes,
  )
  assert.deepEqual(paths(walkTree(nodes, root)), ['a', 'a/x', 'a/y', 'a-b', 'b', 'c'])
})

test('gives everything in order however many nodes are read ahead, at once or after a while', async () => {
  await fc.assert(
    fc.asyncProperty(anyItems, fc.integer({ min: 1, max: 5 }), async (items, nodesAhead) => {
      const nodes = new MemoryNodes()
      const { root } = build([...items, ...many.slice(0, 700)], nodes)
      const walked = [...walkTree(nodes, root)]
      assert.deepEqual(
        walked.toSorted((a, b) => comparePaths(a.path, b.path)),
        walked,
      )
      assert.deepEqual([...walkTree(nodes, root, { nodesAhead })], walked)
      const source = new AsyncMemoryNodes(nodes)
      assert.deepEqual(await collect(walkTreeAsync(source, root, { nodesAhead })), walked)
      assert.ok(source.requests.every((count) => count <= nodesAhead))
    }),
    { numRuns: 10 },
  )
})

test('finds at each path what a walk gives there, and nothing elsewhere', async () => {
  await fc.assert(
    fc.asyncProperty(anyItems, async (items) => {
      const nodes = new MemoryNodes()
      const { root } = build([...items, ...many.slice(0, 300)], nodes)
      for (const { path, entry } of walkTree(nodes, root)) {
        assert.deepEqual(lookupPath(nodes, root, path), entry)
        assert.equal(lookupPath(nodes, root, `${path}/none`), undefined)
        assert.equal(lookupPath(nodes, root, `${path}\u0001`), undefined)
      }
      assert.equal(await lookupPathAsync(new AsyncMemoryNodes(nodes), root, 'zzz'), undefined)
    }),
    { numRuns: 5 },
  )
})

test('looks up one path among thousands with one node a level', () => {
  const nodes = new MemoryNodes()
  const { root } = build(many, nodes)
  nodes.reads.length = 0
  assert.equal(lookupPath(nodes, root, 'many/f01654')?.kind, 'file')
  assert.equal(nodes.reads.length, 3)
})

test('walks one directory, one file or one level', () => {
  const nodes = new MemoryNodes()
  const { root } = build([file('a/b/c'), file('a/d'), directory('e'), file('f')], nodes)
  assert.deepEqual(paths(walkTree(nodes, root, { under: 'a' })), ['a/b', 'a/b/c', 'a/d'])
  assert.deepEqual(paths(walkTree(nodes, root, { under: 'a/d' })), ['a/d'])
  assert.deepEqual(paths(walkTree(nodes, root, { under: 'e' })), [])
  assert.deepEqual(paths(walkTree(nodes, root, { recursive: false })), ['a', 'e', 'f'])
  assert.deepEqual(paths(walkTree(nodes, root, { under: 'a', recursive: false })), ['a/b', 'a/d'])
  assert.throws(() => [...walkTree(nodes, root, { under: 'a/x' })], { code: 'NOT_FOUND' })
  assert.throws(() => [...walkTree(nodes, root, { under: '../a' })], { code: 'INVALID_ARGUMENT' })
})

test('reads only the nodes that can hold a wanted path', () => {
  const nodes = new MemoryNodes()
  const { root } = build([...many, file('other/a'), file('z')], nodes)
  const wanted = 'many/f02500'
  const filter: PathFilter = {
    includes: (path) => path === wanted,
    mayBeIn: (path) => path === '' || path === 'many',
    mayBeBetween: (_directory, after, last) => 'f02500' <= last && !(after && 'f02500' <= after),
  }
  nodes.reads.length = 0
  const found = [...walkTree(nodes, root, { filter })]
  assert.deepEqual(paths(found), [wanted])
  assert.equal(nodes.reads.length, 3)
})

test('tells the filter where each node begins and ends', () => {
  const nodes = new MemoryNodes()
  const { root } = build(many, nodes)
  let previous: string | undefined
  const filter: PathFilter = {
    includes: () => true,
    mayBeIn: () => true,
    mayBeBetween: (folder, after, last) => {
      assert.equal(folder, 'many')
      assert.equal(after, previous)
      previous = last
      return true
    },
  }
  assert.equal([...walkTree(nodes, root, { filter })].length, many.length + 1)
  assert.equal(previous, 'f03999')
})

test('reaches every node once, and none that is known', async () => {
  const nodes = new MemoryNodes()
  const twins = ['x', 'y'].flatMap((top) =>
    many.map((item) => ({ ...item, path: `${top}/${item.path}` })),
  )
  const { root } = build(twins, nodes)
  const reached = Array.from(reachNodes(nodes, [root, root]), ({ digest }) => digest)
  assert.deepEqual(reached.toSorted(), [...nodes.bytes.keys()].toSorted())

  const source = new AsyncMemoryNodes(nodes)
  const reachedLater = await collect(reachNodesAsync(source, [root]))
  assert.equal(reachedLater.length, reached.length)
  assert.ok(source.requests.length <= 5, `${source.requests.length} requests`)

  const old = new Set(reached)
  const next = build([...twins, file('x/many/f02500b')], nodes)
  const fresh = [...reachNodes(nodes, [next.root], { isKnown: (digest) => old.has(digest) })]
  assert.ok(fresh.length <= 5, `${fresh.length} nodes`)
})

test('refuses a link that leads outside', () => {
  const nodes = new MemoryNodes()
  const inner = put(nodes, { level: 0, entries: [{ kind: 'link', name: 'l', target: '../../x' }] })
  const root = put(nodes, {
    level: 0,
    entries: [{ kind: 'directory', name: 'd', digest: inner, size: 0 }],
  })
  assert.throws(() => [...walkTree(nodes, root)], { code: 'CORRUPT' })
  assert.throws(() => lookupPath(nodes, root, 'd/l'), { code: 'CORRUPT' })
})

test('refuses nodes that are not what the node above says', () => {
  const nodes = new MemoryNodes()
  const leaf = (...names: string[]): Digest =>
    put(nodes, {
      level: 0,
      entries: names.map((name) => ({
        kind: 'file',
        name,
        digest: digestOf(Buffer.of(1)),
        size: 1,
        exec: false,
      })),
    })
  const parent = (level: number, ...children: [string, number, Digest][]): Digest =>
    put(nodes, {
      level,
      entries: children.map(([name, size, digest]) => ({ kind: 'node', name, size, digest })),
    })
  const good = parent(1, ['b', 2, leaf('a', 'b')], ['d', 2, leaf('c', 'd')])
  assert.equal([...walkTree(nodes, good)].length, 4)

  const overlap: [string, number, Digest][] = [
    ['b', 2, leaf('a', 'b')],
    ['c', 2, leaf('b', 'c')],
  ]
  const forged = {
    'a name in two nodes': parent(1, ...overlap),
    'a name in two nodes of two parents': parent(
      2,
      ['b', 2, parent(1, ['b', 2, leaf('a', 'b')])],
      ['c', 2, parent(1, ['c', 2, leaf('b', 'c')])],
    ),
    'a wrong size': parent(1, ['b', 3, leaf('a', 'b')]),
    'a wrong last name': parent(1, ['c', 2, leaf('a', 'b')]),
    'a wrong level': parent(2, ['b', 2, leaf('a', 'b')]),
    'a wrong size of a directory': put(nodes, {
      level: 0,
      entries: [{ kind: 'directory', name: 'd', digest: leaf('a'), size: 2 }],
    }),
  }
  for (const [what, root] of Object.entries(forged)) {
    assert.throws(() => [...walkTree(nodes, root)], { code: 'CORRUPT' }, what)
  }
})

test('lets an error of the source through', async () => {
  const nodes = new MemoryNodes()
  const { root } = build([file('a/b')], nodes)
  const lost = [...nodes.bytes.keys()].find((digest) => digest !== root)
  if (lost !== undefined) nodes.bytes.delete(lost)
  assert.throws(() => [...walkTree(nodes, root)], /no node/)
  await assert.rejects(collect(walkTreeAsync(new AsyncMemoryNodes(nodes), root)), /no node/)
})
