/**
 * Loose objects: whole files under `objects/ab/cdef…`, kept when a reflink or a hard link makes
 * them free.
 *
 * A reflink is a file of the store's own. A hard link is the user's file under a second name: it is
 * made read-only, but a program that had it open, or the owner, can still change it. So a loose
 * file is hashed whenever its bytes, or links to it, leave the store.
 */

import { dirname, join } from 'node:path'

import { type Digest, DigestStream, isDigest } from '../core/digest.ts'
import type { FileRange } from '../core/chunking/recipe-walk.ts'
import { digestMismatch, isMlstoreError } from '../errors.ts'
import type { FileStat, FileSystem, OpenFile } from '../ports/file-system.ts'
import { type DurableParts, discard, makeDirectoryDurably } from './durable-write.ts'
import { blocksOf } from './file-blocks.ts'
import { systemCodeOf } from './system-error.ts'
import { fileChanged, isUntouched } from './unchanged.ts'

/** How a file gets into the store, or out of it, without its bytes being copied. */
export type LinkMode = 'hardlink' | 'reflink'

export type LooseObject = { readonly digest: Digest; readonly sizeBytes: number }

/** `isNew`: the store had no loose file of these bytes. */
export type AdoptedFile = LooseObject & { readonly isNew: boolean }

export type LooseParts = DurableParts & {
  readonly directory: string
  /** Unfinished links are made here: a folder of the same file system. */
  readonly temporaryDirectory: string
}

const writeBits = 0o222
/** Of two file systems, of one without links, or of a file with all the links it can have. */
const linkUnsupported = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

export class LooseFiles {
  readonly #fs: FileSystem
  readonly #parts: LooseParts

  constructor(parts: LooseParts) {
    this.#fs = parts.fs
    this.#parts = parts
  }

  pathOf(digest: Digest): string {
    return join(this.#parts.directory, digest.slice(0, 2), digest.slice(2))
  }

  statOf(digest: Digest): FileStat | undefined {
    return this.#fs.lstat(this.pathOf(digest))
  }

  /** Every loose object, in no particular order. */
  *list(): Generator<LooseObject, void> {
    if (this.#fs.lstat(this.#parts.directory) === undefined) return
    for (const folder of this.#fs.readDirectory(this.#parts.directory)) {
      if (folder.kind !== 'directory') continue
      for (const { name } of this.#fs.readDirectory(join(this.#parts.directory, folder.name))) {
        const digest = folder.name + name
        if (!isDigest(digest)) continue
        yield { digest, sizeBytes: this.statOf(digest)?.sizeBytes ?? 0 }
      }
    }
  }

  /** Deletes the object; absent is fine. A hard link elsewhere keeps its bytes. */
  remove(digest: Digest): void {
    this.#fs.removeTree(this.pathOf(digest))
  }

  /**
   * Hashes the object.
   *
   * @throws {MlstoreError} `DIGEST_MISMATCH` if it was changed, `NOT_FOUND` if it is not loose.
   */
  async verify(digest: Digest, signal?: AbortSignal): Promise<void> {
    this.#check(digest, await hashOfPath(this.#fs, this.pathOf(digest), signal))
  }

  /**
   * Takes a file in without copying it, durably, under the digest of its bytes.
   *
   * It is hashed through the new link, so what is stored is what was hashed. With `hardlink` the
   * file becomes read-only once it is safely stored; if anything fails it is as it was.
   *
   * @returns What was stored; `undefined` if the file system cannot link the two places.
   * @throws {MlstoreError} `FILE_CHANGED` if it was written to meanwhile.
   */
  async adopt(
    path: string,
    mode: LinkMode,
    signal?: AbortSignal,
  ): Promise<AdoptedFile | undefined> {
    const temporary = join(this.#parts.temporaryDirectory, this.#parts.temporaries.name())
    if (!this.#tryLink(path, temporary, mode)) return undefined
    try {
      const object = await this.#hashUnchanged(temporary, path, signal)
      const isNew = this.statOf(object.digest) === undefined
      this.#place(temporary, object.digest)
      return { ...object, isNew }
    } finally {
      discard(this.#fs, temporary)
    }
  }

  /**
   * Makes `to`, which must not exist, a link to the object, and checks its bytes.
   *
   * @returns `false` if the object is not loose or the file system cannot link the two places.
   * @throws {MlstoreError} `DIGEST_MISMATCH` if the object was changed; `to` is gone again.
   */
  async linkOut(digest: Digest, to: string, mode: LinkMode): Promise<boolean> {
    if (this.statOf(digest) === undefined) return false
    if (!this.#tryLink(this.pathOf(digest), to, mode)) return false
    try {
      this.#check(digest, await hashOfPath(this.#fs, to))
      return true
    } catch (error) {
      discard(this.#fs, to)
      throw error
    }
  }

  /**
   * Yields the object's bytes.
   *
   * Read whole, the digest is known only at the end: a consumer must not publish anything before
   * the iteration has ended well. For a range, the whole file is hashed before the first byte.
   *
   * @throws {MlstoreError} `NOT_FOUND` if it is not loose, `DIGEST_MISMATCH` if it was changed.
   */
  async *read(digest: Digest, range?: FileRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const file = this.#fs.open(this.pathOf(digest), 'read')
    try {
      if (range !== undefined) {
        yield* this.#readRange(file, digest, range, signal)
        return
      }
      const hash = new DigestStream()
      for await (const block of blocksOf(file, { signal })) {
        hash.update(block)
        yield block
      }
      this.#check(digest, hash.end())
    } finally {
      file.close()
    }
  }

  async *#readRange(
    file: OpenFile,
    digest: Digest,
    range: FileRange,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const before = file.stat()
    this.#check(digest, await hashOf(file, signal))
    for await (const block of blocksOf(file, { range, signal })) {
      if (!isUntouched(before, file.stat())) throw fileChanged(this.pathOf(digest))
      yield block
    }
  }

  #check(expected: Digest, actual: Digest): void {
    if (actual !== expected) throw digestMismatch(this.pathOf(expected), expected, actual)
  }

  #tryLink(from: string, to: string, mode: LinkMode): boolean {
    if (mode === 'reflink') return this.#fs.clone(from, to)
    try {
      this.#fs.link(from, to)
      return true
    } catch (error) {
      const isUnsupported = linkUnsupported.has(systemCodeOf(error) ?? '')
      if (isUnsupported && isMlstoreError(error)) return false
      throw error
    }
  }

  async #hashUnchanged(
    temporary: string,
    path: string,
    signal?: AbortSignal,
  ): Promise<LooseObject> {
    const file = this.#fs.open(temporary, 'read')
    try {
      const before = file.stat()
      const digest = await hashOf(file, signal)
      if (!isUntouched(before, file.stat())) throw fileChanged(path)
      await file.syncAsync()
      return { digest, sizeBytes: before.sizeBytes }
    } finally {
      file.close()
    }
  }

  /**
   * Gives the file its final name. It is the same inode as the user's file when hard-linked, and
   * rename(2) does nothing when both names are one inode already: the caller discards the rest.
   */
  #place(temporary: string, digest: Digest): void {
    const path = this.pathOf(digest)
    const stat = this.#fs.lstat(temporary)
    makeDirectoryDurably(this.#fs, dirname(path))
    this.#fs.rename(temporary, path)
    this.#fs.syncDirectory(dirname(path))
    if (stat !== undefined && (stat.mode & writeBits) !== 0) {
      this.#fs.chmod(path, stat.mode & ~writeBits)
    }
  }
}

async function hashOfPath(fs: FileSystem, path: string, signal?: AbortSignal): Promise<Digest> {
  const file = fs.open(path, 'read')
  try {
    return await hashOf(file, signal)
  } finally {
    file.close()
  }
}

async function hashOf(file: OpenFile, signal?: AbortSignal): Promise<Digest> {
  const hash = new DigestStream()
  for await (const block of blocksOf(file, { reuse: true, signal })) hash.update(block)
  return hash.end()
}
