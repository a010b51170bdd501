/** Files of versions as text: `ls` and `diff`. */

import type { DiffResult, ListedArtifact, ListedFile } from '../../store/results.ts'
import { formatBytes, formatCount, shortDigest } from '../../core/amounts.ts'
import { table } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'

export function renderArtifacts(artifacts: readonly ListedArtifact[], paint: Paint): string {
  return table(
    artifacts,
    [
      { title: 'ARTIFACT', cell: (row) => visible(row.artifact) },
      { title: 'VERSIONS', cell: (row) => String(row.versions), align: 'right' },
      { title: 'SIZE', cell: (row) => formatBytes(row.sizeBytes), align: 'right' },
      { title: 'LATEST', cell: (row) => visible(row.latest ?? '-') },
    ],
    paint,
  )
}

/** One line of a listing; the widths are fixed, because a million files are printed as they come. */
export function renderFile(file: ListedFile, paint: Paint): string {
  const size = formatBytes(file.sizeBytes).padStart(10)
  return `${size}  ${paint('dim', shortDigest(file.digest).padEnd(12))}  ${fileName(file, paint)}`
}

function fileName(file: ListedFile, paint: Paint): string {
  const path = visible(file.path)
  if (file.kind === 'directory') return paint('cyan', `${path}/`)
  if (file.kind === 'link') return `${path} -> ${visible(file.target ?? '')}`
  return file.executable === true ? `${path}*` : path
}

export function renderDiff(diff: DiffResult, paint: Paint): string {
  const lines = [
    ...diff.added.map((file) =>
      paint('green', `+ ${visible(file.path)}  ${formatBytes(file.sizeBytes)}`),
    ),
    ...diff.removed.map((file) =>
      paint('red', `- ${visible(file.path)}  ${formatBytes(file.sizeBytes)}`),
    ),
    ...diff.changed.map((file) => paint('yellow', `~ ${visible(file.path)}  ${sizeChange(file)}`)),
    ...diff.renamed.map((file) => paint('cyan', `> ${visible(file.from)} -> ${visible(file.to)}`)),
  ]
  return lines.length === 0 ? 'No difference.' : [...lines, diffSummary(diff)].join('\n')
}

function sizeChange({ before, after }: DiffResult['changed'][number]): string {
  if (before.sizeBytes === after.sizeBytes) return formatBytes(after.sizeBytes)
  return `${formatBytes(before.sizeBytes)} -> ${formatBytes(after.sizeBytes)}`
}

function diffSummary(diff: DiffResult): string {
  const counts = [
    formatCount(diff.added.length, 'added', 'added'),
    formatCount(diff.removed.length, 'removed', 'removed'),
    formatCount(diff.changed.length, 'changed', 'changed'),
    formatCount(diff.renamed.length, 'renamed', 'renamed'),
  ]
  return `${counts.join(', ')}; ${formatBytes(diff.sizeBytes)} added or changed`
}
