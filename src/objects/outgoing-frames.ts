/**
 * Objects as frames of packs that leave the store: checked just now, compressed where it pays.
 *
 * The store keeps what it adds as it is; compressing costs more than all the rest of adding
 * together, and what is never pushed never needs it (docs/decisions/002-compression.md). So it is
 * done here, by threads once there is enough to do.
 *
 * Frames that lie together are read together, into memory that the threads share, and compressed
 * into such memory: nothing is copied on the way there and back, and nothing is left for the
 * garbage collector (docs/decisions/004-workers.md).
 */

import type { Digest } from '../core/digest.ts'
import { mapOrdered } from '../core/map-ordered.ts'
import { type PackEncoding, packEncoding } from '../core/pack/format.ts'
import { isMlstoreError, throwIfAborted } from '../errors.ts'
import type { ObjectIndex, ObjectLocation } from '../ports/object-index.ts'
import type { ComputeChoice, EncodedFrame, FrameToEncode } from './compute.ts'
import type { RunMemory, RunMemoryPool } from './file-stream.ts'
import { type FrameReader, type LocatedFrame, objectMissing } from './frame-reader.ts'
import type { PackFiles } from './pack-file.ts'

export type OutgoingFrame = {
  readonly digest: Digest
  readonly encoding: PackEncoding
  /** Valid until the next frame is asked for. */
  readonly stored: Uint8Array
  readonly sizeBytes: number
}

export type OutgoingParts = {
  readonly index: ObjectIndex
  readonly packs: PackFiles
  readonly frames: FrameReader
  readonly compute: ComputeChoice
  readonly memory: RunMemoryPool
}

type LocatedObject = { readonly digest: Digest; readonly location: ObjectLocation }
type StoredObject = LocatedFrame & { readonly digest: Digest; readonly into: Uint8Array }

/** `sizeBytes` is that of the contents. */
type Batch = { readonly objects: LocatedObject[]; sizeBytes: number; storedBytes: number }
type EncodedBatch = { readonly frames: readonly OutgoingFrame[]; readonly memory: RunMemory }

/** A thread compresses as much in some 8 ms. */
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
  const batches = batchesOf(parts.index, digests)
  const encoded = mapOrdered(batches, batchesAtOnce, (batch) => encode(parts, batch))
  for await (const { frames, memory } of encoded) {
    throwIfAborted(signal)
    yield* frames
    parts.memory.give(memory)
  }
}

function* batchesOf(index: ObjectIndex, digests: Iterable<Digest>): Generator<Batch, void> {
  let batch: Batch = { objects: [], sizeBytes: 0, storedBytes: 0 }
  for (const digest of digests) {
    const location = index.find(digest)
    if (location === undefined) throw objectMissing(digest)
    if (batch.objects.length > 0 && batch.sizeBytes + location.sizeBytes > batchBytes) {
      yield batch
      batch = { objects: [], sizeBytes: 0, storedBytes: 0 }
    }
    batch.objects.push({ digest, location })
    batch.sizeBytes += location.sizeBytes
    batch.storedBytes += location.storedBytes
  }
  if (batch.objects.length > 0) yield batch
}

async function encode(parts: OutgoingParts, batch: Batch): Promise<EncodedBatch> {
  const memory = parts.memory.take(batch.storedBytes)
  const objects = (await tryRead(parts, batch, memory)) ?? reread(parts, batch)
  // Less than half a batch is the last one, and no thread is started for it.
  const isMany = batch.sizeBytes * 2 > batchBytes
  const compute = parts.compute.for(isMany ? Number.MAX_SAFE_INTEGER : 0)
  const encoded = await compute.encode(objects.map(frameToEncode))
  const frames = objects.map((object, index) => outgoing(parts.frames, object, encoded[index]))
  return { frames, memory }
}

function frameToEncode({ location, stored, into }: StoredObject): FrameToEncode {
  return { encoding: location.encoding, stored, sizeBytes: location.sizeBytes, into }
}

/** Reads a batch; `undefined` if a gc took one of its packs. */
async function tryRead(
  { packs }: OutgoingParts,
  { objects }: Batch,
  memory: RunMemory,
): Promise<StoredObject[] | undefined> {
  let atByte = 0
  const placed = objects.map((object) => {
    const end = atByte + object.location.storedBytes
    const stored = memory.stored.subarray(atByte, end)
    const into = memory.content.subarray(atByte, end)
    atByte = end
    return { ...object, stored, into }
  })
  try {
    for (const { packId, offset, into } of readsOf(placed))
      await packs.readInto(packId, offset, into)
    return placed
  } catch (error) {
    if (isMlstoreError(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

type Read = { readonly packId: string; readonly offset: number; readonly into: Uint8Array }

/** Frames that lie back to back are one read: in memory they do, too. */
function* readsOf(objects: readonly StoredObject[]): Generator<Read> {
  let read: Read | undefined
  for (const { location, stored } of objects) {
    const { packId, offset } = location
    if (read?.packId === packId && read.offset + read.into.length === offset) {
      const { buffer, byteOffset, length } = read.into
      read = { ...read, into: new Uint8Array(buffer, byteOffset, length + stored.length) }
      continue
    }
    if (read !== undefined) yield read
    read = { packId, offset, into: stored }
  }
  if (read !== undefined) yield read
}

/** What was in a pack that is gone has moved, and may be stored in another form there. */
function reread({ frames }: OutgoingParts, { objects }: Batch): StoredObject[] {
  return objects.map(({ digest }) => {
    const frame = frames.readUnchecked(digest)
    const into = new Uint8Array(new SharedArrayBuffer(frame.stored.length))
    return { digest, ...frame, into }
  })
}

function outgoing(
  frames: FrameReader,
  { digest, location, stored, into }: StoredObject,
  encoded: EncodedFrame | undefined,
): OutgoingFrame {
  const { sizeBytes } = location
  // Finds out for itself what is wrong, and says so.
  if (encoded?.digest !== digest) frames.decode(digest, location, stored)
  else if (encoded.compressedBytes !== undefined) {
    const compressed = into.subarray(0, encoded.compressedBytes)
    return { digest, encoding: packEncoding.zstd, stored: compressed, sizeBytes }
  }
  const encoding = location.encoding === packEncoding.raw ? packEncoding.raw : packEncoding.zstd
  return { digest, encoding, stored, sizeBytes }
}
