/** `lineage`: what a version or run came from, and what came of it. */

import { isId } from '../core/ids.ts'
import { type Edge, type NodeId, runNode, versionNode } from '../core/lineage/graph.ts'
import { SoundLineage } from '../core/lineage/sound-lineage.ts'
import { walkLineage } from '../core/lineage/walk.ts'
import { parseReference } from '../core/reference.ts'
import { invalidArgument } from '../errors.ts'
import { describeNodes } from './lineage-nodes.ts'
import type { StoreParts } from './parts.ts'
import { resolveAnyVersion } from './resolve.ts'
import type { LineageRequest } from './runs/requests.ts'
import { resolveRun } from './runs/resolve-run.ts'
import type { LeftOutEdge, LineageResult } from './runs/results.ts'

/** How a reference says that a run is meant, and not a version. */
const runPrefix = 'run:'

/**
 * Walks the graph from a version or a run; removed ones are part of it.
 *
 * Only records are asked, so what was fetched is enough. What is named by its id alone here, as
 * when it was never pushed, ends a branch.
 *
 * @throws {MlstoreError} `NOT_FOUND`, `AMBIGUOUS_REFERENCE`, `INVALID_ARGUMENT`.
 */
export function lineage(
  parts: Pick<StoreParts, 'catalog'>,
  { reference, direction = 'both', depth = Infinity }: LineageRequest,
): LineageResult {
  if (!(depth >= 0)) throw invalidArgument(`The depth is 0 or more, not ${depth}.`)
  const root = nodeNamed(parts, reference)
  const graph = new SoundLineage(parts.catalog.lineage)
  const directions = direction === 'both' ? (['up', 'down'] as const) : [direction]
  const { nodes, edges, cut } = walkLineage(graph, root, { directions, depth })
  const shown = new Set(nodes)
  return {
    root,
    direction,
    nodes: describeNodes(parts, nodes),
    edges: edges.map(({ from, to, role, added }) => ({
      from,
      to,
      role,
      added: added !== undefined,
    })),
    cut,
    leftOut: graph.leftOut
      .filter(({ from, to }) => shown.has(from) && shown.has(to))
      .map((edge) => leftOutEdge(parts, edge)),
  }
}

function nodeNamed(parts: Pick<StoreParts, 'catalog'>, text: string): NodeId {
  if (text.startsWith(runPrefix)) return runNamed(parts, text.slice(runPrefix.length))
  return versionNode(resolveAnyVersion(parts, parseReference(text)).id)
}

/** Also one that is only an id here, because a version was made by it. */
function runNamed(parts: Pick<StoreParts, 'catalog'>, text: string): NodeId {
  const node = runNode(text)
  const isLinked = isId(text) && parts.catalog.lineage.outOf([node]).length > 0
  return isLinked ? node : runNode(resolveRun(parts, text).id)
}

function leftOutEdge(
  { catalog }: Pick<StoreParts, 'catalog'>,
  { from, to, role, added }: Edge,
): LeftOutEdge {
  const event = added && catalog.events.get(added.id)
  return { from, to, role, by: event?.by ?? '', at: event?.at ?? '' }
}
