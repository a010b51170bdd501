/** Numbers as a terminal shows them: those of core/amounts.ts, and shortened digests. */

export {
  formatBytes,
  formatContent,
  formatCount,
  formatDuration,
  formatTime,
} from '../../core/amounts.ts'

/** Enough of a digest to find it again; commands accept 8 characters and more. */
export function shortDigest(digest: string | null): string {
  return digest === null ? '-' : digest.slice(0, 12)
}
