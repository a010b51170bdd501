/** Small graphs, written as text: `a>b` is a fact, `a+b@3` an edge added as event 3. */

import { digestOf } from '../../../src/core/digest.ts'
import {
  type Edge,
  type LineageGraph,
  type NodeId,
  runNode,
  versionNode,
} from '../../../src/core/lineage/graph.ts'

/** Lowercase names are versions, uppercase ones runs. */
export function node(name: string): NodeId {
  const isRun = name === name.toUpperCase()
  const digest = digestOf(Buffer.from(name))
  return isRun ? runNode(digest.slice(0, 32)) : versionNode(digest)
}

export function edges(text: string): Edge[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [, from = '', kind = '', to = '', event] =
        /^(\w+)([>+])(\w+)(?:@(\d+))?$/.exec(word) ?? []
      const edge = { from: node(from), to: node(to), role: 'input' }
      return kind === '+' ? { ...edge, added: eventOf(Number(event)) } : edge
    })
}

/** Two clones may count the same, so the number that names the id stands by itself. */
export function eventOf(
  number: number,
  lamport: number = number,
): { readonly id: string; readonly lamport: number } {
  return { id: number.toString(16).padStart(32, '0'), lamport }
}

/** A graph in memory that counts what it is asked. */
export class MemoryLineage implements LineageGraph {
  readonly #edges: readonly Edge[]
  questions = 0
  /** How often each node was asked for. */
  readonly asked: Map<NodeId, number> = new Map<NodeId, number>()

  constructor(edges: readonly Edge[]) {
    this.#edges = edges
  }

  into(nodes: readonly NodeId[]): Edge[] {
    return this.#of(nodes, 'to')
  }

  outOf(nodes: readonly NodeId[]): Edge[] {
    return this.#of(nodes, 'from')
  }

  #of(nodes: readonly NodeId[], end: 'from' | 'to'): Edge[] {
    this.questions += 1
    for (const each of nodes) this.asked.set(each, (this.asked.get(each) ?? 0) + 1)
    const wanted = new Set(nodes)
    return this.#edges.filter((edge) => wanted.has(edge[end]))
  }
}

/** The names back from the ids, for comparing with what a person wrote. */
export function namesOf(nodes: Iterable<NodeId>, among: string): string {
  const names = new Map(among.split('').map((name) => [node(name), name]))
  return [...nodes].map((each) => names.get(each) ?? '?').join('')
}
