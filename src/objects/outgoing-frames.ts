/**
 * Objects as frames of packs that leave the store: checked just now, compressed where it pays.
 *
 * The store keeps what it adds as it is; compressing costs more than all the rest of adding
 * together, and what is never pushed never needs it (docs/decisions/002-compression.md). So it is
 * done here, by threads once there is enough to do.
 */

import type { Digest } from '../core/digest.ts'
import { mapOrdered } from '../core/map-ordered.ts'
import { type PackEncoding, packEncoding } from '../core/pack/format.ts'
import { throwIfAborted } from '../errors.ts'
import type { ComputeChoice, EncodedFrame } from './compute.ts'
import type { FrameReader, LocatedFrame } from './frame-reader.ts'

export type OutgoingFrame = {
  readonly digest: Digest
  readonly encoding: PackEncoding
  readonly stored: Uint8Array
  readonly sizeBytes: number
}

export type OutgoingParts = {
  readonly frames: FrameReader
  readonly compute: ComputeChoice
}

type StoredObject = LocatedFrame & { readonly digest: Digest }
type Batch = { readonly objects: StoredObject[]; sizeBytes: number }

/** A thread compresses as much in some 12 ms. */
const batchBytes = 1024 * 1024
const batchesAtOnce = 6

/**
 * Yields the objects' frames, in order.
 *
 * @throws {MlstoreError} `OBJECT_MISSING`; `DIGEST_MISMATCH` or `CORRUPT` for one that is damaged.
 */
export async function* outgoingFrames(
  parts: OutgoingParts,
  digests: Iterable<Digest>,
  signal?: AbortSignal,
): AsyncGenerator<OutgoingFrame, void> {
  const batches = batchesOf(parts.frames, digests)
  for await (const frames of mapOrdered(batches, batchesAtOnce, (batch) => encode(parts, batch))) {
    throwIfAborted(signal)
    yield* frames
  }
}

function* batchesOf(frames: FrameReader, digests: Iterable<Digest>): Generator<Batch, void> {
  let batch: Batch = { objects: [], sizeBytes: 0 }
  for (const digest of digests) {
    const frame = frames.readUnchecked(digest)
    batch.objects.push({ digest, ...frame })
    batch.sizeBytes += frame.location.sizeBytes
    if (batch.sizeBytes < batchBytes) continue
    yield batch
    batch = { objects: [], sizeBytes: 0 }
  }
  if (batch.objects.length > 0) yield batch
}

async function encode(
  parts: OutgoingParts,
  { objects, sizeBytes }: Batch,
): Promise<OutgoingFrame[]> {
  // A batch that is full has more behind it.
  const compute = parts.compute.for(sizeBytes < batchBytes ? 0 : Number.MAX_SAFE_INTEGER)
  const encoded = await compute.encode(
    objects.map(({ stored, location: { encoding, sizeBytes } }) => ({
      encoding,
      stored,
      sizeBytes,
    })),
  )
  return objects.map((object, index) => outgoing(parts.frames, object, encoded[index]))
}

function outgoing(
  frames: FrameReader,
  { digest, location, stored }: StoredObject,
  encoded: EncodedFrame | undefined,
): OutgoingFrame {
  const { sizeBytes } = location
  // Finds out for itself what is wrong, and says so.
  if (encoded?.digest !== digest) frames.decode(digest, location, stored)
  else if (encoded.compressed !== undefined) {
    return { digest, encoding: packEncoding.zstd, stored: encoded.compressed, sizeBytes }
  }
  const encoding = location.encoding === packEncoding.raw ? packEncoding.raw : packEncoding.zstd
  return { digest, encoding, stored, sizeBytes }
}
