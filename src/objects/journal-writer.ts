/**
 * Appending to the journal. One writer exists at a time: whoever holds the writer lock.
 *
 * An append is one write and one fsync. If either fails, its bytes may still be in the kernel's
 * cache, looking whole, and never reach the disk; so the writer puts a fresh file with only what
 * was synced in its place and is of no more use. That too may fail, on a full disk: then the next
 * writer does it, as after a crash.
 */

import assert from 'node:assert/strict'

import type { OpenFile } from '../ports/file-system.ts'
import { type DurableParts, durableWrite, makeDirectoryDurably } from './durable-write.ts'
import { encodeAppend } from './journal-frame.ts'
import {
  type CutTail,
  journalHeader,
  journalPath,
  type JournalPosition,
  journalStart,
  keepOnly,
  lastJournalFile,
  repairTail,
} from './journal.ts'

const rotateBytesDefault = 64 * 1024 * 1024

export type JournalWriterOptions = {
  /** A file is not appended to once it is this long. Default: 64 MiB. */
  readonly rotateBytes?: number
  /** A place known to lie between two records; what is before it is not checked again. */
  readonly from?: JournalPosition
}

export class JournalWriter {
  /** What a crash had left at the end and was cut when the writer was opened. */
  readonly cutTail: CutTail | undefined
  readonly #parts: DurableParts
  readonly #directory: string
  readonly #rotateBytes: number
  #file: OpenFile | undefined
  #end: JournalPosition
  #hasFailed = false

  /**
   * Cuts a torn tail and gets ready to append. The caller holds the writer lock until `close`.
   *
   * @throws {MlstoreError} `CORRUPT` at damage; nothing is changed.
   */
  constructor(parts: DurableParts, directory: string, options: JournalWriterOptions = {}) {
    this.#parts = parts
    this.#directory = directory
    this.#rotateBytes = options.rotateBytes ?? rotateBytesDefault
    makeDirectoryDurably(parts.fs, directory)
    this.cutTail = repairTail(parts, directory, options.from)
    this.#end = this.#findEnd()
  }

  /** Where the next record will begin: everything before it is durable. */
  get end(): JournalPosition {
    return this.#end
  }

  /**
   * Appends records durably, all in one write.
   *
   * After a crash, a reader finds all of them, or the first ones: what must stay together belongs
   * in one payload.
   *
   * @param payloads Canonical JSON, at most 64 MiB each.
   * @returns Where the next record will begin.
   * @throws {MlstoreError} `NO_SPACE`, `IO_ERROR`: none of them is in the journal. Open a new writer.
   */
  append(payloads: readonly string[]): JournalPosition {
    assert(!this.#hasFailed, 'a journal writer whose append failed cannot be used again')
    if (payloads.length === 0) return this.#end
    const bytes = encodeAppend(payloads)
    if (this.#isFull(bytes.length)) this.#startFile(this.#end.file + 1)
    try {
      this.#writeSynced(bytes)
    } catch (error) {
      this.#hasFailed = true
      this.#takeBack()
      throw error
    }
    this.#end = { file: this.#end.file, offset: this.#end.offset + bytes.length }
    return this.#end
  }

  /** Idempotent. */
  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #findEnd(): JournalPosition {
    const file = lastJournalFile(this.#parts.fs, this.#directory)
    if (file === 0) return { file: 0, offset: 0 }
    const stat = this.#parts.fs.lstat(journalPath(this.#directory, file))
    return { file, offset: stat?.sizeBytes ?? 0 }
  }

  #isFull(moreBytes: number): boolean {
    if (this.#end.file < journalStart.file) return true
    const isEmpty = this.#end.offset <= journalHeader.length
    return !isEmpty && this.#end.offset + moreBytes > this.#rotateBytes
  }

  /** The header gets there whole or not at all, so only a record can ever be torn. */
  #startFile(file: number): void {
    this.close()
    durableWrite(this.#parts, journalPath(this.#directory, file), journalHeader)
    this.#end = { file, offset: journalHeader.length }
  }

  #writeSynced(bytes: Buffer): void {
    const path = journalPath(this.#directory, this.#end.file)
    this.#file ??= this.#parts.fs.open(path, 'append')
    this.#file.write(bytes, this.#end.offset)
    this.#file.sync()
  }

  #takeBack(): void {
    try {
      this.close()
      keepOnly(this.#parts, journalPath(this.#directory, this.#end.file), this.#end.offset)
    } catch {
      // The disk refuses this as well. The error of the append is the one to tell.
    }
  }
}
