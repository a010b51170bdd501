/** Versions as results show them: the record with its label, aliases and tags. */

import type { VersionRow } from '../catalog/version-row.ts'
import type { StoreParts } from './parts.ts'
import type { VersionSummary } from './results.ts'

/** Summaries in the order of the rows, with one look-up a table and not one a version. */
export function summariesOf(
  { catalog }: Pick<StoreParts, 'catalog'>,
  rows: readonly VersionRow[],
): VersionSummary[] {
  const ids = rows.map((row) => row.id)
  const aliases = catalog.aliases.ofVersions(ids)
  const tags = catalog.tags.ofVersions(ids)
  return rows.map(({ id, record }) => ({
    artifact: record.artifact,
    label: catalog.labels.of(id) ?? null,
    digest: id,
    root: record.root,
    createdAt: record.createdAt,
    by: record.by ?? null,
    files: record.files,
    sizeBytes: record.size,
    aliases: aliases.get(id) ?? [],
    tags: Object.fromEntries(tags.get(id) ?? []),
    run: record.run ?? null,
  }))
}

export function summaryOf(parts: Pick<StoreParts, 'catalog'>, row: VersionRow): VersionSummary {
  const [summary] = summariesOf(parts, [row])
  if (summary === undefined) throw new RangeError('one row has one summary')
  return summary
}
