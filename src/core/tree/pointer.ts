/**
 * Pointers to nodes, with everything the node above promised about them.
 *
 * A digest alone proves that a node is the one that was meant, not that it may stand there: a
 * forged tree could hold one name twice, in two nodes, and make a file be written through a
 * link. So every node is checked against the pointer it was reached by.
 */

import { corrupt } from '../../errors.ts'
import type { Digest } from '../digest.ts'
import { compareNames } from './name-order.ts'
import { type NodeEntry, nodeSize, type TreeNode } from './node.ts'
import type { Reading } from './reading.ts'

export type NodePointer = {
  readonly digest: Digest
  /** Bytes of all files below; not known of a version's root. */
  readonly size?: number
  /** For a node that is a part of a directory: which part. */
  readonly part?: {
    readonly level: number
    /** The last name in it. */
    readonly last: string
    /** The name before its first one; `undefined` at the start of the directory. */
    readonly after: string | undefined
  }
}

/** An entry that leads to another node. */
export type ReferenceEntry = Extract<NodeEntry, { readonly kind: 'directory' | 'node' }>

/** Whether the entry leads to another node. */
export function isReference(entry: NodeEntry): entry is ReferenceEntry {
  return entry.kind === 'directory' || entry.kind === 'node'
}

/** A node together with the pointer that led to it. */
export type ReachedNode = { readonly node: TreeNode; readonly pointer: NodePointer }

/** The pointer in the entry at `index`, which must lead to another node. */
export function pointerAt(parent: ReachedNode, index: number): NodePointer {
  const entry = parent.node.entries[index]
  if (entry === undefined || !isReference(entry)) {
    throw corrupt(`tree node ${parent.pointer.digest}`, `its entry ${index} leads to no node`)
  }
  const { digest, size, name } = entry
  if (entry.kind === 'directory') return { digest, size }
  const after = index === 0 ? parent.pointer.part?.after : parent.node.entries[index - 1]?.name
  return { digest, size, part: { level: parent.node.level - 1, last: name, after } }
}

/**
 * Reads the nodes that pointers lead to, all at once.
 *
 * @throws {MlstoreError} `CORRUPT` if a node is not what its pointer promised.
 */
export function* readPointers(
  pointers: readonly NodePointer[],
): Reading<never, readonly ReachedNode[]> {
  if (pointers.length === 0) return []
  const nodes = yield { need: pointers.map((pointer) => pointer.digest) }
  return pointers.map((pointer, i) => reached(pointer, nodes[i]))
}

/** Reads the node that one pointer leads to. */
export function* readPointer(pointer: NodePointer): Reading<never, ReachedNode> {
  const [node] = yield { need: [pointer.digest] }
  return reached(pointer, node)
}

function reached(pointer: NodePointer, node: TreeNode | undefined): ReachedNode {
  const where = `tree node ${pointer.digest}`
  if (node === undefined) throw corrupt(where, 'it was not read')
  const problem = sizeProblem(pointer, node) ?? partProblem(pointer, node)
  if (problem !== undefined) throw corrupt(where, problem)
  return { node, pointer }
}

function sizeProblem({ size }: NodePointer, node: TreeNode): string | undefined {
  if (size === undefined || size === nodeSize(node)) return undefined
  return `its files have ${nodeSize(node)} bytes, not ${size}`
}

function partProblem({ part }: NodePointer, node: TreeNode): string | undefined {
  if (part === undefined) return undefined
  const first = node.entries[0]?.name
  const last = node.entries.at(-1)?.name
  if (node.level !== part.level) return `it is on level ${node.level}, not ${part.level}`
  if (first === undefined || last !== part.last) return 'its last name is not the one expected'
  if (part.after !== undefined && compareNames(part.after, first) >= 0) {
    return 'its names overlap with the node before it'
  }
  return undefined
}
