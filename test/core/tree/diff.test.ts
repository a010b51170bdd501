/** Comparing: equals what two lists say, whatever the nodes, and reads only what differs. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Digest, digestOf } from '../../../src/core/digest.ts'
import type { TreeItem } from '../../../src/core/tree/build.ts'
import { diffTrees, diffTreesAsync, type TreeDiff } from '../../../src/core/tree/diff.ts'
import { comparePaths } from '../../../src/core/tree/name-order.ts'
import { encodeNode, type NodeEntry, nodeSize } from '../../../src/core/tree/node.ts'
import { walkTree } from '../../../src/core/tree/walk.ts'
import {
  anyItems,
  AsyncMemoryNodes,
  build,
  directory,
  file,
  link,
  MemoryNodes,
  withoutClashes,
} from '../../support/tree-arbitraries.ts'

const flat = (count: number, folder = ''): TreeItem[] =>
  Array.from({ length: count }, (_, i) =>
    file(`${folder}f${String(i).padStart(6, '0')}`, String(i)),
  )

/** The lists of a difference as paths only. */
function summary(diff: TreeDiff): Record<string, string[]> {
  return {
    added: diff.added.map((item) => item.path),
    removed: diff.removed.map((item) => item.path),
    changed: diff.changed.map((item) => item.path),
    renamed: diff.renamed.map((item) => `${item.from} > ${item.to}`),
  }
}

function diffOf(before: readonly TreeItem[], after: readonly TreeItem[]): Record<string, string[]> {
  const nodes = new MemoryNodes()
  return summary(diffTrees(nodes, build(before, nodes).root, build(after, nodes).root))
}

/** Every file, link and empty directory of a tree, as `path: what it is`. */
function leavesOf(nodes: MemoryNodes, root: Digest | undefined): Map<string, string> {
  if (root === undefined) return new Map()
  const all = [...walkTree(nodes, root)]
  const isEmpty = (path: string): boolean => !all.some((other) => other.path.startsWith(`${path}/`))
  return new Map(
    all
      .filter(({ path, entry }) => entry.kind !== 'directory' || isEmpty(path))
      .map(({ path, entry }) => [path, JSON.stringify(entry)]),
  )
}

function directoriesOf(nodes: MemoryNodes, root: Digest): Set<string> {
  const directories = [...walkTree(nodes, root)].filter(({ entry }) => entry.kind === 'directory')
  return new Set(directories.map(({ path }) => path))
}

/** Undoes the difference on the later tree: what comes out must be the earlier one. */
function undone(nodes: MemoryNodes, after: Digest, diff: TreeDiff): Map<string, string> {
  const leaves = leavesOf(nodes, after)
  for (const { path } of diff.added) assert.ok(leaves.delete(path), `added ${path}`)
  const moved = diff.renamed.flatMap(({ from, to, before, after }) => {
    assert.equal(before.kind, after.kind)
    const inside = [...leaves].filter(([path]) => path === to || path.startsWith(`${to}/`))
    for (const [path] of inside) leaves.delete(path)
    return inside.map(([path, text]): [string, string] =>
      path === to ? [from, JSON.stringify(before)] : [from + path.slice(to.length), text],
    )
  })
  for (const [path, text] of moved) leaves.set(path, text)
  for (const { path, before, after } of diff.changed) {
    assert.equal(leaves.get(path), JSON.stringify(after))
    leaves.set(path, JSON.stringify(before))
  }
  for (const { path, entry } of diff.removed) leaves.set(path, JSON.stringify(entry))
  return leaves
}

test('names what was added, removed, changed and renamed', () => {
  const before = [file('a', '1'), file('b', '2'), file('d/c', '3'), directory('e'), link('l', 'a')]
  const after = [
    file('a', '1'),
    file('b', '2b'),
    file('d/new', '3'),
    file('x', '4'),
    link('l', 'b'),
  ]
  assert.deepEqual(diffOf(before, after), {
    added: ['x'],
    removed: ['e'],
    changed: ['b', 'l'],
    renamed: ['d/c > d/new'],
  })
})

test('can be undone, for any two trees', () => {
  const anyPair = fc.tuple(anyItems, anyItems, fc.array(fc.nat({ max: 99 }), { maxLength: 20 }))
  fc.assert(
    fc.property(anyPair, ([first, others, dropped]) => {
      const gone = new Set(dropped.map((i) => first[i % Math.max(1, first.length)]))
      const second = withoutClashes([...first.filter((item) => !gone.has(item)), ...others])
      const nodes = new MemoryNodes()
      const before = build(first, nodes).root
      const after = build(second, nodes).root
      const diff = diffTrees(nodes, before, after)
      const expected = leavesOf(nodes, before)
      const actual = undone(nodes, after, diff)
      // A directory on both sides is no difference, though it be empty on one side only.
      const shared = directoriesOf(nodes, before)
      for (const path of directoriesOf(nodes, after)) {
        if (shared.has(path)) for (const leaves of [expected, actual]) leaves.delete(path)
      }
      assert.deepEqual(actual, expected)
      for (const list of [diff.added, diff.removed, diff.changed]) {
        assert.deepEqual(
          list.map(({ path }) => path),
          list.map(({ path }) => path).toSorted(comparePaths),
        )
      }
    }),
    { numRuns: 200 },
  )
})

test('is empty for equal trees and reads nothing', () => {
  const nodes = new MemoryNodes()
  const { root } = build(flat(500), nodes)
  assert.deepEqual(diffTrees(nodes, root, root), {
    added: [],
    removed: [],
    changed: [],
    renamed: [],
  })
  assert.equal(nodes.reads.length, 0)
})

test('takes a missing side as an empty tree', () => {
  const items = [file('a/b'), directory('c/d'), link('e', 'a')]
  const nodes = new MemoryNodes()
  const { root } = build(items, nodes)
  const paths = ['a/b', 'c/d', 'e']
  assert.deepEqual(summary(diffTrees(nodes, undefined, root)).added, paths)
  assert.deepEqual(summary(diffTrees(nodes, root, undefined)).removed, paths)
})

test('tells a changed executable bit', () => {
  const [change, ...others] = ((): TreeDiff['changed'] => {
    const nodes = new MemoryNodes()
    const before = build([file('a', '1', false)], nodes).root
    return diffTrees(nodes, before, build([file('a', '1', true)], nodes).root).changed
  })()
  assert.deepEqual(others, [])
  assert.equal(change?.before.kind === 'file' && change.before.exec, false)
  assert.equal(change?.after.kind === 'file' && change.after.exec, true)
})

test('says what a path became when its kind changed', () => {
  assert.deepEqual(diffOf([file('a', '1')], [file('a/b', '2')]), {
    added: ['a/b'],
    removed: ['a'],
    changed: [],
    renamed: [],
  })
  assert.deepEqual(diffOf([file('a', '1')], [link('a', 'b')]).changed, ['a'])
})

test('takes a moved directory as one rename, without reading it', () => {
  const nodes = new MemoryNodes()
  const before = build([...flat(3000, 'old/place/'), file('old/x')], nodes).root
  const after = build([...flat(3000, 'new/'), file('old/x')], nodes).root
  nodes.reads.length = 0
  assert.deepEqual(summary(diffTrees(nodes, before, after)), {
    added: [],
    removed: [],
    changed: [],
    renamed: ['old/place > new'],
  })
  assert.ok(nodes.reads.length <= 4)
})

test('finds renamed files inside directories that were added and removed', () => {
  assert.deepEqual(
    diffOf([file('old/a', '1'), file('old/b', '2')], [file('new/x/a', '1'), file('new/c', '3')]),
    { added: ['new/c'], removed: ['old/b'], changed: [], renamed: ['old/a > new/x/a'] },
  )
})

test('prefers the same name when several files have the content', () => {
  assert.deepEqual(
    diffOf(
      [file('a/1', 'x'), file('a/2', 'x'), file('a/3', 'x')],
      [file('b/2', 'x'), file('b/9', 'x'), file('a/0', 'y')],
    ),
    { added: ['a/0'], removed: ['a/3'], changed: [], renamed: ['a/2 > b/2', 'a/1 > b/9'] },
  )
})

test('never calls empty files or empty directories renamed', () => {
  assert.deepEqual(
    diffOf([file('a', ''), directory('d')], [file('b', ''), directory('e')]).renamed,
    [],
  )
})

test('matches tens of thousands of equal files in linear time', () => {
  const twins = (folder: string): TreeItem[] =>
    flat(30_000, folder).map((item) => file(`${item.path}${folder.slice(0, -1)}`, 'same'))
  const { renamed, added, removed } = diffOf(twins('a/'), [...twins('b/'), file('c', 'c')])
  assert.deepEqual([renamed?.length, added, removed], [30_000, ['c'], []])
})

test('reads few nodes for one change among a hundred thousand files', () => {
  const items = flat(100_000, 'd/')
  const nodes = new MemoryNodes()
  const before = build(items, nodes).root
  const changes = [
    items.with(77_777, file('d/f077777', 'changed')),
    items.toSpliced(50_000, 1),
    [...items, file('d/f0500005', 'new')],
  ]
  for (const changed of changes) {
    const after = build(changed, nodes).root
    nodes.reads.length = 0
    const diff = diffTrees(nodes, before, after)
    assert.equal(diff.added.length + diff.removed.length + diff.changed.length, 1)
    assert.ok(nodes.reads.length <= 14, `${nodes.reads.length} reads`)
  }
})

test('asks for the nodes of many changed directories together', async () => {
  const nodes = new MemoryNodes()
  const items = (content: string): TreeItem[] =>
    Array.from({ length: 200 }, (_, i) => file(`d${i}/f`, `${i} ${content}`))
  const before = build(items('old'), nodes).root
  const after = build(items('new'), nodes).root
  const source = new AsyncMemoryNodes(nodes)
  const diff = await diffTreesAsync(source, before, after)
  assert.equal(diff.changed.length, 200)
  assert.ok(source.requests.length <= 20, `${source.requests.length} requests`)
})

test('compares names, not nodes: other splits of equal names are no difference', () => {
  const nodes = new MemoryNodes()
  const plain = flat(40).map(({ path }): NodeEntry => {
    const { digest, size } = file(path)
    return { kind: 'file', name: path, digest, size, exec: false }
  })
  /** A directory whose nodes are cut every `width` entries, against the rule. */
  const cutEvery = (all: readonly NodeEntry[], width: number): Digest => {
    let level = 0
    let rest = [...all]
    for (;;) {
      const parents: NodeEntry[] = []
      for (let i = 0; i < rest.length; i += width) {
        const node = { level, entries: rest.slice(i, i + width) }
        const bytes = encodeNode(node)
        const digest = digestOf(bytes)
        nodes.bytes.set(digest, bytes)
        const name = node.entries.at(-1)?.name ?? ''
        parents.push({ kind: 'node', name, digest, size: nodeSize(node) })
      }
      const [only, ...others] = parents
      if (only?.kind === 'node' && others.length === 0) return only.digest
      rest = parents
      level += 1
    }
  }
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 50 }),
      fc.integer({ min: 2, max: 50 }),
      fc.nat({ max: 39 }),
      (a, b, i) => {
        const same = diffTrees(nodes, cutEvery(plain, a), cutEvery(plain, b))
        assert.deepEqual(same, { added: [], removed: [], changed: [], renamed: [] })
        const less = diffTrees(nodes, cutEvery(plain, a), cutEvery(plain.toSpliced(i, 1), b))
        assert.deepEqual(summary(less), { ...summary(same), removed: [plain[i]?.name] })
      },
    ),
  )
})
