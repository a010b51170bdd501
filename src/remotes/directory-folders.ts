/**
 * The folders of a directory remote: made durably, and never through a symbolic link.
 *
 * What was checked once is remembered for the life of the remote, so that a busy folder costs
 * one check. A folder whose entry is not durable could vanish in a power cut with all that was
 * put into it, so before the first write into a folder each one above it is fsynced, also when
 * another process made it.
 */

import { lstat, mkdir, open } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'

import { isAbsence, notOurs, systemCode } from './directory-errors.ts'

export type SyncFolder = (folder: string) => Promise<void>

/** File systems that keep no names in memory say so when they are asked to write them out. */
const needsNoSync: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'])

export class DirectoryFolders {
  readonly #root: string
  readonly #real = new Set<string>()
  readonly #durable = new Set<string>()
  readonly #sync: SyncFolder

  constructor(root: string, sync: SyncFolder) {
    this.#root = root
    this.#sync = sync
  }

  /** @throws {MlstoreError} `REMOTE_REFUSED` if a folder on the way is a symbolic link. */
  async exists(folder: string): Promise<boolean> {
    if (this.#real.has(folder)) return true
    for (const path of this.#pathsTo(folder)) {
      const stat = await lstat(path).catch((error: unknown) => {
        if (isAbsence(error)) return undefined
        throw error
      })
      if (stat?.isSymbolicLink() === true) throw notOurs(path, 'a symbolic link')
      if (stat?.isDirectory() !== true) return false
    }
    this.#real.add(folder)
    return true
  }

  /** Makes the folder and what is missing above it, durably. */
  async make(folder: string): Promise<void> {
    if (this.#durable.has(folder)) return
    if (!(await this.exists(folder))) {
      const first = await mkdir(folder, { recursive: true })
      if (first !== undefined) await this.#syncFrom(dirname(folder), dirname(first))
      await this.exists(folder)
    }
    for (const path of [this.#root, ...this.#pathsTo(folder)]) {
      if (!this.#durable.has(path)) await this.#sync(path)
      this.#durable.add(path)
    }
  }

  /** Fsyncs a folder and those above it, up to `last`. */
  async #syncFrom(folder: string, last: string): Promise<void> {
    await this.#sync(folder)
    if (folder !== last) await this.#syncFrom(dirname(folder), last)
  }

  /** The folders below the root down to this one. */
  #pathsTo(folder: string): string[] {
    const names = relative(this.#root, folder).split(sep).filter(Boolean)
    return names.map((_, index) => join(this.#root, ...names.slice(0, index + 1)))
  }
}

/** Makes the names in a folder durable. A failure is final: it is never tried again. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!needsNoSync.has(systemCode(error) ?? '')) throw error
  } finally {
    await handle.close()
  }
}
