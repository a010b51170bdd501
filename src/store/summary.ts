/** Versions as results show them: what lists need of the record, with label, aliases and tags. */

import assert from 'node:assert/strict'

import type { VersionRow } from '../catalog/version-row.ts'
import type { StoreParts } from './parts.ts'
import type { VersionSummary } from './results.ts'

/** Summaries in the order of the rows, with one look-up a table and not one a version. */
export function summariesOf(
  { catalog }: Pick<StoreParts, 'catalog'>,
  rows: readonly VersionRow[],
): VersionSummary[] {
  const ids = rows.map((row) => row.id)
  const labels = catalog.labels.ofVersions(ids)
  const aliases = catalog.aliases.ofVersions(ids)
  const tags = catalog.tags.ofVersions(ids)
  return rows.map((row) => {
    const { id, artifact, root, createdAt, by, files, sizeBytes, run } = row
    return {
      artifact,
      label: labels.get(id) ?? null,
      digest: id,
      root,
      createdAt,
      by,
      files,
      sizeBytes,
      aliases: aliases.get(id) ?? [],
      tags: Object.fromEntries(tags.get(id) ?? []),
      run,
    }
  })
}

export function summaryOf(parts: Pick<StoreParts, 'catalog'>, row: VersionRow): VersionSummary {
  const [summary] = summariesOf(parts, [row])
  assert(summary !== undefined, 'one row has one summary')
  return summary
}
