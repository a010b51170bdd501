/**
 * Turns the bytes of a file into chunks with their digests, and the digest of the whole.
 *
 * All of the computing of `add` is behind this interface, so that a cutter with worker threads can
 * take the place of this one, which does it in the calling thread.
 */

import { Chunker } from '../core/chunking/chunker.ts'
import { type Digest, digestOf, DigestStream } from '../core/digest.ts'

/** Takes a chunk; the bytes are valid only during the call. */
export type ChunkSink = (digest: Digest, bytes: Uint8Array) => void

export type CutFile = { readonly digest: Digest; readonly sizeBytes: number }

export interface FileCutter {
  /** Cuts a file that comes in blocks, each valid until the next one is asked for. */
  cut(blocks: AsyncIterable<Uint8Array>, sink: ChunkSink): Promise<CutFile>
  /** Cuts a file that is in memory. */
  cutBytes(bytes: Uint8Array, sink: ChunkSink): CutFile
}

/** Cuts one file at a time. After a failure it must not be used again. */
class SerialCutter implements FileCutter {
  readonly #chunker = new Chunker()

  async cut(blocks: AsyncIterable<Uint8Array>, sink: ChunkSink): Promise<CutFile> {
    const whole = new DigestStream()
    let sizeBytes = 0
    for await (const block of blocks) {
      whole.update(block)
      sizeBytes += block.length
      this.#push(block, sink)
    }
    this.#end(sink)
    return { digest: whole.end(), sizeBytes }
  }

  cutBytes(bytes: Uint8Array, sink: ChunkSink): CutFile {
    this.#push(bytes, sink)
    this.#end(sink)
    return { digest: digestOf(bytes), sizeBytes: bytes.length }
  }

  /** Copying into the chunker's window costs a twentieth of hashing, and frees the reads from it. */
  #push(block: Uint8Array, sink: ChunkSink): void {
    for (let done = 0; done < block.length;) {
      const room = this.#chunker.room()
      const part = block.subarray(done, done + room.length)
      room.set(part)
      done += part.length
      for (const chunk of this.#chunker.push(part.length)) sink(digestOf(chunk), chunk)
    }
  }

  #end(sink: ChunkSink): void {
    for (const chunk of this.#chunker.end()) sink(digestOf(chunk), chunk)
  }
}

/** Cutters for as many files as are cut at once: each has a window of a megabyte. */
export class CutterPool {
  readonly #idle: FileCutter[] = []

  /** Runs `use` with a cutter of its own, which is kept for the next one if all went well. */
  async with<T>(use: (cutter: FileCutter) => Promise<T>): Promise<T> {
    const cutter = this.#take()
    const result = await use(cutter)
    this.#idle.push(cutter)
    return result
  }

  /** The same at once. */
  withSync<T>(use: (cutter: FileCutter) => T): T {
    const cutter = this.#take()
    const result = use(cutter)
    this.#idle.push(cutter)
    return result
  }

  #take(): FileCutter {
    return this.#idle.pop() ?? new SerialCutter()
  }
}
