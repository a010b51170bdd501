/**
 * Checkpoints: a shorter way through the log for the next fresh clone (rules C1 and C2).
 *
 * Every sixteenth entry, the client that committed it makes one. Entries and earlier segments are
 * read back from the remote and followed through their hash chain up to the head this client
 * knows, so nothing is published that was not verified as others will read it. A failure here is
 * no failure of the push: the log is complete without checkpoints.
 */

import { digestOf } from '../../core/digest.ts'
import {
  type CheckpointRoot,
  type CheckpointSegment,
  decodeCheckpoint,
  encodeCheckpoint,
  segmentHash,
} from '../../core/log/checkpoint.ts'
import type { LogHead } from '../../core/log/entry.ts'
import {
  encodeSegment,
  planSegments,
  readSegment,
  segmentBytesMax,
  type SegmentSpan,
} from '../../core/log/segment.ts'
import { checkpointHintKey, checkpointKey, logKey, segmentKey } from '../../core/remote-layout.ts'
import { corrupt, isMlstoreError } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Remote, RequestOptions } from '../../ports/remote.ts'
import { mapOrdered } from './map-ordered.ts'

/** A checkpoint each time that many entries were added. */
const checkpointInterval = 16

/** Sixteen entries of at most 1 MiB may exceed the limit of larger segments. */
const segmentBytesRead = segmentBytesMax + 16 * 1024 * 1024

export type CheckpointStore = {
  readonly remote: Remote
  readonly codec: Codec
  readonly concurrency: number
  readonly options: RequestOptions
}

/** Packs as a checkpoint lists them, at the head it covers. */
export type PackStates = { readonly live: readonly string[]; readonly swept: readonly string[] }

/** Reads the checkpoint that the hint names; `undefined` where there is none or it is unreadable. */
export async function readCheckpointRoot(
  store: CheckpointStore,
  repoId: string,
): Promise<CheckpointRoot | undefined> {
  const hint = await store.remote.get(checkpointHintKey, store.options)
  if (hint === undefined) return undefined
  const key = Buffer.from(hint).toString('utf8').trim()
  try {
    const hash = segmentHash({ key, first: 0, last: 0 })
    const root = decodeCheckpoint(await readObject(store, key), hash)
    return root.head.repoId === repoId ? root : undefined
  } catch (error) {
    if (isUnreadable(error)) return undefined
    throw error
  }
}

/** The bytes of a segment, decoded; whoever uses them verifies them. */
export function readSegmentObject(
  store: CheckpointStore,
  segment: CheckpointSegment,
): Promise<Uint8Array> {
  return readObject(store, segment.key)
}

/** A damaged or missing part of a checkpoint: follow the log instead. */
export function isUnreadable(error: unknown): boolean {
  return isMlstoreError(error, 'CORRUPT') || isMlstoreError(error, 'DIGEST_MISMATCH')
}

/**
 * Writes a checkpoint if one is due at `head`.
 *
 * @param start The head before the first entry.
 */
export async function writeCheckpointIfDue(
  store: CheckpointStore,
  start: LogHead,
  head: LogHead,
  packs: PackStates,
): Promise<void> {
  if (head.seq % checkpointInterval !== 0) return
  try {
    await writeCheckpoint(store, start, head, packs)
  } catch (error) {
    if (!isMlstoreError(error) || error.code === 'INTERRUPTED') throw error
  }
}

async function writeCheckpoint(
  store: CheckpointStore,
  start: LogHead,
  head: LogHead,
  packs: PackStates,
): Promise<void> {
  const previous = await readCheckpointRoot(store, head.repoId)
  const source = await readParts(store, previous?.segments ?? [], head.seq)
  const { segments: spans } = planSegments(
    head.seq,
    (span) => bytesWithin(source, span) > segmentBytesMax,
  )
  let known = start
  const segments: CheckpointSegment[] = []
  for (const span of spans) {
    const bytes = Buffer.concat(partsWithin(source, span).map((part) => part.bytes))
    const hash = digestOf(bytes)
    for (const entry of readSegment(bytes, hash, span, known)) known = entry.head
    const key = segmentKey(span.level, span.first, hash)
    segments.push({ first: span.first, last: span.last, key })
  }
  if (known.hash !== head.hash) throw corrupt('the checkpoint', 'it does not end at the head')
  await publish(store, source, { head, segments, ...packs })
}

/** Entries in a row as they are on the remote: a segment, or one entry with its newline. */
type Part = {
  readonly first: number
  readonly last: number
  readonly bytes: Uint8Array
  readonly key: string | undefined
}

async function readParts(
  store: CheckpointStore,
  segments: readonly CheckpointSegment[],
  seq: number,
): Promise<Part[]> {
  const parts: Part[] = []
  const covered = segments.at(-1)?.last ?? 0
  const read = mapOrdered(segments, store.concurrency, (segment) => readObject(store, segment.key))
  for await (const bytes of read) {
    const segment = segments[parts.length]
    if (segment !== undefined) parts.push({ ...segment, bytes })
  }
  const slots = Array.from({ length: seq - covered }, (_, index) => covered + 1 + index)
  const entries = mapOrdered(slots, store.concurrency, async (slot) => {
    const bytes = await store.remote.get(logKey(slot), store.options)
    if (bytes === undefined) throw corrupt(logKey(slot), 'it is not there')
    return { first: slot, last: slot, bytes: encodeSegment([bytes]), key: undefined }
  })
  for await (const part of entries) parts.push(part)
  return parts
}

function partsWithin(parts: readonly Part[], span: SegmentSpan): Part[] {
  return parts.filter((part) => part.first >= span.first && part.last <= span.last)
}

function bytesWithin(parts: readonly Part[], span: SegmentSpan): number {
  return partsWithin(parts, span).reduce((sum, part) => sum + part.bytes.length, 0)
}

/** Segments first, then the root, then the hint. */
async function publish(
  store: CheckpointStore,
  source: readonly Part[],
  root: CheckpointRoot,
): Promise<void> {
  const present = new Set(source.map((part) => part.key))
  for (const segment of root.segments) {
    if (present.has(segment.key)) continue
    const within = source.filter(({ first, last }) => first >= segment.first && last <= segment.last)
    const bytes = Buffer.concat(within.map((part) => part.bytes))
    await store.remote.put(segment.key, frameOf(store, bytes), store.options)
  }
  const bytes = encodeCheckpoint(root)
  const key = checkpointKey(root.head.seq, digestOf(bytes))
  await store.remote.put(key, frameOf(store, bytes), store.options)
  await store.remote.put(checkpointHintKey, Buffer.from(key), store.options)
}

function frameOf(store: CheckpointStore, bytes: Uint8Array): Uint8Array {
  return store.codec.compress(bytes) ?? bytes
}

/** Both are JSON before compression, so the first byte tells a frame from bytes stored as they are. */
async function readObject(store: CheckpointStore, key: string): Promise<Uint8Array> {
  const stored = await store.remote.get(key, store.options)
  if (stored === undefined) throw corrupt(`${store.remote.url}/${key}`, 'it is not there')
  if (stored[0] === openingBrace) return stored
  return store.codec.decompressUpTo(stored, segmentBytesRead)
}

const openingBrace = 0x7b
