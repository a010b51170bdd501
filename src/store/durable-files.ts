/**
 * Small files that mlstore replaces as a whole: settings, the lock file, what is written where.
 *
 * A writer that dies leaves its temporary file beside the one it was to replace, in the user's
 * repository as well. So the first write into a folder sweeps it.
 */

import { dirname } from 'node:path'

import { type DurableParts, durableWrite } from '../objects/durable-write.ts'
import { SystemProcessTable } from '../objects/process-table.ts'
import { Temporaries } from '../objects/temporary.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { Environment } from './environment.ts'

export class DurableFiles {
  readonly #parts: DurableParts
  readonly #swept = new Set<string>()

  constructor(parts: DurableParts) {
    this.#parts = parts
  }

  /** Replaces the file, or makes it. */
  write(path: string, bytes: Uint8Array): void {
    this.sweep(dirname(path))
    durableWrite(this.#parts, path, bytes)
  }

  /** Removes what dead processes left unfinished in the folder; the second call costs nothing. */
  sweep(folder: string): void {
    if (this.#swept.has(folder)) return
    if (this.#parts.fs.lstat(folder) === undefined) return
    this.#parts.temporaries.sweep(folder)
    this.#swept.add(folder)
  }
}

/** Names for the unfinished files of this process. */
export function temporariesOf(fs: FileSystem, { ids, host }: Environment): Temporaries {
  return new Temporaries({ fs, ids, processes: new SystemProcessTable(), host, pid: process.pid })
}
