/**
 * The computing of the object store: what takes processor time and needs nothing but bytes.
 *
 * It may be done here and now (`InlineCompute`) or by threads (`ComputePool`); callers write one
 * pipeline for both, so the two cannot come to different results. Bytes that are given away must
 * be left alone until the promise is settled. If they lie in shared memory nothing is copied on
 * the way to a thread.
 */

import { type Digest, digestOf, DigestStream, emptyDigest } from '../core/digest.ts'
import { packEncoding } from '../core/pack/format.ts'
import { isMlstoreError } from '../errors.ts'
import type { Codec } from '../ports/codec.ts'

/** A frame as it is stored, and where what it holds goes. */
export type FrameToDecode = {
  readonly encoding: number
  readonly stored: Uint8Array
  /** Exactly as long as the content. A raw frame is its own content: nothing is written. */
  readonly content: Uint8Array
}

/** A frame as it is stored, how long its content is, and where its compressed form goes. */
export type FrameToEncode = Omit<FrameToDecode, 'content'> & {
  readonly sizeBytes: number
  /** As long as `stored`; only written if that is raw and compressing pays. */
  readonly into: Uint8Array
}

export type EncodedFrame = {
  /** Of the content; of no bytes if the frame cannot be decoded. */
  readonly digest: Digest
  /**
   * How many bytes of `into` are the content as a zstd frame; `undefined` if the frame is best left
   * as it is. It was decoded again and compared, to be sure.
   */
  readonly compressedBytes: number | undefined
}

/** The digest of bytes that come in pieces, in order. */
export interface PendingDigest extends Disposable {
  update(pieces: readonly Uint8Array[]): Promise<void>
  /** May be called once; not needed if the digest is not. */
  end(): Promise<Digest>
}

export interface Compute {
  startDigest(): PendingDigest
  /** The digest of each piece. */
  digests(pieces: readonly Uint8Array[]): Promise<readonly Digest[]>
  /**
   * Decodes frames: the digest of what each holds.
   *
   * A frame that cannot be decoded gets the digest of no bytes. No frame is empty, so it is wrong.
   */
  decode(frames: readonly FrameToDecode[]): Promise<readonly Digest[]>
  /** Checks frames, and compresses those that are raw where it pays. */
  encode(frames: readonly FrameToEncode[]): Promise<readonly EncodedFrame[]>
}

/** Chooses who computes, by how much there is to do. */
export interface ComputeChoice {
  for(sizeBytes: number): Compute
}

/** Computes in the calling thread, before the promise is returned. */
export class InlineCompute implements Compute {
  readonly #codec: Codec

  constructor(codec: Codec) {
    this.#codec = codec
  }

  startDigest(): PendingDigest {
    return new InlineDigest()
  }

  async digests(pieces: readonly Uint8Array[]): Promise<readonly Digest[]> {
    return pieces.map(digestOf)
  }

  async decode(frames: readonly FrameToDecode[]): Promise<readonly Digest[]> {
    return frames.map((frame) => decodedDigest(this.#codec, frame))
  }

  async encode(frames: readonly FrameToEncode[]): Promise<readonly EncodedFrame[]> {
    return frames.map((frame) => encodedFrame(this.#codec, frame))
  }
}

/** Decodes a frame: the digest of its content, or of no bytes. */
export function decodedDigest(codec: Codec, frame: FrameToDecode): Digest {
  const { encoding, stored, content } = frame
  if (encoding === packEncoding.raw) return digestOf(stored)
  if (encoding !== packEncoding.zstd) return emptyDigest
  try {
    content.set(codec.decompress(stored, content.length))
  } catch {
    return emptyDigest
  }
  return digestOf(content)
}

/** Checks a frame, and compresses it if it is raw and that pays. */
export function encodedFrame(codec: Codec, frame: FrameToEncode): EncodedFrame {
  const { encoding, stored, sizeBytes, into } = frame
  if (encoding !== packEncoding.raw) {
    const digest = decodedDigest(codec, { encoding, stored, content: Buffer.alloc(sizeBytes) })
    return { digest, compressedBytes: undefined }
  }
  const digest = digestOf(stored)
  const compressed = codec.compress(stored)
  if (compressed === undefined || !decodesTo(codec, compressed, stored)) {
    return { digest, compressedBytes: undefined }
  }
  into.set(compressed)
  return { digest, compressedBytes: compressed.length }
}

/** Comparing takes a tenth of the time that a second digest would. */
function decodesTo(codec: Codec, compressed: Uint8Array, content: Uint8Array): boolean {
  try {
    return Buffer.compare(codec.decompress(compressed, content.length), content) === 0
  } catch (error) {
    // What the encoder got wrong goes out as it is.
    if (isMlstoreError(error, 'CORRUPT')) return false
    throw error
  }
}

class InlineDigest implements PendingDigest {
  readonly #stream = new DigestStream()

  async update(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) this.#stream.update(piece)
  }

  async end(): Promise<Digest> {
    return this.#stream.end()
  }

  [Symbol.dispose](): void {
    // Memory of this thread: nothing to let go of.
  }
}
