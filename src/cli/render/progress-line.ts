/** One line that says how far a long operation has come. Pure: state in, text out. */

import { formatBytes, formatCount, formatDuration } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'

export type ProgressState = {
  readonly title: string
  readonly files: number
  readonly bytes: number
  readonly dedupedBytes: number
  readonly totalFiles: number | undefined
  readonly totalBytes: number | undefined
  readonly elapsedMs: number
}

/**
 * How much is done, from 0 to 1; `undefined` while no total is known.
 *
 * Bytes tell more than files, but an operation on links and empty files has only files.
 */
export function doneShare(state: ProgressState): number | undefined {
  const { totalBytes = 0, totalFiles = 0 } = state
  const done = state.bytes + state.dedupedBytes
  if (totalBytes > 0) return Math.min(1, done / totalBytes)
  return totalFiles > 0 ? Math.min(1, state.files / totalFiles) : undefined
}

/**
 * @param bar Drawn for a known share; left out when it does not fit.
 * @param columns The line is never longer: a wrapped line cannot be redrawn.
 */
export function progressLine(state: ProgressState, bar: string, columns: number): string {
  const facts = [
    filesFact(state),
    bytesFact(state),
    dedupedFact(state),
    rateFact(state),
    etaFact(state),
  ]
  const text = facts.filter((fact) => fact !== '').join('  ')
  const title = visible(state.title)
  const full = [title, bar, text].filter((part) => part !== '').join('  ')
  const line = full.length < columns ? full : `${title}  ${text}`
  return line.slice(0, Math.max(0, columns - 1))
}

function filesFact({ files, totalFiles }: ProgressState): string {
  if (files === 0 && totalFiles === undefined) return ''
  return totalFiles === undefined ? formatCount(files, 'file') : `${files}/${totalFiles} files`
}

function bytesFact({ bytes, totalBytes, dedupedBytes }: ProgressState): string {
  const done = formatBytes(bytes + dedupedBytes)
  return totalBytes === undefined ? done : `${done}/${formatBytes(totalBytes)}`
}

function dedupedFact({ dedupedBytes }: ProgressState): string {
  return dedupedBytes === 0 ? '' : `${formatBytes(dedupedBytes)} known`
}

function rateFact({ bytes, dedupedBytes, elapsedMs }: ProgressState): string {
  if (elapsedMs <= 0) return ''
  return `${formatBytes(Math.round(((bytes + dedupedBytes) * 1000) / elapsedMs))}/s`
}

function etaFact(state: ProgressState): string {
  const share = doneShare(state)
  if (share === undefined || share === 0 || share === 1) return ''
  return `${formatDuration((state.elapsedMs * (1 - share)) / share)} left`
}
