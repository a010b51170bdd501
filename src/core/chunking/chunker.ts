/**
 * Cuts a file into content-defined chunks while it is read (FastCDC, docs/format.md).
 *
 * The file's bytes are read straight into blocks of WebAssembly memory, and chunks come out as
 * views of it. In front of each block there is room for the unfinished chunk of the block before:
 * only that is ever copied. So one block can be read, one cut, and the chunks of others hashed, all
 * at the same time; the memory is shared, so the hashing may be another thread's.
 *
 * A cut is made only when it can no longer change: once the maximum chunk size has been seen, or
 * the end of the file. So the cuts are the same however the reads fall, and every byte is looked
 * at once.
 *
 *   const chunker = new Chunker(2)
 *   for (let n = 0; ; n++) {
 *     const block = chunker.blocks[n % 2]
 *     const bytesRead = read(block)
 *     if (bytesRead === 0) break
 *     store(chunker.push(block.subarray(0, bytesRead)))
 *   }
 *   store(chunker.end())
 */

import { invalidArgument } from '../../errors.ts'
import { type CutPoint, openGearMemory } from './gear.ts'
import { chunkSizeBytesMax } from './parameters.ts'

const blockBytesDefault = 1024 * 1024

export class Chunker {
  /** Where the file's bytes are read into, one after the other. */
  readonly blocks: readonly Uint8Array[]
  readonly #bytes: Uint8Array
  readonly #cutPoint: CutPoint
  /** Offset in memory of the first byte that is not in a chunk yet. */
  #start = 0
  /** Offset behind the last byte pushed. */
  #end = 0

  /** @param blockBytes The longest read. Default: 1 MiB. */
  constructor(blockCount = 2, blockBytes: number = blockBytesDefault) {
    const pitch = chunkSizeBytesMax + blockBytes
    const { bytes, cutPoint } = openGearMemory(blockCount * pitch)
    this.#bytes = bytes
    this.#cutPoint = cutPoint
    this.blocks = Array.from({ length: blockCount }, (_, block) => {
      const start = block * pitch + chunkSizeBytesMax
      return bytes.subarray(start, start + blockBytes)
    })
  }

  /**
   * Takes the next bytes of the file and returns the chunks they complete, as views.
   *
   * All of the chunks lie in the block of these bytes and in front of it, and so do the bytes that
   * are in none yet: those of the block must be left alone until the next call, too.
   *
   * @param bytes What was read: the first part of a block, or what follows the last bytes pushed.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#follow(bytes)
    const chunks: Uint8Array[] = []
    while (this.#end - this.#start >= chunkSizeBytesMax) chunks.push(this.#cut())
    return chunks
  }

  /** Returns what is left of the file as its last chunks, and is ready for another file. */
  end(): Uint8Array[] {
    const chunks: Uint8Array[] = []
    while (this.#end > this.#start) chunks.push(this.#cut())
    return chunks
  }

  /** Puts the unfinished chunk in front of the new bytes, unless it is there. */
  #follow(bytes: Uint8Array): void {
    const start = bytes.byteOffset - this.#bytes.byteOffset
    const isNext = start === this.#end
    const isHere = bytes.buffer === this.#bytes.buffer
    if (!isHere || !(isNext || this.#isBlockStart(bytes))) {
      throw invalidArgument('a chunker takes bytes that were read into its blocks, in order')
    }
    const unfinished = this.#end - this.#start
    if (!isNext) this.#bytes.copyWithin(start - unfinished, this.#start, this.#end)
    this.#start = start - unfinished
    this.#end = start + bytes.length
  }

  #isBlockStart(bytes: Uint8Array): boolean {
    return this.blocks.some((block) => block.byteOffset === bytes.byteOffset)
  }

  #cut(): Uint8Array {
    const from = this.#start
    const base = this.#bytes.byteOffset
    this.#start = this.#cutPoint(base + from, base + this.#end) - base
    return this.#bytes.subarray(from, this.#start)
  }
}
