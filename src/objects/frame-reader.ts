/**
 * Reading verified objects out of the local packs.
 *
 * The index says where a frame is, the frame is decoded, and its digest decides: nothing
 * leaves here unchecked. A pack may be deleted by a gc between the look into the index and the
 * read; its objects then have another place, or are really gone.
 */

import { type Digest, digestOf } from '../core/digest.ts'
import { packEncoding } from '../core/pack/format.ts'
import { corrupt, digestMismatch, isMlstoreError, MlstoreError } from '../errors.ts'
import type { Codec } from '../ports/codec.ts'
import type { ObjectIndex, ObjectLocation } from '../ports/object-index.ts'
import type { PackFiles } from './pack-file.ts'

/** A frame as it lies in its pack. */
export type LocatedFrame = { readonly location: ObjectLocation; readonly stored: Uint8Array }

/** The same, and what it decodes to. */
export type VerifiedFrame = LocatedFrame & { readonly bytes: Uint8Array }

export type FrameReaderParts = {
  readonly index: ObjectIndex
  readonly packs: PackFiles
  readonly codec: Codec
}

/** Bytes that a version needs are not in this store. */
export function objectMissing(digest: Digest): MlstoreError {
  return new MlstoreError('OBJECT_MISSING', `${digest} is not in this store.`, {
    hint: 'Fetch it with `mlstore pull`.',
    details: { digest },
  })
}

export class FrameReader {
  readonly #parts: FrameReaderParts

  constructor(parts: FrameReaderParts) {
    this.#parts = parts
  }

  /** @throws {MlstoreError} `OBJECT_MISSING`, `DIGEST_MISMATCH`, `CORRUPT`. */
  read(digest: Digest): VerifiedFrame {
    return this.#verified(digest, this.readUnchecked(digest))
  }

  /** As `read`, but `undefined` if no pack holds the object. */
  find(digest: Digest): VerifiedFrame | undefined {
    const frame = this.#findUnchecked(digest)
    return frame && this.#verified(digest, frame)
  }

  /**
   * Reads a frame for a caller that checks it.
   *
   * @throws {MlstoreError} `OBJECT_MISSING`.
   */
  readUnchecked(digest: Digest): LocatedFrame {
    const frame = this.#findUnchecked(digest)
    if (frame === undefined) throw objectMissing(digest)
    return frame
  }

  /** Decodes a frame read from `location` and checks that it is the object. */
  decode(digest: Digest, location: ObjectLocation, stored: Uint8Array): Uint8Array {
    const path = this.#parts.packs.pathOf(location.packId)
    const where = `${path} at byte ${location.offset}`
    const bytes = decodeFrame(this.#parts.codec, location, stored, where)
    const actual = digestOf(bytes)
    if (actual !== digest) throw digestMismatch(where, digest, actual)
    return bytes
  }

  #verified(digest: Digest, frame: LocatedFrame): VerifiedFrame {
    return { ...frame, bytes: this.decode(digest, frame.location, frame.stored) }
  }

  #findUnchecked(digest: Digest): LocatedFrame | undefined {
    let gonePackId: string | undefined
    for (;;) {
      const location = this.#parts.index.find(digest)
      if (location === undefined || location.packId === gonePackId) return undefined
      try {
        const { packId, offset, storedBytes } = location
        return { location, stored: this.#parts.packs.read(packId, offset, storedBytes) }
      } catch (error) {
        if (!isMlstoreError(error, 'NOT_FOUND')) throw error
        gonePackId = location.packId
      }
    }
  }
}

/** What a frame decodes to, unchecked; `where` is what to call it in a `CORRUPT` error. */
export function decodeFrame(
  codec: Codec,
  frame: { readonly encoding: number; readonly sizeBytes: number },
  stored: Uint8Array,
  where: string,
): Uint8Array {
  if (frame.encoding === packEncoding.raw) return stored
  if (frame.encoding !== packEncoding.zstd) throw corrupt(where, `encoding ${frame.encoding}`)
  return codec.decompress(stored, frame.sizeBytes)
}
