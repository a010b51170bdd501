/** The newest version of another kind that lineage ties to a version: the job of a model. */

import { subjectOfNode, versionNode } from '../../core/lineage/graph.ts'
import { SoundLineage } from '../../core/lineage/sound-lineage.ts'
import { type LineageDirection, walkLineage } from '../../core/lineage/walk.ts'
import { parseReference } from '../../core/reference.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { StoreParts } from '../parts.ts'
import { resolveReference } from '../resolve.ts'
import { summaryOf } from '../summary.ts'
import type { RelatedResult } from './results.ts'

type Parts = Pick<StoreParts, 'catalog'>

const both: readonly LineageDirection[] = ['up', 'down']

/**
 * What was made of the version, or what it was made of, as long as it is of the type: the newest.
 *
 * Without `@X` the newest version of the artifact that has anything of the type to show counts: a
 * model that was just trained has no prediction job yet.
 *
 * @param type First segment of the names of the artifacts wanted.
 * @returns `null` if there is none.
 */
export function latestRelated(
  parts: Parts,
  text: string,
  type: string,
  options: { readonly direction?: LineageDirection | undefined } = {},
): RelatedResult | null {
  const reference = parseReference(text)
  const named = resolveReference(parts, reference)
  const versions =
    reference.selector === undefined ? parts.catalog.versions.list(named.artifact) : [named]
  const graph = new SoundLineage(parts.catalog.lineage)
  const directions = options.direction === undefined ? both : [options.direction]
  for (const version of versions) {
    const [newest] = relatedTo(parts, version, type, { graph, directions })
    if (newest !== undefined) return { version: summaryOf(parts, newest), of: version.id }
  }
  return null
}

type Walk = { readonly graph: SoundLineage; readonly directions: readonly LineageDirection[] }

function relatedTo(
  { catalog }: Parts,
  { id }: VersionRow,
  type: string,
  { graph, directions }: Walk,
): VersionRow[] {
  const { nodes } = walkLineage(graph, versionNode(id), { directions })
  const ids = nodes.map(subjectOfNode).flatMap((node) => {
    return node.kind === 'version' && node.version !== id ? node.version : []
  })
  return catalog.versions.among(ids).filter(({ artifact }) => artifact.startsWith(`${type}/`))
}
