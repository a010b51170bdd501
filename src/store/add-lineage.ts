/** `lineage add`: saying after the fact that one version was made from another. */

import type { VersionRow } from '../catalog/version-row.ts'
import { type LineageGraph, type NodeId, versionNode } from '../core/lineage/graph.ts'
import { inputRole } from '../core/lineage/roles.ts'
import { SoundLineage } from '../core/lineage/sound-lineage.ts'
import { lineagePath } from '../core/lineage/walk.ts'
import { parseKey } from '../core/names.ts'
import { invalidArgument, MlstoreError } from '../errors.ts'
import { appendEvents } from './append-events.ts'
import { titlesOfNodes } from './lineage-nodes.ts'
import type { StoreParts } from './parts.ts'
import { resolveVersion } from './resolve.ts'
import type { AddLineageResult } from './runs/results.ts'
import { versionTitle } from './version-title.ts'

/**
 * Records that the version `to` was made from the version `from`.
 *
 * @param options.role What `from` was used as. Default: `input`.
 * @throws {MlstoreError} `INVALID_ARGUMENT` if `from` came from `to`, with the nodes between them
 * in `details.path`; `NOT_FOUND`, `AMBIGUOUS_REFERENCE`.
 */
export async function addLineage(
  parts: StoreParts,
  from: string,
  to: string,
  options: { readonly role?: string | undefined } = {},
): Promise<AddLineageResult> {
  const role = parseKey('role', options.role ?? inputRole)
  const source = versionNamed(parts, from)
  const target = versionNamed(parts, to)
  const events = await appendEvents(parts, () => {
    const graph = new SoundLineage(parts.catalog.lineage)
    const edge = { from: versionNode(source.id), to: versionNode(target.id), role }
    refuseCycle(parts, graph, edge)
    if (isKnown(graph, edge)) return []
    return [{ type: 'lineage.add', from: source.id, to: target.id, role }]
  })
  return {
    from: source.id,
    fromName: versionTitle(parts, source),
    to: target.id,
    toName: versionTitle(parts, target),
    role,
    unchanged: events.length === 0,
  }
}

type WantedEdge = { readonly from: NodeId; readonly to: NodeId; readonly role: string }

function versionNamed(parts: StoreParts, text: string): VersionRow {
  if (!text.startsWith('run:')) return resolveVersion(parts, text)
  throw invalidArgument(
    `${text} is a run; lineage is added between versions.`,
    'A run says itself what it reads and makes: `mlstore run log --input REF` and `--output PATH`.',
  )
}

function refuseCycle(parts: StoreParts, graph: LineageGraph, { from, to }: WantedEdge): void {
  if (from === to) throw invalidArgument('A version is not made from itself.')
  const path = lineagePath(graph, to, from)
  if (path === undefined) return
  const titles = titlesOfNodes(parts, path)
  throw new MlstoreError(
    'INVALID_ARGUMENT',
    `${titles.at(-1) ?? ''} came from ${titles[0] ?? ''} itself: ${titles.join(' -> ')}.`,
    {
      hint: 'Name first the version that was used, then the one made from it.',
      details: { path },
    },
  )
}

/** Whether a version, a run or an earlier edge says so. */
function isKnown(graph: LineageGraph, { from, to, role }: WantedEdge): boolean {
  const into = graph.into([to])
  if (into.some((edge) => edge.from === from && edge.role === role)) return true
  const makers = into.map((edge) => edge.from).filter((node) => node.startsWith('run:'))
  return graph.into(makers).some((edge) => edge.from === from)
}
