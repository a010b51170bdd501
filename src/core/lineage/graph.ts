/**
 * The lineage graph: versions and runs, and what was made of what.
 *
 * An edge says that data flowed from `from` to `to`: a run read a version, a run made a version,
 * or a version was made from another. The graph is asked for many nodes at a time and never held
 * as a whole, so a question costs what it walks over and not what the store knows.
 */

import { type Digest, parseDigest } from '../digest.ts'
import type { EventStamp } from '../events/event.ts'

/** `version:DIGEST` or `run:ID`. */
export type NodeId = `version:${string}` | `run:${string}`

export type NodeSubject =
  | { readonly kind: 'version'; readonly version: Digest }
  | { readonly kind: 'run'; readonly run: string }

export type Edge = {
  readonly from: NodeId
  readonly to: NodeId
  /** What the version was: to the run that read or made it, or to the version made from it. */
  readonly role: string
  /** The `lineage.add` that says so; none: the version or the run says it of itself. */
  readonly added?: Pick<EventStamp, 'id' | 'lamport'>
}

/** Whoever knows the edges. A node nobody knows has none. */
export interface LineageGraph {
  /** The edges that lead into any of the nodes, each once. */
  into(nodes: readonly NodeId[]): readonly Edge[]
  /** The edges that lead out of any of the nodes, each once. */
  outOf(nodes: readonly NodeId[]): readonly Edge[]
}

export function versionNode(version: Digest): NodeId {
  return `version:${version}`
}

export function runNode(run: string): NodeId {
  return `run:${run}`
}

/** What a node stands for. */
export function subjectOfNode(node: NodeId): NodeSubject {
  const name = node.slice(node.indexOf(':') + 1)
  return node.startsWith('run:')
    ? { kind: 'run', run: name }
    : { kind: 'version', version: parseDigest(name) }
}
