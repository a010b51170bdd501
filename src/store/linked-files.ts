/**
 * Files of the user that became the store's copy by a hard link.
 *
 * Linking them and taking their write permission away changed their time of change, so the stat
 * from before says nothing any more. They are looked at again once the file system's clock has
 * moved on: then a later change cannot hide behind the same time stamp.
 */

import type { Digest } from '../core/digest.ts'
import type { FileStat } from '../ports/file-system.ts'
import type { StatRow } from '../ports/stat-cache.ts'
import { FileSystemClock } from '../worktree/file-system-time.ts'
import { unfinishedWithin } from '../worktree/reserved-names.ts'
import { rowFor } from '../worktree/stat-index.ts'
import type { StoreParts } from './parts.ts'

type LinkedFile = {
  /** Absolute. */
  readonly path: string
  /** As the file was when it was hashed. */
  readonly stat: FileStat
  readonly digest: Digest
}

export class LinkedFiles {
  readonly #parts: StoreParts
  readonly #files: LinkedFile[] = []

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** @param timeNs The file system's time before the file was read. */
  add(file: LinkedFile, timeNs: bigint): void {
    if (file.stat.mtimeNs < timeNs) this.#files.push(file)
  }

  /** Puts the files as they are now into the stat cache. */
  async recordRows(): Promise<void> {
    if (this.#files.length === 0) return
    const { fs, layout, temporaries, catalog } = this.#parts
    const scratch = unfinishedWithin(layout.temporary, `${temporaries.name()}+clock`)
    const clock = FileSystemClock.open(fs, scratch)
    try {
      const timeNs = await clock.after(clock.now())
      catalog.stats.put(this.#files.flatMap((file) => this.#rowOf(file, timeNs)))
    } finally {
      clock.close()
    }
  }

  #rowOf(
    { path, stat, digest }: LinkedFile,
    timeNs: bigint,
  ): (readonly [path: string, row: StatRow])[] {
    const now = this.#parts.fs.lstat(path)
    const isSame =
      now?.inode === stat.inode && now.sizeBytes === stat.sizeBytes && now.mtimeNs === stat.mtimeNs
    const row = isSame ? rowFor(now, digest, timeNs) : undefined
    return row === undefined ? [] : [[path, row]]
  }
}
