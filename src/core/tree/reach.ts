/**
 * Reaching every node of some trees, each once, in no order.
 *
 * For copying, marking and checking whole trees: equal directories are visited once, subtrees
 * known already are left out, and nodes are asked for in large batches.
 */

import type { Digest } from '../digest.ts'
import { DigestSet } from '../digest-set.ts'
import type { TreeNode } from './node.ts'
import { isReference } from './pointer.ts'
import {
  type AsyncNodeSource,
  type NodeSource,
  type Reading,
  streamAsync,
  streamSync,
} from './reading.ts'

export type DigestedNode = { readonly digest: Digest; readonly node: TreeNode }

export type ReachOptions = {
  /** Leaves out a node and all below it; asked once for each node. Default: none is known. */
  readonly isKnown?: (digest: Digest) => boolean
  /** Most nodes asked for at once. Default: 1 for a `NodeSource`, 256 for an `AsyncNodeSource`. */
  readonly nodesAhead?: number
}

/**
 * Gives every node of the trees once. What the entries hold (files, sizes, links) is in the
 * nodes; only digests are followed, nothing else is checked.
 */
export function reachNodes(
  source: NodeSource,
  roots: Iterable<Digest>,
  options: ReachOptions = {},
): Generator<DigestedNode, void, undefined> {
  return streamSync(reach(roots, { nodesAhead: 1, ...options }), source)
}

/** `reachNodes` for nodes that take a while. */
export function reachNodesAsync(
  source: AsyncNodeSource,
  roots: Iterable<Digest>,
  options: ReachOptions = {},
): AsyncGenerator<DigestedNode, void, undefined> {
  return streamAsync(reach(roots, { nodesAhead: 256, ...options }), source)
}

function* reach(roots: Iterable<Digest>, options: ReachOptions): Reading<DigestedNode, void> {
  const { isKnown = () => false, nodesAhead = 1 } = options
  const seen = new DigestSet()
  const isNew = (digest: Digest): boolean => seen.add(digest) && !isKnown(digest)
  const waiting = Array.from(roots).filter(isNew)
  while (waiting.length > 0) {
    // The newest first: the list then stays as short as the tree is deep.
    const need = waiting.splice(-nodesAhead)
    const nodes = yield { need }
    yield { found: need.flatMap((digest, i) => digestedNode(digest, nodes[i])) }
    for (const node of nodes) waiting.push(...referencesOf(node).filter(isNew))
  }
}

function digestedNode(digest: Digest, node: TreeNode | undefined): readonly DigestedNode[] {
  return node === undefined ? [] : [{ digest, node }]
}

/** Digests of the nodes right below a node. */
export function referencesOf(node: TreeNode): readonly Digest[] {
  return node.entries.filter(isReference).map((entry) => entry.digest)
}
