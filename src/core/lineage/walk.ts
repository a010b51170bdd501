/**
 * Walking the lineage graph: breadth first, a question a level, up to a depth.
 *
 * A node is visited once, so cycles end where they began.
 */

import type { Edge, LineageGraph, NodeId } from './graph.ts'

export type LineageDirection = 'up' | 'down'

export type LineageWalk = {
  /** The nearest first, the root before all. */
  readonly nodes: readonly NodeId[]
  readonly edges: readonly Edge[]
  /** Nodes beyond which there is more than the depth allowed to see. */
  readonly cut: readonly NodeId[]
}

/**
 * What a node came from (`up`), what came of it (`down`), or both: not what else came of its
 * origins.
 *
 * @param depth How many edges from the root. Default: all.
 */
export function walkLineage(
  graph: LineageGraph,
  root: NodeId,
  options: { readonly directions: readonly LineageDirection[]; readonly depth?: number },
): LineageWalk {
  const walks = options.directions.map((direction) =>
    walkOneWay(graph, root, { direction, depth: options.depth ?? Infinity }),
  )
  return {
    nodes: [...new Set([root, ...walks.flatMap(({ nodes }) => nodes)])],
    edges: unique(walks.flatMap(({ edges }) => edges)),
    cut: [...new Set(walks.flatMap(({ cut }) => cut))],
  }
}

/**
 * The nodes along a shortest way from one node down to another, both included; `undefined` if
 * there is none.
 */
export function lineagePath(
  graph: LineageGraph,
  from: NodeId,
  to: NodeId,
): readonly NodeId[] | undefined {
  const next = new Map<NodeId, NodeId | undefined>([[to, undefined]])
  for (let level: readonly NodeId[] = [to]; level.length > 0 && !next.has(from);) {
    const above: NodeId[] = []
    for (const edge of graph.into(level)) {
      if (next.has(edge.from)) continue
      next.set(edge.from, edge.to)
      above.push(edge.from)
    }
    level = above
  }
  if (!next.has(from)) return undefined
  const path: NodeId[] = []
  for (let node: NodeId | undefined = from; node !== undefined; node = next.get(node)) {
    path.push(node)
  }
  return path
}

function walkOneWay(
  graph: LineageGraph,
  root: NodeId,
  { direction, depth }: { readonly direction: LineageDirection; readonly depth: number },
): LineageWalk {
  const far = direction === 'up' ? 'from' : 'to'
  const near = direction === 'up' ? 'to' : 'from'
  const seen = new Set([root])
  const edges: Edge[] = []
  const cut = new Set<NodeId>()
  let level: readonly NodeId[] = [root]
  for (let distance = 0; level.length > 0; distance++) {
    const isLast = distance >= depth
    const beyond = new Set<NodeId>()
    for (const edge of direction === 'up' ? graph.into(level) : graph.outOf(level)) {
      const isNew = !seen.has(edge[far])
      if (isNew && isLast) cut.add(edge[near])
      else edges.push(edge)
      if (isNew && !isLast) beyond.add(edge[far])
    }
    for (const node of beyond) seen.add(node)
    level = [...beyond]
  }
  return { nodes: [...seen], edges, cut: [...cut] }
}

/** Each fact once: two directions meet in a cycle, and people add what is known already. */
function unique(edges: readonly Edge[]): Edge[] {
  const byFact = new Map<string, Edge>()
  for (const edge of edges) {
    const fact = JSON.stringify([edge.from, edge.to, edge.role])
    const known = byFact.get(fact)
    if (known === undefined || (known.added !== undefined && edge.added === undefined)) {
      byFact.set(fact, edge)
    }
  }
  return [...byFact.values()]
}
