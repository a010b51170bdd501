/**
 * The objects of one `.mlstore`: packs and loose files behind one door.
 *
 * What is read is checked against its digest on the way out; what is written goes through a
 * session (`ObjectWriter`). The index says where things are, but the packs are the truth: it can
 * be made again from their footers at any time.
 */

import { join } from 'node:path'

import { type Digest, digestOf, emptyDigest } from '../core/digest.ts'
import { packKind } from '../core/pack/format.ts'
import { DigestSet } from '../core/digest-set.ts'
import { frameSizeBytesMax } from '../core/pack/format.ts'
import { digestMismatch, isMlstoreError, type MlstoreError } from '../errors.ts'
import type { IdSource } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { ObjectIndex } from '../ports/object-index.ts'
import type { ComputeChoice } from './compute.ts'
import { ComputePool } from './compute-pool.ts'
import { makeDirectoryDurably } from './durable-write.ts'
import {
  type FileStreamParts,
  objectsOf,
  readChunkedFile,
  type ReadFileOptions,
  RunMemoryPool,
} from './file-stream.ts'
import { FrameReader, type LocatedFrame, objectMissing } from './frame-reader.ts'
import { LooseFiles } from './loose-files.ts'
import { ObjectWriter, type WriterOptions } from './object-writer.ts'
import { type OutgoingFrame, outgoingFrames } from './outgoing-frames.ts'
import { checkPack, type PackCheck } from './pack-check.ts'
import { PackFiles } from './pack-file.ts'
import { indexPack } from './pack-publisher.ts'
import type { Temporaries } from './temporary.ts'

export type ObjectStoreParts = {
  /** The absolute path of `.mlstore`. */
  readonly directory: string
  readonly fs: FileSystem
  readonly index: ObjectIndex
  readonly codec: Codec
  readonly ids: IdSource
  readonly temporaries: Temporaries
  /** Default: 64 MiB. */
  readonly packSizeBytesMax?: number | undefined
  /** Default: threads for large files, which the store starts and ends. */
  readonly compute?: ComputeChoice | undefined
}

export type AdoptResult = {
  /** Packs that a crash had left without their rows. */
  readonly adopted: readonly string[]
  /** Packs whose files are gone: the index has forgotten them. */
  readonly dropped: readonly string[]
  /** Files in `packs/` that are no whole packs. They were left alone. */
  readonly damaged: readonly { readonly packId: string; readonly error: MlstoreError }[]
}

export class ObjectStore {
  /** Whole files that are kept by hard links or reflinks. */
  readonly loose: LooseFiles
  /** Who cuts and hashes. */
  readonly compute: ComputeChoice
  readonly #parts: ObjectStoreParts
  readonly #temporaryDirectory: string
  readonly #packs: PackFiles
  readonly #frames: FrameReader
  readonly #ownThreads: ComputePool
  readonly #reading: FileStreamParts

  constructor(parts: ObjectStoreParts) {
    const { directory, fs, index, codec, temporaries } = parts
    this.#parts = parts
    this.#ownThreads = new ComputePool({ codec })
    this.compute = parts.compute ?? this.#ownThreads
    this.#temporaryDirectory = join(directory, 'tmp')
    this.#packs = new PackFiles(fs, join(directory, 'packs'))
    this.#frames = new FrameReader({ index, codec, packs: this.#packs })
    this.#reading = {
      index,
      packs: this.#packs,
      frames: this.#frames,
      compute: this.compute,
      memory: new RunMemoryPool(),
    }
    this.loose = new LooseFiles({
      fs,
      temporaries,
      directory: join(directory, 'objects'),
      temporaryDirectory: this.#temporaryDirectory,
    })
  }

  /** Whether the index knows the object or a recipe of the file, or it is loose or empty. */
  has(digest: Digest): boolean {
    const { index } = this.#parts
    return (
      digest === emptyDigest ||
      index.find(digest) !== undefined ||
      index.findRecipe(digest) !== undefined ||
      this.loose.statOf(digest) !== undefined
    )
  }

  /** Those that are not there, or files of which a chunk is not. Each once, in order. */
  missingOf(digests: Iterable<Digest>): Digest[] {
    const present = new DigestSet()
    const missing = new DigestSet()
    for (const digest of digests) {
      if (missing.has(digest) || present.has(digest)) continue
      const isThere = this.#hasAllOf(digest, present)
      if (isThere) present.add(digest)
      else missing.add(digest)
    }
    return [...missing]
  }

  /** Bytes of a file, by what is known of it here; `undefined`: nothing, or it is no file. */
  sizeOfFile(digest: Digest): number | undefined {
    if (digest === emptyDigest) return 0
    const { index } = this.#parts
    const file = index.findRecipe(digest)
    if (file !== undefined) return file.sizeBytes
    const object = index.find(digest)
    if (object !== undefined) return object.kind === packKind.blob ? object.sizeBytes : undefined
    return this.loose.statOf(digest)?.sizeBytes
  }

  /**
   * Reads an object that is small enough for one frame.
   *
   * @throws {MlstoreError} `OBJECT_MISSING`; `DIGEST_MISMATCH` or `CORRUPT` rather than wrong bytes.
   */
  readObject(digest: Digest): Uint8Array {
    if (digest === emptyDigest) return Buffer.alloc(0)
    const frame = this.#frames.find(digest)
    return frame?.bytes ?? this.#readLooseObject(digest)
  }

  /** The same, as it is stored. It was decoded and checked. */
  readFrame(digest: Digest): LocatedFrame {
    const { location, stored } = this.#frames.read(digest)
    return { location, stored }
  }

  /**
   * Yields the bytes of a file of any size. Every piece has been checked, or is of a loose file.
   *
   * Whether the pieces make the right file is known only after the last: a consumer must not
   * publish what it wrote before the iteration has ended well. A range is right as it is.
   *
   * @throws {MlstoreError} `OBJECT_MISSING`; `DIGEST_MISMATCH` or `CORRUPT`, at the latest when the
   *   iteration ends; `INTERRUPTED`.
   */
  async *readFile(digest: Digest, options: ReadFileOptions = {}): AsyncGenerator<Uint8Array, void> {
    const { index } = this.#parts
    const { range, signal } = options
    const small = this.readSmallFile(digest)
    if (small !== undefined) {
      const bytes = range === undefined ? small : small.subarray(range.start, range.end)
      if (bytes.length > 0) yield bytes
      return
    }
    const file = index.findRecipe(digest)
    if (file !== undefined) {
      yield* readChunkedFile(this.#reading, file, options)
      return
    }
    if (this.loose.statOf(digest) === undefined) throw objectMissing(digest)
    yield* this.loose.read(digest, range, signal)
  }

  /** A file of one chunk, at once; `undefined` if it has more, is loose or is not there. */
  readSmallFile(digest: Digest): Uint8Array | undefined {
    if (digest === emptyDigest) return Buffer.alloc(0)
    return this.#frames.find(digest)?.bytes
  }

  /**
   * Yields objects as frames for a remote, in order: checked just now, compressed where it pays.
   *
   * @throws {MlstoreError} `OBJECT_MISSING`; `DIGEST_MISMATCH` or `CORRUPT` for one that is damaged.
   */
  outgoingFrames(
    digests: Iterable<Digest>,
    signal?: AbortSignal,
  ): AsyncGenerator<OutgoingFrame, void> {
    return outgoingFrames(this.#reading, digests, signal)
  }

  /** Begins a write session. Any number may go on at once, in any number of processes. */
  startWrite(options: WriterOptions = {}): ObjectWriter {
    makeDirectoryDurably(this.#parts.fs, this.#temporaryDirectory)
    return new ObjectWriter({
      ...this.#parts,
      ...options,
      ...this.#reading,
      temporaryDirectory: this.#temporaryDirectory,
      loose: this.loose,
    })
  }

  /**
   * Makes the index agree with the files in `packs/`, as after a crash. Needs the writer lock.
   *
   * Costs one listing of the folder when there is nothing to do.
   */
  adoptUnindexedPacks(): AdoptResult {
    const { index } = this.#parts
    const present = new Set(this.#packs.ids())
    const indexed = [...index.packs()].map((pack) => pack.id)
    const dropped = indexed.filter((packId) => !present.has(packId))
    for (const packId of dropped) index.removePack(packId)

    const adopted: string[] = []
    const damaged: { packId: string; error: MlstoreError }[] = []
    for (const packId of present) {
      if (index.hasPack(packId)) continue
      const error = this.#adopt(packId)
      if (error === undefined) adopted.push(packId)
      else damaged.push({ packId, error })
    }
    return { adopted, dropped, damaged }
  }

  /** Reads a whole pack and says what in it is not as it should be. */
  verifyPack(packId: string, signal?: AbortSignal): Promise<PackCheck> {
    return checkPack(this.#packs, this.#parts.codec, packId, signal)
  }

  /** Forgets a pack and deletes its file. Needs the writer lock. Absent is fine. */
  removePack(packId: string): void {
    this.#parts.index.removePack(packId)
    this.#packs.close(packId)
    this.#parts.fs.removeTree(this.#packs.pathOf(packId))
  }

  /** Closes the files that were kept open for reading and ends the threads. Idempotent. */
  close(): void {
    this.#packs.closeAll()
    this.#ownThreads.close()
  }

  #adopt(packId: string): MlstoreError | undefined {
    try {
      const footer = this.#packs.footerOf(packId)
      indexPack(this.#parts.index, footer, this.#packs.sizeBytesOf(packId) ?? 0)
      return undefined
    } catch (error) {
      if (isMlstoreError(error, 'CORRUPT')) return error
      throw error
    }
  }

  #hasAllOf(digest: Digest, present: DigestSet): boolean {
    const { index } = this.#parts
    if (digest === emptyDigest || index.find(digest) !== undefined) return true
    const file = index.findRecipe(digest)
    if (file === undefined) return this.loose.statOf(digest) !== undefined
    try {
      for (const part of objectsOf(this.#frames, file)) {
        if (!present.has(part) && index.find(part) === undefined) return false
        present.add(part)
      }
      return true
    } catch (error) {
      if (isMlstoreError(error, 'OBJECT_MISSING')) return false
      throw error
    }
  }

  #readLooseObject(digest: Digest): Uint8Array {
    const sizeBytes = this.loose.statOf(digest)?.sizeBytes
    if (sizeBytes === undefined || sizeBytes > frameSizeBytesMax) throw objectMissing(digest)
    const path = this.loose.pathOf(digest)
    const bytes = this.#parts.fs.readFile(path)
    const actual = digestOf(bytes)
    if (actual !== digest) throw digestMismatch(path, digest, actual)
    return bytes
  }
}
