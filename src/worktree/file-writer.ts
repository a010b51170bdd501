/**
 * Writes the content of files under names nobody reads yet.
 *
 * Small content comes as bytes and takes the synchronous way: open, write, close. Where the file
 * system cannot be flushed as a whole, files stay open until a group of them was fsynced, so that
 * the flushes overlap; the handle that wrote is the one that learns of a failed write.
 */

import { corrupt, isMlstoreError, type MlstoreError } from '../errors.ts'
import type { FileSystem, OpenFile } from '../ports/file-system.ts'
import { clashAt } from './name-guard.ts'

/** Content of a file. Whoever gives it has verified the digest; the length is verified here. */
export type Content = Uint8Array | AsyncIterable<Uint8Array>

export type NewFile = {
  /** Absolute; nothing is there. */
  readonly path: string
  readonly sizeBytes: number
  readonly executable: boolean
  /** What to call it in messages. */
  readonly title: string
}

/** Files that are open at a time, waiting for their fsync. */
const groupLength = 32
/** Longer pieces are written without blocking the event loop. */
const blockingBytesMax = 256 * 1024

export class FileWriter implements Disposable {
  readonly #fs: FileSystem
  readonly #syncsEach: boolean
  #group: OpenFile[] = []

  /** @param syncsEach Makes each file durable; else the caller flushes the file system. */
  constructor(fs: FileSystem, syncsEach: boolean) {
    this.#fs = fs
    this.#syncsEach = syncsEach
  }

  /**
   * Writes bytes that are at hand.
   *
   * @throws {MlstoreError} `CORRUPT` if they are not as many as there should be.
   */
  write(file: NewFile, bytes: Uint8Array): void {
    if (bytes.length !== file.sizeBytes) throw wrongLength(file.title, file.sizeBytes, bytes.length)
    const open = this.#create(file)
    try {
      if (bytes.length > 0) open.write(bytes, 0)
    } catch (error) {
      abandon(open)
      throw error
    }
    this.#finish(open)
  }

  /** Writes content that comes in pieces, in bounded memory. */
  async stream(file: NewFile, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const open = this.#create(file)
    try {
      let sizeBytes = 0
      for await (const piece of pieces) {
        const end = sizeBytes + piece.length
        if (end > file.sizeBytes) throw wrongLength(file.title, file.sizeBytes, end)
        if (piece.length > blockingBytesMax) await open.writeAsync(piece, sizeBytes)
        else open.write(piece, sizeBytes)
        sizeBytes = end
      }
      if (sizeBytes !== file.sizeBytes) throw wrongLength(file.title, file.sizeBytes, sizeBytes)
    } catch (error) {
      abandon(open)
      throw error
    }
    this.#finish(open)
  }

  /** Whether `sync` should be called before the next file. */
  get isFull(): boolean {
    return this.#group.length >= groupLength
  }

  /** Makes durable what was written and is not yet. No file is closed while its flush runs. */
  async sync(): Promise<void> {
    const results = await Promise.allSettled(this.#group.map((file) => file.syncAsync()))
    this[Symbol.dispose]()
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  [Symbol.dispose](): void {
    this.#group.forEach(abandon)
    this.#group = []
  }

  /** The umask takes from the permissions, as for every file a program makes. */
  #create({ path, executable, title }: NewFile): OpenFile {
    try {
      return this.#fs.open(path, 'create', executable ? 0o777 : 0o666)
    } catch (error) {
      const exists = isMlstoreError(error) && error.details?.['exists'] === true
      throw (exists ? clashAt(this.#fs, path, title) : undefined) ?? error
    }
  }

  #finish(file: OpenFile): void {
    if (this.#syncsEach) this.#group.push(file)
    else file.close()
  }
}

/** Closes a file that is durable or of no more use: nothing can be lost, and nothing is to be told. */
function abandon(file: OpenFile): void {
  try {
    file.close()
  } catch {
    // The failure that led here, or the flush before, said all there is.
  }
}

/** Content that is not as long as its tree says. */
export function wrongLength(title: string, expected: number, actual: number): MlstoreError {
  return corrupt(`The content of ${title}`, `it should have ${expected} bytes and has ${actual}`)
}
