/**
 * Large files that are written for the working tree while they are downloaded.
 *
 *   chunks arrive  ->  each is verified  ->  hashed in order  ->  a pack of the store
 *                                        └─ the same bytes ──>  a temporary file here
 *
 * A pull has every byte of a file in memory, verified, and the digest of the whole is computed on
 * the way. Writing the bytes down right then saves the checkout from reading, decoding and hashing
 * them again: it gives the finished file its name. Only a file whose digest has turned out right is
 * ever given out, and only once it is durable.
 *
 * This is never more than a short cut. What was not written here, for whatever reason, the checkout
 * writes from the store, and says what is wrong if it cannot either.
 */

import { join } from 'node:path'

import type { Digest } from '../core/digest.ts'
import { isMlstoreError } from '../errors.ts'
import { joined } from '../objects/file-stream.ts'
import type { OpenFile } from '../ports/file-system.ts'
import type { StoreParts } from './parts.ts'

/** A file that arrives: named by what it should be and how long. */
export type ExpectedFile = { readonly digest: Digest; readonly sizeBytes: number }

/** Where the bytes of one file go while they arrive. */
export interface ArrivingFile {
  /** The next bytes, in order; they must be left alone until this is done. */
  write(pieces: readonly Uint8Array[]): Promise<void>
  /** No more bytes come. Unless the file is right it is given up. */
  end(isRight: boolean): Promise<void>
}

/** Smaller files are read back in no time. */
const sizeBytesMin = 16 * 1024 * 1024
/** Each has a file open until it has ended. */
const underWayMax = 16
/** Linux is slower with longer writes once its page cache is full. */
const writeBytesMax = 512 * 1024
/** What is flushed while more arrives, so that little is left to wait for in the end. */
const bytesPerFlush = 128 * 1024 * 1024

type Parts = Pick<StoreParts, 'fs' | 'temporaries' | 'layout'>

export class ArrivingFiles implements Disposable {
  readonly #parts: Parts
  readonly #underWay = new Set<string>()
  /** Paths of those that are whole and right. */
  readonly #ready = new Map<Digest, string>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Begins to write a file; `undefined` if it is not worth it, or cannot be done. */
  start({ digest, sizeBytes }: ExpectedFile): ArrivingFile | undefined {
    const isTooMuch = this.#underWay.size >= underWayMax || this.#ready.has(digest)
    if (sizeBytes < sizeBytesMin || isTooMuch) return undefined
    const { fs, temporaries, layout } = this.#parts
    const path = join(layout.temporary, temporaries.name())
    const file = attempt(() => fs.open(path, 'create', 0o666))
    if (file === undefined) return undefined
    this.#underWay.add(path)
    return new WrittenFile(file, (isWhole) => {
      this.#underWay.delete(path)
      if (isWhole) this.#ready.set(digest, path)
      else attempt(() => fs.unlink(path))
    })
  }

  /**
   * Gives a file that has arrived its place, once.
   *
   * @param path On which nothing is yet.
   * @returns `false` if there is no such file; then nothing was done.
   */
  place(digest: Digest, path: string): boolean {
    const { fs } = this.#parts
    const from = this.#ready.get(digest)
    if (from === undefined || fs.lstat(path) !== undefined) return false
    const isPlaced = attempt(() => {
      fs.rename(from, path)
      return true
    })
    if (isPlaced === true) this.#ready.delete(digest)
    return isPlaced === true
  }

  /** Deletes what nobody asked for. */
  [Symbol.dispose](): void {
    for (const path of [...this.#underWay, ...this.#ready.values()]) {
      attempt(() => this.#parts.fs.unlink(path))
    }
    this.#underWay.clear()
    this.#ready.clear()
  }
}

class WrittenFile implements ArrivingFile {
  readonly #file: OpenFile
  readonly #onEnd: (isWhole: boolean) => void
  #sizeBytes = 0
  #flushedBytes = 0
  #flush: Promise<void> = Promise.resolve()
  /** Settles when every write has, in whatever order they are done. */
  #written: Promise<unknown> = Promise.resolve()
  #hasFailed = false

  constructor(file: OpenFile, onEnd: (isWhole: boolean) => void) {
    this.#file = file
    this.#onEnd = onEnd
  }

  async write(pieces: readonly Uint8Array[]): Promise<void> {
    const writing = this.#write(pieces)
    this.#written = Promise.allSettled([this.#written, writing])
    await writing
    if (this.#sizeBytes - this.#flushedBytes >= bytesPerFlush) this.#startFlush()
  }

  async end(isRight: boolean): Promise<void> {
    await this.#written
    await this.#flush
    if (isRight) await this.#try(() => this.#file.syncAsync())
    const length = attempt(() => this.#file.stat().sizeBytes)
    attempt(() => this.#file.close())
    this.#onEnd(isRight && !this.#hasFailed && length === this.#sizeBytes)
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    const writes: Promise<void>[] = []
    for (const piece of joined(pieces, writeBytesMax)) {
      const position = this.#sizeBytes
      this.#sizeBytes += piece.length
      writes.push(this.#try(() => this.#file.writeAsync(piece, position)))
    }
    await Promise.all(writes)
  }

  #startFlush(): void {
    this.#flushedBytes = this.#sizeBytes
    this.#flush = this.#flush.then(() => this.#try(() => this.#file.syncAsync()))
  }

  /** After a failure nothing more is done, and the file is given up in the end. */
  async #try(work: () => Promise<void>): Promise<void> {
    if (this.#hasFailed) return
    try {
      await work()
    } catch (error) {
      this.#hasFailed = true
      if (!isMlstoreError(error)) throw error
    }
  }
}

/** What cannot be done here is done by the checkout, which says what is wrong. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (isMlstoreError(error)) return undefined
    throw error
  }
}
