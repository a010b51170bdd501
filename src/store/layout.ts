/**
 * Where things lie: the paths of one `.mlstore` and of the repository around it.
 */

import { dirname, join } from 'node:path'

import { MlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'

export type StoreLayout = {
  /** Absolute path of `.mlstore`. */
  readonly directory: string
  readonly format: string
  readonly config: string
  readonly packs: string
  readonly objects: string
  readonly journal: string
  /** What a repair of the journal works in; there only if one was interrupted. */
  readonly journalRepair: string
  readonly catalog: string
  readonly writerLock: string
  readonly temporary: string
  /** Footers of packs that a push is sending, a folder a push. */
  readonly pushes: string
}

export const storeFolderName = '.mlstore'

export function layoutOf(directory: string): StoreLayout {
  return {
    directory,
    format: join(directory, 'format.json'),
    config: join(directory, 'config.json'),
    packs: join(directory, 'packs'),
    objects: join(directory, 'objects'),
    journal: join(directory, 'journal'),
    journalRepair: join(directory, 'journal.repair'),
    catalog: join(directory, 'index.sqlite'),
    writerLock: join(directory, 'lock.sqlite'),
    temporary: join(directory, 'tmp'),
    pushes: join(directory, 'push'),
  }
}

/**
 * Finds the store for a working directory: `.mlstore` there or in a folder above it.
 *
 * @throws {MlstoreError} `STORE_MISSING` when there is none.
 */
export function findStore(fs: FileSystem, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, storeFolderName)
    if (fs.lstat(candidate)?.kind === 'directory') return candidate
    if (dirname(folder) === folder) break
  }
  throw new MlstoreError('STORE_MISSING', `No ${storeFolderName} in ${from} or above it.`, {
    hint: 'Make one with `mlstore init`, or name one with --store DIR.',
  })
}
