/**
 * A lineage graph without the added edges that would close a cycle.
 *
 * Whether one does is only asked when it is met, and then for everything it was made from at once:
 * each node is looked at one time, and where nobody added an edge nothing is looked at at all.
 */

import { closingEdges, isAdded } from './cycles.ts'
import type { Edge, LineageGraph, NodeId } from './graph.ts'

export class SoundLineage implements LineageGraph {
  readonly #graph: LineageGraph
  /** Nodes whose edges were judged. What leads to one of them is in here, too. */
  readonly #judged = new Set<NodeId>()
  /** By the event that added them. */
  readonly #leftOut = new Map<string, Edge>()

  /** @param graph All edges, with those that close cycles. */
  constructor(graph: LineageGraph) {
    this.#graph = graph
  }

  into(nodes: readonly NodeId[]): readonly Edge[] {
    return this.#sound(this.#graph.into(nodes))
  }

  outOf(nodes: readonly NodeId[]): readonly Edge[] {
    return this.#sound(this.#graph.outOf(nodes))
  }

  /** What was met so far and is no part of the graph. */
  get leftOut(): readonly Edge[] {
    return [...this.#leftOut.values()]
  }

  #sound(edges: readonly Edge[]): readonly Edge[] {
    const claims = edges.filter(isAdded)
    if (claims.length === 0) return edges
    this.#judge(claims.map(({ to }) => to))
    return edges.filter((edge) => !isAdded(edge) || !this.#leftOut.has(edge.added.id))
  }

  /** Judges the edges into these nodes and into all that leads to them. */
  #judge(nodes: readonly NodeId[]): void {
    const edges: Edge[] = []
    for (let open = this.#take(nodes); open.length > 0;) {
      const into = this.#graph.into(open)
      for (const edge of into) edges.push(edge)
      open = this.#take(into.map(({ from }) => from))
    }
    for (const edge of closingEdges(edges)) {
      if (isAdded(edge)) this.#leftOut.set(edge.added.id, edge)
    }
  }

  /** Those that were not judged yet; they are from now on. */
  #take(nodes: readonly NodeId[]): NodeId[] {
    const open = [...new Set(nodes)].filter((node) => !this.#judged.has(node))
    for (const node of open) this.#judged.add(node)
    return open
  }
}
