/**
 * Reading content from a remote's packs: any number of chunks and small files, for a download.
 *
 *   ranged reads, several under way  ->  batches of frames, decoded and hashed ahead  ->  rounds
 *
 * The bytes come into memory that compute threads share, and are decoded into such memory, so that
 * the calling thread only passes on what was verified (rule R3). Memory does not depend on how much
 * is read, nor on how well it is compressed: so many reads, so many batches.
 */

import { mapOrdered } from '../../core/map-ordered.ts'
import { frameSizeBytesMax, packEncoding } from '../../core/pack/format.ts'
import { coalesceRanges, type PackRead } from '../../core/pack/plan.ts'
import { zstdContentSize } from '../../core/pack/zstd-frame.ts'
import type { ComputeChoice, FrameToDecode } from '../../objects/compute.ts'
import {
  getRange,
  rangeBytesMax,
  type Ranged,
  rangesOf,
  readLimits,
  type ReadRound,
  type RemoteItem,
  type RemoteObjectBytes,
  type RemoteObjectReader,
} from './remote-objects.ts'
import { SharedMemory, type SharedPiece } from './shared-memory.ts'

/** Content whose length is known from the tree or recipe that names it. */
export type PlacedItem = RemoteItem & { readonly sizeBytes: number }

export type PlacedReader = RemoteObjectReader & { readonly compute: ComputeChoice }

/** A round whose bytes are valid until it is released. */
export type PlacedRound<Item extends RemoteItem> = ReadRound<Item> & {
  readonly release: () => void
}

/** What was received for one request, shared by the batches that are cut from it. */
type Received<Item> = {
  readonly members: readonly Ranged<Item>[]
  readonly start: number
  readonly body: Uint8Array | undefined
  readonly memory: SharedPiece
}

type Frame<Item> = {
  readonly item: Item
  readonly stored: Uint8Array
  /** Whether it may hold the item, by its length. */
  readonly isPossible: boolean
}

type Batch<Item> = {
  readonly frames: readonly Frame<Item>[]
  readonly sizeBytes: number
  /** Of the request; told by its first batch. */
  readonly receivedBytes: number
  /** Given back once nobody reads what was received. */
  readonly received: SharedPiece
}

/** A thread decodes and hashes as much in some 4 ms. */
const batchBytes = 1024 * 1024
const batchesAtOnce = 6

/** Whole reads of a pack make a run, so that only its last one is a short one. */
const runBytesMin = 4 * rangeBytesMax

/**
 * Reads items that come pack after pack and by offset: of any number of them, only those that are
 * being read are held.
 */
export async function* readPlacedObjects<Item extends PlacedItem>(
  reader: PlacedReader,
  items: Iterable<Item>,
): AsyncGenerator<PlacedRound<Item>> {
  const bodies = new SharedMemory(rangeBytesMax)
  const contents = new SharedMemory(batchBytes)
  const reads = readsInOrder(rangesOf(items))
  const received = mapOrdered(reads, reader.concurrency, (read) => receive(reader, read, bodies))
  yield* mapOrdered(batchesOf(received), batchesAtOnce, (batch) => decode(reader, batch, contents))
}

/** Coalesces a run at a time: reads never join over its ends, which is as good as never. */
function* readsInOrder<Item>(ranges: Iterable<Ranged<Item>>): Generator<PackRead<Ranged<Item>>> {
  let run: Ranged<Item>[] = []
  let runBytes = 0
  for (const range of ranges) {
    if (run.length > 0 && (run[0]?.packId !== range.packId || runBytes >= runBytesMin)) {
      yield* coalesceRanges(run, readLimits)
      run = []
      runBytes = 0
    }
    run.push(range)
    runBytes += range.storedBytes
  }
  yield* coalesceRanges(run, readLimits)
}

async function receive<Item extends RemoteItem>(
  reader: RemoteObjectReader,
  read: PackRead<Ranged<Item>>,
  bodies: SharedMemory,
): Promise<Received<Item>> {
  const memory = bodies.take(read.end - read.start)
  const body = await getRange(reader, read, memory.bytes)
  const isIn = body === undefined || body.buffer === memory.bytes.buffer
  if (!isIn) memory.bytes.set(body)
  const received = body && memory.bytes.subarray(0, body.length)
  return { members: read.members, start: read.start, body: received, memory }
}

async function* batchesOf<Item extends PlacedItem>(
  received: AsyncIterable<Received<Item>>,
): AsyncGenerator<Batch<Item>> {
  for await (const { members, start, body, memory } of received) {
    let receivedBytes = body?.length ?? 0
    let frames: Frame<Item>[] = []
    let sizeBytes = 0
    for (const { item, offset } of members) {
      const frame = frameOf(item, body?.subarray(offset - start) ?? nothing)
      const frameBytes = frame.isPossible ? item.sizeBytes : 0
      if (frames.length > 0 && sizeBytes + frameBytes > batchBytes) {
        yield { frames, sizeBytes, receivedBytes, received: memory.share() }
        frames = []
        sizeBytes = 0
        receivedBytes = 0
      }
      frames.push(frame)
      sizeBytes += frameBytes
    }
    yield { frames, sizeBytes, receivedBytes, received: memory }
  }
}

const nothing = new Uint8Array(0)

/** No memory is given to a frame that promises anything else than what is wanted. */
function frameOf<Item extends PlacedItem>(item: Item, from: Uint8Array): Frame<Item> {
  const { storedBytes, isCompressed } = item.location
  const stored = from.subarray(0, storedBytes)
  const promisedBytes = isCompressed ? zstdContentSize(stored) : stored.length
  const isPossible = promisedBytes === item.sizeBytes && promisedBytes <= frameSizeBytesMax
  return { item, stored, isPossible }
}

async function decode<Item extends PlacedItem>(
  { compute }: PlacedReader,
  batch: Batch<Item>,
  contents: SharedMemory,
): Promise<PlacedRound<Item>> {
  const { frames, sizeBytes, receivedBytes, received } = batch
  const memory = contents.take(sizeBytes)
  const toDecode = framesToDecode(frames, memory.bytes)
  // Less than half a batch is the last one, and no thread is started for it.
  const isMany = sizeBytes * 2 > batchBytes
  const digests = await compute.for(isMany ? Number.MAX_SAFE_INTEGER : 0).decode(toDecode)
  const objects: RemoteObjectBytes<Item>[] = []
  const stale: Item[] = []
  for (const [index, { item, isPossible }] of frames.entries()) {
    const frame = toDecode[index]
    const isRight = isPossible && digests[index] === item.digest
    if (frame !== undefined && isRight) objects.push(objectOf(item, frame))
    else stale.push(item)
  }
  const release = (): void => {
    received.release()
    memory.release()
  }
  return { objects, stale, receivedBytes, release }
}

function framesToDecode<Item extends PlacedItem>(
  frames: readonly Frame<Item>[],
  memory: Uint8Array,
): FrameToDecode[] {
  let decodedBytes = 0
  return frames.map(({ item, stored, isPossible }) => {
    if (!item.location.isCompressed) {
      return { encoding: packEncoding.raw, stored, content: stored }
    }
    const end = isPossible ? decodedBytes + item.sizeBytes : decodedBytes
    const content = memory.subarray(decodedBytes, end)
    decodedBytes = end
    return { encoding: packEncoding.zstd, stored, content }
  })
}

function objectOf<Item extends RemoteItem>(
  item: Item,
  { encoding, stored, content }: FrameToDecode,
): RemoteObjectBytes<Item> {
  const isRaw = encoding === packEncoding.raw
  return {
    item,
    bytes: content,
    stored,
    encoding: isRaw ? packEncoding.raw : packEncoding.zstd,
    locator: undefined,
  }
}
