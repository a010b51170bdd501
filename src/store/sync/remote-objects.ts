/**
 * Reading objects from a remote's packs: few requests, every byte checked.
 *
 * Wanted frames are coalesced into ranged reads, a few of which are under way at once. A frame is
 * decoded and its digest checked before anyone sees it (rule R3). What could not be read from
 * where it was said to be is reported as stale rather than thrown: locations are hints, and the
 * caller knows how to find better ones.
 */

import { type Digest, digestOf } from '../../core/digest.ts'
import type { PackEncoding, PackKind } from '../../core/pack/format.ts'
import { frameSizeBytesMax, packEncoding } from '../../core/pack/format.ts'
import { decodeLocator, type LocatorEntry } from '../../core/pack/locator.ts'
import { coalesceRanges, type PackRead, type ReadLimits } from '../../core/pack/plan.ts'
import { packKey } from '../../core/remote-layout.ts'
import { isMlstoreError } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Remote } from '../../ports/remote.ts'
import { mapOrdered } from '../../core/map-ordered.ts'

/** An object that is wanted, and where it should be. */
export type RemoteItem = {
  readonly digest: Digest
  readonly kind: PackKind
  readonly location: LocatorEntry
}

export type RemoteObjectBytes<Item extends RemoteItem> = {
  readonly item: Item
  /** Decoded and verified. */
  readonly bytes: Uint8Array
  /** As it lies in the pack. */
  readonly stored: Uint8Array
  readonly encoding: PackEncoding
  /** Where the node's children are; absent for what is no node, and where it could not be read. */
  readonly locator: readonly (LocatorEntry | undefined)[] | undefined
}

export type ReadRound<Item extends RemoteItem> = {
  readonly objects: readonly RemoteObjectBytes<Item>[]
  /** Items that were not where they should be. */
  readonly stale: readonly Item[]
  readonly receivedBytes: number
}

export type RemoteObjectReader = {
  readonly remote: Remote
  readonly codec: Codec
  readonly concurrency: number
  readonly signal?: AbortSignal | undefined
}

/** One read at most, a quarter of a large pack; several are in memory at once. */
export const rangeBytesMax: number = 9 * 1024 * 1024

export const readLimits: ReadLimits = {
  /** Bytes nobody asked for that are cheaper to read than another request. */
  gapBytesMax: 256 * 1024,
  rangeBytesMax,
}

/** Where an item lies, its locator included. */
export type Ranged<Item> = {
  readonly packId: string
  readonly offset: number
  readonly storedBytes: number
  readonly item: Item
}

/** Reads the items; one round a ranged read, in the order of packs and offsets. */
export async function* readRemoteObjects<Item extends RemoteItem>(
  reader: RemoteObjectReader,
  items: Iterable<Item>,
): AsyncGenerator<ReadRound<Item>> {
  const reads = coalesceRanges(rangesOf(items), readLimits)
  yield* mapOrdered(reads, reader.concurrency, (read) => readOnce(reader, read))
}

export function* rangesOf<Item extends RemoteItem>(items: Iterable<Item>): Generator<Ranged<Item>> {
  for (const item of items) {
    const { packId, offset, storedBytes, locatorBytes } = item.location
    yield { packId, offset, storedBytes: storedBytes + locatorBytes, item }
  }
}

async function readOnce<Item extends RemoteItem>(
  reader: RemoteObjectReader,
  read: PackRead<Ranged<Item>>,
): Promise<ReadRound<Item>> {
  const body = await getRange(reader, read)
  const objects: RemoteObjectBytes<Item>[] = []
  const stale: Item[] = []
  for (const { item, offset } of read.members) {
    const from = body?.subarray(offset - read.start)
    const object = from && open(reader, item, from)
    if (object === undefined) stale.push(item)
    else objects.push(object)
  }
  return { objects, stale, receivedBytes: body?.length ?? 0 }
}

/** The bytes of one range, or `undefined` where the pack is gone or shorter than expected. */
export async function getRange<Item extends RemoteItem>(
  reader: RemoteObjectReader,
  read: PackRead<Ranged<Item>>,
  into?: Uint8Array,
): Promise<Uint8Array | undefined> {
  try {
    return await reader.remote.get(packKey(read.packId), {
      range: { start: read.start, end: read.end },
      signal: reader.signal,
      into,
    })
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}

function open<Item extends RemoteItem>(
  reader: RemoteObjectReader,
  item: Item,
  from: Uint8Array,
): RemoteObjectBytes<Item> | undefined {
  const { storedBytes, locatorBytes, isCompressed } = item.location
  const stored = from.subarray(0, storedBytes)
  const bytes = isCompressed ? decompress(reader, stored) : stored
  if (bytes === undefined || digestOf(bytes) !== item.digest) return undefined
  const locator = from.subarray(storedBytes, storedBytes + locatorBytes)
  return {
    item,
    bytes,
    stored,
    encoding: isCompressed ? packEncoding.zstd : packEncoding.raw,
    locator: locatorBytes === 0 ? undefined : openLocator(reader, item, locator),
  }
}

/** A locator that cannot be read costs requests, never correctness. */
function openLocator(
  reader: RemoteObjectReader,
  item: RemoteItem,
  stored: Uint8Array,
): (LocatorEntry | undefined)[] | undefined {
  const bytes = item.location.isLocatorCompressed ? decompress(reader, stored) : stored
  if (bytes === undefined) return undefined
  try {
    return decodeLocator(bytes, `the locator of ${item.digest}`)
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}

function decompress(reader: RemoteObjectReader, stored: Uint8Array): Uint8Array | undefined {
  try {
    return reader.codec.decompressUpTo(stored, frameSizeBytesMax)
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}
