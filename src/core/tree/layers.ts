/**
 * Stacks the levels of one directory: entries come in, nodes go out, a root is left.
 *
 * Nodes leave as soon as they are full, children before parents, so memory holds one unfinished
 * node a level, however large the directory is.
 */

import { invalidArgument } from '../../errors.ts'
import { type Digest, digestOf } from '../digest.ts'
import {
  type ChildNodeEntry,
  emptyNode,
  encodeNode,
  nodeSize,
  type NodeEntry,
  type TreeNode,
} from './node.ts'
import { Splitter } from './split.ts'

/** Takes every node made, children before parents; may see one node twice. */
export type NodeSink = (digest: Digest, bytes: Buffer, node: TreeNode) => void

/** A finished directory. */
export type DirectoryRoot = {
  readonly digest: Digest
  /** Bytes of all files below. */
  readonly size: number
}

type Level = {
  readonly splitter: Splitter
  nodeCount: number
  /** The node made last on this level: the root, if it stays the only one. */
  newest: DirectoryRoot | undefined
}

/** Writes the nodes of one directory whose entries are added in the order of their names. */
export class DirectoryLayers {
  readonly #sink: NodeSink
  readonly #firstLevel: number
  readonly #levels: Level[] = []

  /** @param firstLevel The level of the entries added: 0, unless they are nodes themselves. */
  constructor(sink: NodeSink, firstLevel = 0) {
    this.#sink = sink
    this.#firstLevel = firstLevel
  }

  add(entry: NodeEntry): void {
    this.#push(0, entry)
  }

  /** Ends the directory: writes what is left and returns the root. */
  end(): DirectoryRoot {
    for (let height = 0; ; height += 1) {
      const level = this.#level(height)
      const rest = level.splitter.flush() ?? (level.nodeCount === 0 ? emptyNode : undefined)
      if (rest !== undefined) this.#finish(height, rest)
      if (level.nodeCount === 1 && level.newest !== undefined) return level.newest
    }
  }

  #push(height: number, entry: NodeEntry): void {
    const node = this.#level(height).splitter.push(entry)
    if (node !== undefined) this.#finish(height, node)
  }

  /** Writes a node and enters it in the level above, where it waits to see if it is alone. */
  #finish(height: number, node: TreeNode): void {
    const child = storeNode(node, this.#sink)
    const level = this.#level(height)
    level.nodeCount += 1
    level.newest = { digest: child.digest, size: child.size }
    if (node.entries.length > 0) this.#push(height + 1, child)
  }

  #level(height: number): Level {
    const known = this.#levels[height]
    if (known !== undefined) return known
    const splitter = new Splitter(this.#firstLevel + height)
    const level: Level = { splitter, nodeCount: 0, newest: undefined }
    this.#levels[height] = level
    return level
  }
}

/** Writes one node and returns the entry that names it in the level above. */
export function storeNode(node: TreeNode, sink: NodeSink): ChildNodeEntry {
  const bytes = encodeNode(node)
  const digest = digestOf(bytes)
  sink(digest, bytes, node)
  const size = nodeSize(node)
  if (!Number.isSafeInteger(size)) throw invalidArgument(`files of ${size} bytes in one directory`)
  return { kind: 'node', name: node.entries.at(-1)?.name ?? '', digest, size }
}
