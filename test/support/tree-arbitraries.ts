/** Random trees for properties: few distinct names, so that splits, clashes and edits are common. */

import * as fc from 'fast-check'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import { isSafeLinkTarget } from '../../src/core/names.ts'
import { type BuiltTree, buildTree, type TreeItem } from '../../src/core/tree/build.ts'
import { decodeNode, type TreeNode } from '../../src/core/tree/node.ts'
import type { NodeSink } from '../../src/core/tree/layers.ts'
import type { AsyncNodeSource, NodeSource } from '../../src/core/tree/reading.ts'

/** Nodes in memory; counts what is read. */
export class MemoryNodes implements NodeSource {
  readonly bytes: Map<Digest, Buffer> = new Map()
  /** Digests read, in order. */
  readonly reads: Digest[] = []

  readonly sink: NodeSink = (digest: Digest, bytes: Buffer): void => {
    this.bytes.set(digest, bytes)
  }

  node(digest: Digest): TreeNode {
    this.reads.push(digest)
    const bytes = this.bytes.get(digest)
    if (bytes === undefined) throw new Error(`no node ${digest}`)
    return decodeNode(bytes, digest)
  }
}

/** The same nodes, asked for together; counts the requests. */
export class AsyncMemoryNodes implements AsyncNodeSource {
  readonly #nodes: MemoryNodes
  /** How many nodes each request asked for. */
  readonly requests: number[] = []

  constructor(nodes: MemoryNodes) {
    this.#nodes = nodes
  }

  async nodes(digests: readonly Digest[]): Promise<readonly TreeNode[]> {
    this.requests.push(digests.length)
    await Promise.resolve()
    return digests.map((digest) => this.#nodes.node(digest))
  }
}

/** Everything an async generator gives. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

/** A file whose digest and size follow from `content`. */
export function file(
  path: string,
  content: string = path,
  exec: boolean = false,
): TreeItem & { kind: 'file' } {
  const bytes = Buffer.from(content)
  return { kind: 'file', path, digest: digestOf(bytes), size: bytes.length, exec }
}

export function link(path: string, target: string): TreeItem {
  return { kind: 'link', path, target }
}

export function directory(path: string): TreeItem {
  return { kind: 'directory', path }
}

export function build(
  items: Iterable<TreeItem>,
  nodes: MemoryNodes = new MemoryNodes(),
): BuiltTree {
  return buildTree(items, nodes.sink)
}

/** Names around which UTF-8 and UTF-16 orders, JSON escapes and the slash differ. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 40 }).map((n) => `n${n}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'a',
      'a-b',
      'a.b',
      'é',
      '\uffee',
      '😀',
      '\ue000',
      '"',
      '\\',
      '\n',
      ' ',
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', minLength: 1, maxLength: 6 })
      .filter((name) => !/[/\0]/.test(name) && name !== '.' && name !== '..'),
  },
)

const anyPath = fc.array(anyName, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))

const anyItem: fc.Arbitrary<TreeItem> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(anyPath, fc.nat({ max: 5 }), fc.boolean())
      .map(([path, content, exec]) => file(path, 'x'.repeat(content), exec)),
  },
  { weight: 1, arbitrary: anyPath.map((path) => directory(path)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anyPath, fc.constantFrom('n1', '../n2', './n3/n4', '..'))
      .filter(([path, target]) => isSafeLinkTarget(path, target))
      .map(([path, target]) => link(path, target)),
  },
)

/** Items that can all exist at once, in random order. */
export const anyItems: fc.Arbitrary<readonly TreeItem[]> = fc
  .array(anyItem, { maxLength: 60, size: 'max' })
  .map(withoutClashes)

/** Drops items that stand where an earlier one, or one of its directories, stands. */
export function withoutClashes(items: readonly TreeItem[]): TreeItem[] {
  const leaves = new Set<string>()
  const directories = new Set<string>()
  return items.filter((item) => {
    const parents = parentsOf(item.path)
    if (leaves.has(item.path) || parents.some((parent) => leaves.has(parent))) return false
    if (item.kind !== 'directory' && directories.has(item.path)) return false
    for (const parent of parents) directories.add(parent)
    if (item.kind === 'directory') directories.add(item.path)
    else leaves.add(item.path)
    return true
  })
}

/** Every directory above a path, outermost first. */
export function parentsOf(path: string): string[] {
  const names = path.split('/')
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join('/'))
}
