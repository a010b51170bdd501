/**
 * How a batch of files becomes durable: one flush of the whole file system where that can be had,
 * else an fsync for each file and folder.
 *
 * A hundred thousand fsyncs take minutes, one `sync -f` a second. For a handful of files it is the
 * other way round, since a flush of everything waits for other programs' bytes too.
 */

import { dirname } from 'node:path'

import { MlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'

/** Up to so many files are flushed one by one. */
const handful = 16

export class Durability {
  /** Each file must be fsynced by whoever writes it; `flush` then does the folders. */
  readonly syncsEach: boolean
  readonly #fs: FileSystem
  readonly #folder: string
  readonly #changed = new Set<string>()

  private constructor(fs: FileSystem, folder: string, syncsEach: boolean) {
    this.#fs = fs
    this.#folder = folder
    this.syncsEach = syncsEach
  }

  /** @param folder Any existing folder on the file system that is written to. */
  static async choose(fs: FileSystem, folder: string, files: number): Promise<Durability> {
    const syncsEach = files <= handful || !(await fs.syncFileSystem(folder))
    return new Durability(fs, folder, syncsEach)
  }

  /** Remembers that an entry of this folder was made, renamed or removed. */
  changed(folder: string): void {
    if (this.syncsEach) this.#changed.add(folder)
  }

  /** Remembers that a folder itself is gone: what was removed from it went with it. */
  removed(folder: string): void {
    this.#changed.delete(folder)
    this.changed(dirname(folder))
  }

  /** Makes a folder and what is missing above it. */
  makeDirectory(path: string): void {
    for (let folder = path; this.#fs.lstat(folder) === undefined; folder = dirname(folder)) {
      this.changed(dirname(folder))
    }
    this.#fs.makeDirectory(path)
  }

  /** Returns when everything up to now survives a power cut. A failure is final. */
  async flush(): Promise<void> {
    if (!this.syncsEach && !(await this.#fs.syncFileSystem(this.#folder))) {
      throw new MlstoreError('IO_ERROR', `The file system of ${this.#folder} cannot be flushed.`, {
        hint: 'Check the disk and the system log, then run the command again.',
      })
    }
    for (const folder of this.#changed) this.#fs.syncDirectory(folder)
    this.#changed.clear()
  }
}
