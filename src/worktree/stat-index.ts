/**
 * Spares unchanged files from being read: their size, times and inode are as they were when
 * their digest was last known.
 *
 * The danger is a "racy" file: one that changes again in the tick of the clock in which its stat
 * was taken looks unchanged for ever. So a row is only made from a stat whose times are both
 * older than the file system's time T, and T is read before any of the bytes: every later change
 * then stamps T or more, and the row no longer matches. Files younger than that are simply read
 * again next time. (Git's rule, with the time taken before reading rather than after.)
 */

import type { Digest } from '../core/digest.ts'
import type { FileStat } from '../ports/file-system.ts'
import type { StatCache, StatRow } from '../ports/stat-cache.ts'
import { joinPath } from './relative-path.ts'

/** Rows handed to the cache in one call. */
const rowsPerPut = 4096

/** The digest of a file whose stat is still what the row says. */
export function lookup(stat: FileStat, row: StatRow | undefined): Digest | undefined {
  if (row === undefined) return undefined
  const same =
    stat.sizeBytes === row.sizeBytes &&
    stat.mtimeNs === row.mtimeNs &&
    stat.ctimeNs === row.ctimeNs &&
    stat.inode === row.inode
  return same ? row.digest : undefined
}

/**
 * The row to keep for a file, or `undefined` if it changed too recently to be trusted later.
 *
 * @param timeNs The file system's time, read before the stat was taken and the bytes were read.
 */
export function rowFor(stat: FileStat, digest: Digest, timeNs: bigint): StatRow | undefined {
  if (stat.mtimeNs >= timeNs || stat.ctimeNs >= timeNs) return undefined
  const { sizeBytes, mtimeNs, ctimeNs, inode } = stat
  return { sizeBytes, mtimeNs, ctimeNs, inode, digest }
}

/**
 * The rows of one folder for the time of one command: loaded once, written once, only what
 * changed.
 */
export class StatIndex {
  readonly #cache: StatCache
  readonly #folder: string
  readonly #timeNs: bigint
  readonly #rows: ReadonlyMap<string, StatRow> | undefined
  #changed: (readonly [path: string, row: StatRow])[] = []

  /**
   * @param folder Absolute real path; the paths below are relative to it, `''` is itself.
   * @param timeNs The file system's time, read before the folder is scanned.
   * @param load `all` rows of the folder at once, or `each` when it is asked for: for a file or two.
   */
  constructor(cache: StatCache, folder: string, timeNs: bigint, load: 'all' | 'each' = 'all') {
    this.#cache = cache
    this.#folder = folder
    this.#timeNs = timeNs
    this.#rows = load === 'all' ? cache.below(folder) : undefined
  }

  /** The file's digest, if it did not change since it was recorded. */
  digestOf(path: string, stat: FileStat): Digest | undefined {
    return lookup(stat, this.#rowOf(path))
  }

  /** Keeps what was read. `stat` must have been the file's before and after the reading. */
  record(path: string, stat: FileStat, digest: Digest): void {
    if (lookup(stat, this.#rowOf(path)) === digest) return
    const row = rowFor(stat, digest, this.#timeNs)
    if (row === undefined) return
    this.#changed.push([joinPath(this.#folder, path), row])
    if (this.#changed.length >= rowsPerPut) this.flush()
  }

  #rowOf(path: string): StatRow | undefined {
    if (this.#rows !== undefined) return this.#rows.get(path)
    return this.#cache.get(joinPath(this.#folder, path))
  }

  /** Writes the rows recorded so far. */
  flush(): void {
    if (this.#changed.length === 0) return
    this.#cache.put(this.#changed)
    this.#changed = []
  }
}
