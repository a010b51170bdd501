/**
 * StatCache: the digest a working-tree file had when mlstore last read or wrote it.
 *
 * A hit gives a digest, not presence of the object. Rows are keyed by absolute real path. A row
 * whose file changed in the same tick of the file system's clock as it was read ("racy", git's
 * rule) is never written or never trusted.
 */

import type { Digest } from '../core/digest.ts'

export type StatRow = {
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly inode: bigint
  readonly digest: Digest
}

export interface StatCache {
  /** Rows of every path at or below the folder, by path relative to it (`''` for the path itself). */
  below(folder: string): Map<string, StatRow>
  get(path: string): StatRow | undefined
  put(rows: Iterable<readonly [path: string, row: StatRow]>): void
  forget(paths: Iterable<string>): void
}
