/**
 * The one durable write: after it returned, the bytes survive a power cut; if it failed, or the
 * machine died in between, the path holds what it held before.
 *
 * Temporary file in the same folder, write, check the length, fsync, rename, fsync the folder.
 * A failed fsync is final: the kernel may have dropped the dirty pages and marked them clean, so a
 * second fsync would succeed and mean nothing (PostgreSQL's fsync surprise). The temporary file is
 * given up and the caller is told.
 */

import { dirname, join } from 'node:path'

import { MlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { Temporaries } from './temporary.ts'

export type DurableParts = { readonly fs: FileSystem; readonly temporaries: Temporaries }

/**
 * Replaces the file at `path`, or makes it, durably.
 *
 * @param bytes Everything the file shall hold, in one piece or in several.
 * @param permissions Mode of the new file. Default: 0o644.
 * @throws {MlstoreError} `NO_SPACE`, `REFUSED` or `IO_ERROR`; the old file is still there and no
 *   temporary one. Only if the last step failed, syncing the folder, the new bytes are in place
 *   and it is not known whether they survive a power cut.
 */
export function durableWrite(
  parts: DurableParts,
  path: string,
  bytes: Uint8Array | readonly Uint8Array[],
  permissions = 0o644,
): void {
  const { fs, temporaries } = parts
  const folder = dirname(path)
  const temporary = join(folder, temporaries.name())
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes
  try {
    writeSynced(fs, temporary, pieces, permissions)
    fs.rename(temporary, path)
  } catch (error) {
    discard(fs, temporary)
    throw error
  }
  fs.syncDirectory(folder)
}

/**
 * Makes a folder and what is missing above it, so that its name survives a power cut.
 *
 * Costs one lstat when the folder is there.
 */
export function makeDirectoryDurably(fs: FileSystem, path: string): void {
  if (fs.lstat(path) !== undefined) return
  const parent = dirname(path)
  makeDirectoryDurably(fs, parent)
  fs.makeDirectory(path)
  fs.syncDirectory(parent)
}

/** Deletes a file that is of no more use; a failure here must not hide the one that led to it. */
export function discard(fs: FileSystem, path: string): void {
  try {
    fs.removeTree(path)
  } catch {
    // Its owner's name is on it: the next sweep takes it.
  }
}

function writeSynced(
  fs: FileSystem,
  path: string,
  pieces: readonly Uint8Array[],
  permissions: number,
): void {
  const file = fs.open(path, 'create', permissions)
  try {
    let sizeBytes = 0
    for (const piece of pieces) {
      file.write(piece, sizeBytes)
      sizeBytes += piece.length
    }
    assertLength(path, sizeBytes, file.stat().sizeBytes)
    file.sync()
  } finally {
    file.close()
  }
}

/** A length that is not what was written means the file system lies about success. */
export function assertLength(path: string, expected: number, actual: number): void {
  if (expected === actual) return
  throw new MlstoreError('IO_ERROR', `${path} has ${actual} bytes after writing ${expected}.`, {
    hint: 'The disk or its driver is failing: check the system log.',
  })
}
