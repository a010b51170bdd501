/**
 * Which of the edges that were added later would close a cycle.
 *
 * What versions and runs say of themselves is fact and stays, also where runs go round in a cycle
 * (one that goes on from its own checkpoint reads what it made). Added edges are claims: taken in
 * the order of events, one is left out when the facts and the claims taken before it lead back
 * from its end to its start. That depends on the set of events alone, so every machine that knows
 * the same events leaves out the same edges, in whatever order they came.
 */

import { compareEvents } from '../events/event.ts'
import type { Edge, NodeId } from './graph.ts'

type AddedEdge = Edge & { readonly added: NonNullable<Edge['added']> }

export function isAdded(edge: Edge): edge is AddedEdge {
  return edge.added !== undefined
}

/**
 * The added edges that are left out.
 *
 * @param edges All edges into their nodes: a part of the graph that nothing leads into from
 * outside. No cycle crosses the border of such a part, so what is found holds for the whole.
 */
export function closingEdges(edges: readonly Edge[]): Edge[] {
  const cyclic = onCycles(edges)
  const paths = new Paths(cyclic.filter((edge) => !isAdded(edge)))
  const closing: Edge[] = []
  const claims = cyclic.filter(isAdded).sort((a, b) => compareEvents(a.added, b.added))
  for (const edge of claims) {
    if (paths.lead(edge.to, edge.from)) closing.push(edge)
    else paths.add(edge)
  }
  return closing
}

/** Edges that may lie on a cycle: all that do, and those between two cycles. Linear time. */
function onCycles(edges: readonly Edge[]): readonly Edge[] {
  const fromSomewhere = withoutDeadEnds(edges, 'from', 'to')
  return withoutDeadEnds(fromSomewhere, 'to', 'from')
}

type End = 'from' | 'to'

/** Drops the edges at whose near end no edge arrives, and goes on until there are none. */
function withoutDeadEnds(edges: readonly Edge[], near: End, far: End): readonly Edge[] {
  const arriving = new Map<NodeId, number>()
  for (const edge of edges) arriving.set(edge[far], (arriving.get(edge[far]) ?? 0) + 1)
  const leaving = groupBy(edges, near)
  const ends = [...leaving.keys()].filter((node) => !arriving.has(node))
  const dropped = new Set<Edge>()
  for (let node = ends.pop(); node !== undefined; node = ends.pop()) {
    for (const edge of leaving.get(node) ?? []) {
      dropped.add(edge)
      const left = (arriving.get(edge[far]) ?? 0) - 1
      arriving.set(edge[far], left)
      if (left === 0) ends.push(edge[far])
    }
  }
  return dropped.size === 0 ? edges : edges.filter((edge) => !dropped.has(edge))
}

/** Edges among which paths are looked for while they grow more. */
class Paths {
  readonly #leaving: Map<NodeId, Edge[]>

  constructor(edges: readonly Edge[]) {
    this.#leaving = groupBy(edges, 'from')
  }

  add(edge: Edge): void {
    const known = this.#leaving.get(edge.from)
    if (known === undefined) this.#leaving.set(edge.from, [edge])
    else known.push(edge)
  }

  /** Whether `end` can be reached from `start`; a node can always be reached from itself. */
  lead(start: NodeId, end: NodeId): boolean {
    const seen = new Set([start])
    const open = [start]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node === end) return true
      for (const { to } of this.#leaving.get(node) ?? []) {
        if (seen.has(to)) continue
        seen.add(to)
        open.push(to)
      }
    }
    return false
  }
}

function groupBy(edges: readonly Edge[], end: End): Map<NodeId, Edge[]> {
  const groups = new Map<NodeId, Edge[]>()
  for (const edge of edges) {
    const group = groups.get(edge[end])
    if (group === undefined) groups.set(edge[end], [edge])
    else group.push(edge)
  }
  return groups
}
