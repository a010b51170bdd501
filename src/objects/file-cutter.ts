/**
 * Turns the bytes of a file into chunks with their digests, and the digest of the whole.
 *
 *   read a block  ->  cut it  ->  hash chunks and whole  ->  hand the chunks over, in order
 *
 * Up to `blocksAtOnce` blocks are between being cut and being handed over, so that whoever computes
 * (`Compute`) has work waiting. They are read into the memory they are cut in and hashed in.
 */

import { Chunker } from '../core/chunking/chunker.ts'
import { type Digest, digestOf } from '../core/digest.ts'
import { mapOrdered } from '../core/map-ordered.ts'
import type { Compute } from './compute.ts'
import { blocksOf, inTurn } from './file-blocks.ts'

/** A file to be read once, front to back: an open file, or its bytes in pieces of any size. */
export type FileContent =
  | { readAsync(into: Uint8Array, position: number): Promise<number> }
  | AsyncIterable<Uint8Array>

export type FileChunk = { readonly digest: Digest; readonly bytes: Uint8Array }

export type CutFile = { readonly digest: Digest; readonly sizeBytes: number }

export type CutOptions = {
  readonly compute: Compute
  /** Takes the next chunks of the file, whose bytes are valid until it is done with them. */
  readonly take: (chunks: readonly FileChunk[]) => Promise<void>
  readonly signal?: AbortSignal | undefined
}

const blocksAtOnce = 4

/** Cuts one file at a time. After a failure it must not be used again. */
export class FileCutter {
  /** One more block than are worked on: it is being read. */
  readonly #chunker = new Chunker(blocksAtOnce + 1)

  /**
   * Cuts a file. When it returns or throws, nothing is being read or computed any more.
   *
   * @throws {MlstoreError} `INTERRUPTED`, and what reading, computing and `take` throw.
   */
  async cut(content: FileContent, { compute, take, signal }: CutOptions): Promise<CutFile> {
    using whole = compute.startDigest()
    const hashed = async (chunks: Uint8Array[]): Promise<FileChunk[]> => {
      const digests = await compute.digests(chunks)
      return digests.map((digest, index) => ({ digest, bytes: chunks[index] ?? noBytes }))
    }
    let sizeBytes = 0
    const work = async (block: Uint8Array): Promise<FileChunk[]> => {
      sizeBytes += block.length
      const updating = whole.update([block])
      const [chunks] = await Promise.all([hashed(this.#chunker.push(block)), updating])
      return chunks
    }
    const blocks = this.#blocks(content, signal)
    for await (const chunks of mapOrdered(blocks, blocksAtOnce, work)) await take(chunks)
    await take(await hashed(this.#chunker.end()))
    return { digest: await whole.end(), sizeBytes }
  }

  /** Cuts a file that is in memory, at once. */
  cutBytes(bytes: Uint8Array, take: (chunk: FileChunk) => void): CutFile {
    const takeAll = (chunks: readonly Uint8Array[]): void => {
      for (const chunk of chunks) take({ digest: digestOf(chunk), bytes: chunk })
    }
    const blocks = inTurn(this.#chunker.blocks)
    for (let done = 0; done < bytes.length;) {
      const block = blocks.next().value
      const part = bytes.subarray(done, done + block.length)
      block.set(part)
      takeAll(this.#chunker.push(block.subarray(0, part.length)))
      done += part.length
    }
    takeAll(this.#chunker.end())
    return { digest: digestOf(bytes), sizeBytes: bytes.length }
  }

  #blocks(content: FileContent, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    const into = this.#chunker.blocks
    return 'readAsync' in content ? blocksOf(content, { into, signal }) : gather(content, into)
  }
}

const noBytes = new Uint8Array(0)

/** Copies pieces into blocks, in turn, until each is full. */
async function* gather(
  pieces: AsyncIterable<Uint8Array>,
  into: readonly Uint8Array[],
): AsyncGenerator<Uint8Array> {
  const blocks = inTurn(into)
  let block = blocks.next().value
  let filledBytes = 0
  for await (const piece of pieces) {
    for (let done = 0; done < piece.length;) {
      const part = piece.subarray(done, done + block.length - filledBytes)
      block.set(part, filledBytes)
      done += part.length
      filledBytes += part.length
      if (filledBytes < block.length) continue
      yield block
      block = blocks.next().value
      filledBytes = 0
    }
  }
  if (filledBytes > 0) yield block.subarray(0, filledBytes)
}

/** Cutters for as many files as are cut at once: each has some 6 MiB. */
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
    return this.#idle.pop() ?? new FileCutter()
  }
}
