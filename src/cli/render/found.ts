/** What `search` found, as a table of artifacts and as CSV. */

import type { FoundArtifact, VersionSummary } from '../../store/results.ts'
import { formatBytes } from '../../core/amounts.ts'
import { table } from './columns.ts'
import { csv, type CsvValue } from './csv.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'

export function renderFoundArtifacts(rows: readonly FoundArtifact[], paint: Paint): string {
  return table(
    rows,
    [
      { title: 'ARTIFACT', cell: (row) => visible(row.artifact) },
      { title: 'VERSIONS', cell: (row) => String(row.versions), align: 'right' },
      { title: 'SIZE', cell: (row) => formatBytes(row.sizeBytes), align: 'right' },
      { title: 'LATEST', cell: (row) => visible(row.latest ?? '-') },
      { title: 'TAGS', cell: tagsText },
    ],
    paint,
  )
}

function tagsText({ tags }: FoundArtifact): string {
  return Object.entries(tags)
    .map(([key, value]) => visible(`${key}=${value}`))
    .join(' ')
}

const versionFields = [
  'artifact',
  'label',
  'digest',
  'root',
  'createdAt',
  'by',
  'files',
  'sizeBytes',
  'run',
] as const

/** A line a version, with a column for every tag that any of them has. */
export function versionsCsv(rows: readonly VersionSummary[]): string {
  return csvWithTags(rows, [...versionFields, 'aliases'], (row) => [
    ...versionFields.map((name) => row[name]),
    row.aliases.join(' '),
  ])
}

const artifactFields = ['artifact', 'versions', 'latest', 'sizeBytes'] as const

/** The same for artifacts. */
export function artifactsCsv(rows: readonly FoundArtifact[]): string {
  return csvWithTags(rows, artifactFields, (row) => artifactFields.map((name) => row[name]))
}

type Tagged = { readonly tags: Readonly<Record<string, string>> }

function csvWithTags<Row extends Tagged>(
  rows: readonly Row[],
  fields: readonly string[],
  valuesOf: (row: Row) => readonly CsvValue[],
): string {
  const keys = [...new Set(rows.flatMap(({ tags }) => Object.keys(tags)))].sort()
  const header = [...fields, ...keys.map((key) => `tags.${key}`)]
  const lines = rows.map((row) => {
    const tags = new Map(Object.entries(row.tags))
    return [...valuesOf(row), ...keys.map((key) => tags.get(key) ?? null)]
  })
  return csv(header, lines)
}
