/** Numbers as people read them: sizes, counts, times, shortened digests. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `512 B`, `97.5 MiB`: at most four digits, one of them after the point. */
export function formatBytes(bytes: number): string {
  let amount = bytes
  let unit = 0
  while (unit < units.length - 1 && roundsUpTo1024(amount, unit)) {
    amount /= 1024
    unit++
  }
  return `${unit === 0 ? String(amount) : amount.toFixed(1)} ${units[unit] ?? 'B'}`
}

/** 1023.96 KiB would print as 1024.0 KiB. */
function roundsUpTo1024(amount: number, unit: number): boolean {
  return amount >= (unit === 0 ? 1024 : 1023.95)
}

/** `1 file`, `3 files`. */
export function formatCount(amount: number, noun: string, plural: string = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : plural}`
}

/** `3 files, 97.5 MiB`: what nearly every result says. */
export function formatContent(content: {
  readonly files: number
  readonly sizeBytes: number
}): string {
  return `${formatCount(content.files, 'file')}, ${formatBytes(content.sizeBytes)}`
}

/** Enough of a digest to find it again; commands accept 8 characters and more. */
export function shortDigest(digest: string | null): string {
  return digest === null ? '-' : digest.slice(0, 12)
}

/** ISO time without fractions of a second. */
export function formatTime(iso: string): string {
  return iso.replace(/\.\d+(?=Z$)/, '')
}

/** `7s`, `3m 20s`, `2h 05m`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${pad(seconds % 60)}s`
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}
