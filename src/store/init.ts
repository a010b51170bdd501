/** `init`: makes a store, or leaves the one that is there as it is. */

import { join } from 'node:path'

import {
  chunkSizeBytesMax,
  chunkSizeBytesMin,
  chunkSizeBytesTarget,
  looseMaskBits,
  strictMaskBits,
} from '../core/chunking/parameters.ts'
import { WriterLock } from '../catalog/writer-lock.ts'
import { type DurableParts, durableWrite, makeDirectoryDurably } from '../objects/durable-write.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { findRepositoryRoot, Repository } from '../worktree/repository.ts'
import { DurableFiles, temporariesOf } from './durable-files.ts'
import type { Environment } from './environment.ts'
import { layoutOf, type StoreLayout, storeFolderName } from './layout.ts'
import { relativePath } from './paths.ts'
import type { InitResult } from './results.ts'
import { readFormat, storeFormatVersion } from './store-format.ts'

/** How long making a store waits for another process that makes it. */
const lockTimeoutMs = 10_000

/**
 * Makes a store in a folder, which is made too.
 *
 * @param folder Absolute.
 */
export async function init(
  fs: FileSystem,
  folder: string,
  environment: Environment,
): Promise<InitResult> {
  fs.makeDirectory(folder)
  const layout = layoutOf(join(fs.realPath(folder), storeFolderName))
  const durable = { fs, temporaries: temporariesOf(fs, environment) }
  const { storeId, created } = await createFormat(durable, layout, environment)
  const files = new DurableFiles(durable)
  const root = findRepositoryRoot(fs, layout.directory)
  const repository = new Repository({ fs, durableWrite: files.write.bind(files) }, root)
  if (repository.hasGit) repository.addIgnoredPath(relativePath(root, layout.directory))
  return { store: layout.directory, storeId, created }
}

type MadeFormat = Pick<InitResult, 'storeId' | 'created'>

/** Of two processes that make one store at once, one makes it and the other finds it. */
async function createFormat(
  parts: DurableParts,
  layout: StoreLayout,
  environment: Environment,
): Promise<MadeFormat> {
  if (parts.fs.lstat(layout.format) === undefined) {
    for (const folder of [layout.directory, layout.packs, layout.journal, layout.temporary]) {
      makeDirectoryDurably(parts.fs, folder)
    }
    const { clock, ids, user, host } = environment
    const lock = new WriterLock(layout.writerLock, { clock, ids, owner: `${user}@${host}` })
    using _held = await lock.acquire({ timeoutMs: lockTimeoutMs })
    if (parts.fs.lstat(layout.format) === undefined) {
      return { storeId: writeFormat(parts, layout, environment), created: true }
    }
  }
  const { storeId } = readFormat(parts.fs, layout)
  return { storeId, created: false }
}

function writeFormat(
  parts: DurableParts,
  layout: StoreLayout,
  { clock, ids }: Pick<Environment, 'clock' | 'ids'>,
): string {
  const storeId = ids.id()
  const format = {
    chunking: {
      algorithm: 'fastcdc-gear',
      looseMaskBits,
      sizeBytesMax: chunkSizeBytesMax,
      sizeBytesMin: chunkSizeBytesMin,
      sizeBytesTarget: chunkSizeBytesTarget,
      strictMaskBits,
    },
    createdAt: clock.now().toISOString(),
    format: storeFormatVersion,
    storeId,
  }
  durableWrite(parts, layout.format, Buffer.from(`${JSON.stringify(format, undefined, 2)}\n`))
  return storeId
}
