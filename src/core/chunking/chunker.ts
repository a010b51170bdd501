/**
 * Cuts a file into content-defined chunks while it is read (FastCDC, docs/format.md).
 *
 * The file's bytes are read straight into WebAssembly memory and come out as views of it, so
 * nothing is copied but an unfinished chunk when the window comes round. A cut is made only when
 * it can no longer change: once the maximum chunk size has been seen, or the end of the file. So
 * the cuts are the same however the reads fall, and every byte is looked at once.
 *
 *   const chunker = new Chunker()
 *   while ((bytesRead = read(chunker.room())) > 0) store(chunker.push(bytesRead))
 *   store(chunker.end())
 */

import { invalidArgument } from '../../errors.ts'
import { type GearMemory, openGearMemory } from './gear.ts'
import { chunkSizeBytesMax } from './parameters.ts'

const windowBytesDefault = 1024 * 1024
const windowBytesMin = 2 * chunkSizeBytesMax

export class Chunker {
  readonly #memory: GearMemory
  /** Offset in memory of the first byte that is not in a chunk yet. */
  #start: number
  /** Offset behind the last byte read. */
  #end: number

  /**
   * @param windowBytes How much of the file is in memory at once, and so the longest read.
   *   Default: 1 MiB.
   */
  constructor(windowBytes: number = windowBytesDefault) {
    if (windowBytes < windowBytesMin) {
      throw invalidArgument(`a chunker needs a window of at least ${windowBytesMin} bytes`)
    }
    this.#memory = openGearMemory(windowBytes)
    this.#start = this.#memory.windowStart
    this.#end = this.#memory.windowStart
  }

  /** Where the next bytes of the file go: never empty. Chunks returned before are overwritten. */
  room(): Uint8Array {
    const { bytes, windowStart } = this.#memory
    const isHalfFull = bytes.length - this.#end < (bytes.length - windowStart) / 2
    if (isHalfFull) this.#moveToFront()
    return bytes.subarray(this.#end)
  }

  /**
   * Takes the first `bytesRead` bytes of the room and returns the chunks they complete.
   *
   * The chunks are views, valid until the next call of `room`.
   */
  push(bytesRead: number): Uint8Array[] {
    const isPossible = bytesRead >= 0 && this.#end + bytesRead <= this.#memory.bytes.length
    if (!isPossible) throw invalidArgument(`a chunker has no room for ${bytesRead} bytes`)
    this.#end += bytesRead
    const chunks: Uint8Array[] = []
    while (this.#end - this.#start >= chunkSizeBytesMax) chunks.push(this.#cut())
    return chunks
  }

  /** Returns what is left of the file as its last chunks, and is ready for another file. */
  end(): Uint8Array[] {
    const chunks: Uint8Array[] = []
    while (this.#end > this.#start) chunks.push(this.#cut())
    this.#start = this.#memory.windowStart
    this.#end = this.#memory.windowStart
    return chunks
  }

  #cut(): Uint8Array {
    const { bytes, cutPoint } = this.#memory
    const start = this.#start
    this.#start = cutPoint(start, this.#end)
    return bytes.subarray(start, this.#start)
  }

  #moveToFront(): void {
    const { bytes, windowStart } = this.#memory
    bytes.copyWithin(windowStart, this.#start, this.#end)
    this.#end = windowStart + (this.#end - this.#start)
    this.#start = windowStart
  }
}
