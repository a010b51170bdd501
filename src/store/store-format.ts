/**
 * `.mlstore/format.json`: what kind of store this is.
 *
 * Written last when a store is made, so a folder without it is no store yet.
 */

import {
  chunkSizeBytesMax,
  chunkSizeBytesMin,
  chunkSizeBytesTarget,
  looseMaskBits,
  strictMaskBits,
} from '../core/chunking/parameters.ts'
import { WriterLock } from '../catalog/writer-lock.ts'
import { Fields } from '../core/json-shape.ts'
import { corrupt, MlstoreError } from '../errors.ts'
import { type DurableParts, durableWrite, makeDirectoryDurably } from '../objects/durable-write.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { Environment } from './environment.ts'
import type { StoreLayout } from './layout.ts'

/** The format this code reads and writes. */
export const storeFormatVersion = 1

export type StoreFormat = { readonly storeId: string }

/** How long making a store waits for another process that makes it. */
const lockTimeoutMs = 10_000

/** Makes the folders and `format.json`, or reads the one that is there. */
export async function createFormat(
  parts: DurableParts,
  layout: StoreLayout,
  environment: Environment,
): Promise<StoreFormat & { readonly created: boolean }> {
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
  return { ...readFormat(parts.fs, layout), created: false }
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

/** @throws {MlstoreError} `FORMAT_UNSUPPORTED` for a newer store, `CORRUPT`. */
export function readFormat(fs: FileSystem, layout: StoreLayout): StoreFormat {
  const fields = new Fields(parse(fs, layout.format), layout.format)
  const format = fields.integer('format', 1)
  if (format > storeFormatVersion) {
    throw new MlstoreError(
      'FORMAT_UNSUPPORTED',
      `${layout.directory} has format ${format}; this mlstore reads up to ${storeFormatVersion}.`,
      { hint: 'Install a newer mlstore.' },
    )
  }
  return { storeId: fields.id('storeId') }
}

function parse(fs: FileSystem, path: string): ConstructorParameters<typeof Fields>[0] {
  if (fs.lstat(path) === undefined) {
    throw corrupt(path, 'it is not there; `mlstore init` was interrupted, run it again')
  }
  try {
    return JSON.parse(fs.readFile(path).toString('utf8'))
  } catch (cause) {
    throw corrupt(path, 'it is not JSON', cause)
  }
}
