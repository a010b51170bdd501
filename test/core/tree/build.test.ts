/** Building: the order of the list does not matter, nodes obey the split rule, clashes are refused. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { TreeBuilder, type TreeItem } from '../../../src/core/tree/build.ts'
import { comparePaths } from '../../../src/core/tree/name-order.ts'
import { emptyNodeDigest } from '../../../src/core/tree/node.ts'
import { walkTree } from '../../../src/core/tree/walk.ts'
import {
  anyItems,
  build,
  directory,
  file,
  link,
  MemoryNodes,
  parentsOf,
} from '../../support/tree-arbitraries.ts'

const refused = { code: 'INVALID_ARGUMENT' }

/** Paths and kinds that a list of items says exist. */
function expectedPaths(items: readonly TreeItem[]): string[] {
  const parents = items.flatMap((item) => parentsOf(item.path)).map((path) => `directory ${path}`)
  return [...new Set([...parents, ...items.map((item) => `${item.kind} ${item.path}`)])].toSorted()
}

test('holds exactly what was listed, directories of files included', () => {
  fc.assert(
    fc.property(anyItems, (items) => {
      const nodes = new MemoryNodes()
      const tree = build(items, nodes)
      const found = [...walkTree(nodes, tree.root)]
      assert.deepEqual(
        found.map(({ path, entry }) => `${entry.kind} ${path}`).toSorted(),
        expectedPaths(items),
      )
      assert.equal(tree.files, items.filter((item) => item.kind !== 'directory').length)
      assert.equal(
        tree.size,
        items.reduce((sum, item) => sum + (item.kind === 'file' ? item.size : 0), 0),
      )
    }),
  )
})

test('gives one root whatever the order of the list', () => {
  const shuffled = anyItems.chain((items) =>
    fc.tuple(
      fc.constant(items),
      fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length }),
    ),
  )
  fc.assert(
    fc.property(shuffled, ([items, others]) => {
      assert.deepEqual(build(items), build(others))
    }),
  )
})

test('makes each node once, children before parents', () => {
  const items = Array.from({ length: 5000 }, (_, i) => file(`d${i % 3}/f${i}`, String(i)))
  const seen = new Set<string>()
  const builder = new TreeBuilder((digest, _bytes, node) => {
    assert.ok(!seen.has(digest))
    for (const entry of node.entries) {
      if (entry.kind === 'node' || entry.kind === 'directory') assert.ok(seen.has(entry.digest))
    }
    seen.add(digest)
  })
  for (const item of items.toSorted((a, b) => comparePaths(a.path, b.path))) builder.add(item)
  assert.ok(seen.size > 5)
  assert.ok(seen.has(builder.end().root))
})

test('cuts nodes where the rule says, on every level', () => {
  const isCut = (level: number, name: string): boolean =>
    createHash('sha256').update(Buffer.of(level)).update(name).digest().readUInt32BE(0) % 256 === 0
  const items = Array.from({ length: 20_000 }, (_, i) => file(`f${i}`, ''))
  const nodes = new MemoryNodes()
  const { root } = build(items, nodes)
  let parts = [nodes.node(root)]
  let level = parts[0]?.level ?? 0
  assert.ok(level >= 1)
  for (; level >= 0; level -= 1) {
    for (const [i, part] of parts.entries()) {
      const names = part.entries.map((entry) => entry.name)
      const last = names.pop() ?? ''
      assert.equal(part.level, level)
      assert.equal(
        names.slice(1).some((name) => isCut(level, name)),
        false,
      )
      if (i < parts.length - 1) assert.ok(isCut(level, last) || part.entries.length === 1024)
    }
    parts = parts.flatMap(({ entries }) =>
      entries.flatMap((entry) => (entry.kind === 'node' ? [nodes.node(entry.digest)] : [])),
    )
  }
})

test('ends a node at 1,024 entries where no name ends it earlier', () => {
  const names: string[] = []
  for (let i = 0; names.length < 1025; i += 1) {
    const name = `f${String(i).padStart(6, '0')}`
    if (createHash('sha256').update(`\0${name}`).digest()[3] !== 0) names.push(name)
  }
  const nodes = new MemoryNodes()
  const { root } = build(
    names.map((name) => file(name)),
    nodes,
  )
  assert.deepEqual(
    nodes.node(root).entries.map((entry) => [entry.kind, entry.name]),
    [
      ['node', names[1023]],
      ['node', names[1024]],
    ],
  )
  const full = build(
    names.slice(0, 1024).map((name) => file(name)),
    nodes,
  )
  assert.equal(nodes.node(full.root).level, 0)
})

test('gives an empty list the empty node', () => {
  assert.deepEqual(build([]), { root: emptyNodeDigest, size: 0, files: 0 })
})

test('keeps empty directories apart from absent ones', () => {
  assert.notEqual(build([file('a'), directory('d')]).root, build([file('a')]).root)
  assert.equal(build([file('d/a'), directory('d')]).root, build([file('d/a')]).root)
  assert.equal(build([directory('d'), directory('d')]).root, build([directory('d')]).root)
})

test('refuses two things at one path', () => {
  const lists: readonly (readonly TreeItem[])[] = [
    [file('a'), file('a')],
    [file('a'), link('a', 'b')],
    [file('a'), directory('a')],
    [directory('a'), file('a')],
    [file('a'), file('a/b')],
    [file('a/b/c'), file('a')],
    [link('a', 'b'), file('a/c')],
  ]
  for (const items of lists) assert.throws(() => build(items), refused)
})

test('refuses paths, sizes and links that no tree may have', () => {
  const items = [
    file(''),
    file('/a'),
    file('a/'),
    file('a//b'),
    file('../a'),
    file('a/../b'),
    file('a/\ud800'),
    directory('a\0'),
    directory('.'),
    link('a', '/etc'),
    link('a', '../b'),
    link('d/a', '../../b'),
    link('a', ''),
    { ...file('a'), size: -1 },
    { ...file('a'), size: 0.5 },
  ]
  for (const item of items) assert.throws(() => build([item]), refused, JSON.stringify(item))
  const huge = Number.MAX_SAFE_INTEGER
  assert.throws(
    () =>
      build([
        { ...file('a'), size: huge },
        { ...file('b'), size: huge },
      ]),
    refused,
  )
})

test('refuses items out of order where it was promised order', () => {
  const builder = new TreeBuilder(() => {})
  builder.add(file('a/z'))
  builder.add(file('b'))
  assert.throws(() => builder.add(file('a/y')), refused)
})

test('takes any depth of directories', () => {
  const path = Array.from({ length: 3000 }, () => 'd').join('/')
  const nodes = new MemoryNodes()
  const { root } = build([file(path)], nodes)
  assert.equal([...walkTree(nodes, root)].at(-1)?.path, path)
})
