/**
 * Segments: many log entries in one object, so that a fresh clone need not read each slot.
 *
 * A segment of level j >= 1 covers 16^j slots from a fixed place, and its bytes are those of the
 * entries. So whoever makes it makes the same one, checkpoints share what they have in common, and
 * anyone can verify it: by its name, and by the hash chain inside.
 */

import { corrupt } from '../../errors.ts'
import { type Digest, digestOf } from '../digest.ts'
import { advanceHead, decodeEntry, type LogEntry, type LogHead } from './entry.ts'

/** Slots `first` to `last`, both included. */
export type SlotRange = { readonly first: number; readonly last: number }

export type SegmentSpan = SlotRange & { readonly level: number }

export type SegmentPlan = {
  /** Without gaps, from slot 1 on. */
  readonly segments: readonly SegmentSpan[]
  /** What no segment covers; at most 15 slots unless segments were too large. */
  readonly tail: SlotRange | undefined
}

/** A larger segment is not made; its parts stand for it. In bytes before compression. */
export const segmentBytesMax: number = 64 * 1024 * 1024

const fanOut = 16

/**
 * Covers the slots 1 to `seq` with as few segments as there can be.
 *
 * @param isTooLarge Whether the segment would exceed `segmentBytesMax`. Segments of level 1 are
 * made whatever their size: 16 entries of at most 1 MiB.
 */
export function planSegments(
  seq: number,
  isTooLarge: (span: SegmentSpan) => boolean = () => false,
): SegmentPlan {
  const segments: SegmentSpan[] = []
  let first = 1
  for (;;) {
    const span = largestSpanAt(first, seq, isTooLarge)
    if (span === undefined) break
    segments.push(span)
    first = span.last + 1
  }
  return { segments, tail: first <= seq ? { first, last: seq } : undefined }
}

function largestSpanAt(
  first: number,
  seq: number,
  isTooLarge: (span: SegmentSpan) => boolean,
): SegmentSpan | undefined {
  let best: SegmentSpan | undefined
  for (let level = 1; ; level++) {
    const slots = fanOut ** level
    const last = first + slots - 1
    if ((first - 1) % slots !== 0 || last > seq) return best
    const span = { level, first, last }
    if (level > 1 && isTooLarge(span)) return best
    best = span
  }
}

/** A segment's bytes, before compression: each entry's, followed by a newline. */
export function encodeSegment(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(entries.flatMap((entry) => [entry, newline]))
}

const newline = Buffer.from('\n')

/** An entry with the bytes it was read from and the head it leads to. */
export type ReadEntry = {
  readonly entry: LogEntry
  readonly bytes: Uint8Array
  readonly head: LogHead
}

/**
 * Reads a segment, verifying its name, every entry and the chain of hashes through it.
 *
 * @param bytes Decompressed.
 * @param sha256 The hash its name holds.
 * @param before The head before its first entry.
 * @throws {MlstoreError} `DIGEST_MISMATCH`, `CORRUPT`, or `REMOTE_REPLACED` if the entries are of
 * another log.
 */
export function* readSegment(
  bytes: Uint8Array,
  sha256: Digest,
  range: SlotRange,
  before: LogHead,
): Generator<ReadEntry> {
  const where = `segment of entries ${range.first} to ${range.last}`
  if (digestOf(bytes) !== sha256) throw corrupt(where, 'its bytes are not those its name promises')
  if (before.seq !== range.first - 1) throw corrupt(where, `it does not follow entry ${before.seq}`)
  let head = before
  for (const line of linesOf(bytes, where)) {
    const entry = decodeEntry(line, `${where}: entry ${head.seq + 1}`)
    head = advanceHead(head, entry, line)
    if (head.seq > range.last) throw corrupt(where, 'it holds more entries')
    yield { entry, bytes: line, head }
  }
  if (head.seq !== range.last) throw corrupt(where, `it ends with entry ${head.seq}`)
}

/** Canonical JSON escapes newlines, so a newline ends an entry and nothing else. */
function* linesOf(bytes: Uint8Array, where: string): Generator<Uint8Array> {
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start)
    if (end < 0) throw corrupt(where, 'its last entry is cut off')
    yield bytes.subarray(start, end)
    start = end + 1
  }
}
