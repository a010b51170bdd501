/**
 * Writing one pack into `tmp/`, sequentially and in large pieces.
 *
 * Adding a frame is synchronous and most often only a copy: when the buffer is full it is written
 * in the background and the other one filled. If that one fills up too before the first has
 * gone, it is written at once, in the foreground, so that no more than two buffers are ever held;
 * a caller that can wait avoids that by `settle`. Nothing is durable, or even complete, before `finish` has returned.
 */

import { FooterWriter, type NewPackEntry } from '../core/pack/footer-writer.ts'
import { type PackFile, packHeader } from '../core/pack/format.ts'
import type { FileSystem, OpenFile } from '../ports/file-system.ts'
import { assertLength, discard } from './durable-write.ts'

export type PackWriterOptions = {
  readonly fs: FileSystem
  /** Where the pack is written; must not exist. */
  readonly path: string
  readonly packId: string
  /** Bytes a write; twice as many are held in memory. */
  readonly bufferBytes: number
}

export class PackWriter {
  readonly packId: string
  readonly path: string
  readonly #fs: FileSystem
  readonly #file: OpenFile
  readonly #footer = new FooterWriter()
  #filling: Buffer
  #spare: Buffer
  #filledBytes = 0
  /** Bytes of the file that were written or are being written. */
  #sentBytes = 0
  #inFlight: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor({ fs, path, packId, bufferBytes }: PackWriterOptions) {
    this.packId = packId
    this.path = path
    this.#fs = fs
    this.#filling = Buffer.allocUnsafeSlow(bufferBytes)
    this.#spare = Buffer.allocUnsafeSlow(bufferBytes)
    this.#file = fs.open(path, 'create')
    this.#put(packHeader())
  }

  /** Whether it has no frame yet. */
  get isEmpty(): boolean {
    return this.#footer.entryCount === 0
  }

  /** Length of the pack so far, without its footer. */
  get sizeBytes(): number {
    return this.#footer.endOfFrames
  }

  /**
   * Adds a frame. The bytes are copied.
   *
   * @throws {MlstoreError} Also what went wrong with frames before it, in the background.
   */
  add(entry: Omit<NewPackEntry, 'storedBytes'>, stored: Uint8Array): void {
    this.#throwFailure()
    this.#footer.add({ ...entry, storedBytes: stored.length })
    this.#put(stored)
  }

  /** Says which recipe makes a file. */
  addFile(file: PackFile): void {
    this.#footer.addFile(file)
  }

  /** Waits, if the buffer is half full, until the other one is free again. */
  async settle(): Promise<void> {
    if (this.#filledBytes > this.#filling.length / 2) await this.#inFlight
  }

  /**
   * Writes the footer and makes the file durable; its name is only so once the folder is synced.
   *
   * @returns The length of the whole pack.
   * @throws {MlstoreError} If anything could not be written; then the file is gone.
   */
  async finish(): Promise<number> {
    try {
      this.#put(this.#footer.encode(this.packId))
      await this.#inFlight
      this.#throwFailure()
      await this.#file.writeAsync(this.#filling.subarray(0, this.#filledBytes), this.#sentBytes)
      const sizeBytes = this.#sentBytes + this.#filledBytes
      assertLength(this.path, sizeBytes, this.#file.stat().sizeBytes)
      await this.#file.syncAsync()
      this.#file.close()
      return sizeBytes
    } catch (error) {
      await this.abort()
      throw error
    }
  }

  /** Gives the pack up and deletes its file. */
  async abort(): Promise<void> {
    await this.#inFlight
    this.#file.close()
    discard(this.#fs, this.path)
  }

  #put(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const count = Math.min(bytes.length - done, this.#filling.length - this.#filledBytes)
      this.#filling.set(bytes.subarray(done, done + count), this.#filledBytes)
      this.#filledBytes += count
      done += count
      if (this.#filledBytes === this.#filling.length) this.#send()
    }
  }

  #send(): void {
    const full = this.#filling
    const position = this.#sentBytes
    this.#sentBytes += full.length
    this.#filledBytes = 0
    if (this.#inFlight !== undefined) {
      this.#sendAtOnce(full, position)
      return
    }
    this.#filling = this.#spare
    this.#spare = full
    this.#inFlight = this.#sendInBackground(full, position)
  }

  #sendAtOnce(full: Buffer, position: number): void {
    try {
      this.#file.write(full, position)
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  /** Never rejects: the failure is thrown where the next frame is added. */
  async #sendInBackground(full: Buffer, position: number): Promise<void> {
    try {
      await this.#file.writeAsync(full, position)
    } catch (error) {
      this.#failure ??= { error }
    } finally {
      this.#inFlight = undefined
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
