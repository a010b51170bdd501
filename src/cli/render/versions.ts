/** Versions as text: what `add`, `get`, `log`, `search`, `show` and their kin print. */

import type {
  AddResult,
  AliasListing,
  AliasMove,
  AliasResult,
  CheckoutResult,
  GetResult,
  RemovedVersion,
  TagsResult,
  VersionSummary,
} from '../../store/results.ts'
import {
  formatBytes,
  formatContent,
  formatCount,
  formatTime,
  shortDigest,
} from '../../core/amounts.ts'
import { type Column, table } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'

type Named = { readonly artifact: string; readonly label: string | null; readonly digest: string }

/** `type/name@label`, or a digest where the version has no label. */
export function versionName(version: Named): string {
  return visible(`${version.artifact}@${version.label ?? shortDigest(version.digest)}`)
}

export function renderAdded(results: readonly AddResult[], paint: Paint): string {
  if (results.length === 0) return 'Nothing changed.'
  return results.map((result) => addedLine(result, paint)).join('\n')
}

function addedLine(result: AddResult, paint: Paint): string {
  const news = result.unchanged ? 'unchanged' : `${formatBytes(result.newBytes)} new`
  const aliases = result.aliases.length === 0 ? '' : `; alias ${names(result.aliases)}`
  const name = paint('bold', versionName(result))
  return `${name}  ${shortDigest(result.digest)}  ${formatContent(result)}, ${news}${aliases}`
}

export function renderGotten(result: GetResult, paint: Paint): string {
  const name = paint('bold', versionName(result))
  const { fetchedBytes, requests } = result
  const cost = `${formatBytes(fetchedBytes)} fetched in ${formatCount(requests, 'request')}`
  const fetched = fetchedBytes === 0 ? '' : `, ${cost}`
  return `${name} -> ${visible(result.path)}  ${formatContent(result)}${fetched}`
}

export function renderCheckout(result: CheckoutResult): string {
  const { paths, writtenFiles, removedFiles, fetchedBytes } = result
  if (writtenFiles === 0 && removedFiles === 0) return 'The working tree is as mlstore.lock says.'
  const counts = [`${formatCount(writtenFiles, 'file')} written`]
  if (removedFiles > 0) counts.push(`${removedFiles} removed`)
  if (fetchedBytes > 0) counts.push(`${formatBytes(fetchedBytes)} fetched`)
  return `${names(paths)}: ${counts.join(', ')}`
}

const versionColumns: readonly Column<VersionSummary>[] = [
  { title: 'LABEL', cell: (row) => visible(row.label ?? '-') },
  { title: 'DIGEST', cell: (row) => shortDigest(row.digest) },
  { title: 'CREATED', cell: (row) => formatTime(row.createdAt) },
  { title: 'FILES', cell: (row) => String(row.files), align: 'right' },
  { title: 'SIZE', cell: (row) => formatBytes(row.sizeBytes), align: 'right' },
  { title: 'ALIASES', cell: (row) => names(row.aliases) },
  { title: 'TAGS', cell: (row) => tagsOf(row.tags).join(' ') },
  { title: 'RUN', cell: (row) => visible(row.run ?? '').slice(0, 12) },
]

/** A table without the columns that are empty in every row: aliases, tags and runs are rare. */
function versionTable(
  rows: readonly VersionSummary[],
  columns: readonly Column<VersionSummary>[],
  paint: Paint,
): string {
  const filled = columns.filter((column) => rows.some((row) => column.cell(row) !== ''))
  return table(rows, filled, paint)
}

export function renderLog(rows: readonly VersionSummary[], paint: Paint): string {
  return versionTable(rows, versionColumns, paint)
}

export function renderSearch(rows: readonly VersionSummary[], paint: Paint): string {
  const artifact: Column<VersionSummary> = {
    title: 'ARTIFACT',
    cell: (row) => visible(row.artifact),
  }
  return versionTable(rows, [artifact, ...versionColumns], paint)
}

export function renderAliasMove(result: AliasResult): string {
  const name = visible(`${result.artifact}@${result.alias}`)
  if (result.to === null) return `Removed ${name}; it pointed at ${shortDigest(result.from)}.`
  const before = result.from === null ? '' : `, no longer at ${shortDigest(result.from)}`
  if (result.from === result.to) return `${name} points at ${shortDigest(result.to)} already.`
  return `${name} now points at ${shortDigest(result.to)}${before}.`
}

export function renderAliases(rows: readonly AliasListing[], paint: Paint): string {
  return table(
    rows,
    [
      { title: 'ARTIFACT', cell: (row) => visible(row.artifact) },
      { title: 'ALIAS', cell: (row) => visible(row.alias) },
      { title: 'LABEL', cell: (row) => visible(row.label ?? '-') },
      { title: 'DIGEST', cell: (row) => shortDigest(row.to) },
    ],
    paint,
  )
}

export function renderAliasLog(
  rows: readonly Omit<AliasMove, 'artifact' | 'alias'>[],
  paint: Paint,
): string {
  return table(
    rows,
    [
      { title: 'AT', cell: (row) => formatTime(row.at) },
      { title: 'BY', cell: (row) => visible(row.by) },
      { title: 'FROM', cell: (row) => shortDigest(row.from) },
      { title: 'TO', cell: (row) => shortDigest(row.to) },
      { title: 'REASON', cell: (row) => visible(row.reason ?? '') },
    ],
    paint,
  )
}

export function renderTags(result: TagsResult): string {
  return tagsOf(result.tags).join('\n')
}

export function renderRemoved(rows: readonly RemovedVersion[]): string {
  return rows.map((row) => `Deleted ${sizedVersion(row)}`).join('\n')
}

export function renderRemovePlan(rows: readonly RemovedVersion[]): string {
  return rows.map((row) => `Would delete ${sizedVersion(row)}`).join('\n')
}

export function renderRestored(rows: readonly RemovedVersion[]): string {
  return rows.map((row) => `Restored ${sizedVersion(row)}`).join('\n')
}

function sizedVersion(row: RemovedVersion): string {
  return `${versionName(row)}  ${formatBytes(row.sizeBytes)}`
}

export function renderRelabelled(version: VersionSummary): string {
  return `${shortDigest(version.digest)} is now ${versionName(version)}.`
}

/** `key=value` of each. */
export function tagsOf(tags: Readonly<Record<string, string>>): string[] {
  return Object.entries(tags).map(([key, value]) => visible(`${key}=${value}`))
}

function names(list: readonly string[]): string {
  return list.map(visible).join(', ')
}
