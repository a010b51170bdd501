/**
 * The compressor, loaded when the first use case that handles frames starts.
 *
 * Loading takes a while and is asynchronous; reading a catalog or a tree does not need it. So use
 * cases that may meet compressed frames call `open` first, and everything below them is plain.
 */

import assert from 'node:assert/strict'

import type { Codec } from '../ports/codec.ts'

export class DeferredCodec implements Codec {
  #codec: Codec | undefined

  /** Loads the compressor; the second call costs nothing. */
  async open(): Promise<void> {
    if (this.#codec !== undefined) return
    const { openCodec } = await import('../objects/compression.ts')
    this.#codec = await openCodec()
  }

  compress(bytes: Uint8Array): Uint8Array | undefined {
    return this.#opened.compress(bytes)
  }

  decompress(bytes: Uint8Array, sizeBytes: number, where?: string): Uint8Array {
    return this.#opened.decompress(bytes, sizeBytes, where)
  }

  decompressUpTo(bytes: Uint8Array, sizeBytesMax: number, where?: string): Uint8Array {
    return this.#opened.decompressUpTo(bytes, sizeBytesMax, where)
  }

  get #opened(): Codec {
    assert(this.#codec !== undefined, 'the use case did not open the codec')
    return this.#codec
  }
}
