/**
 * Checkpoint roots: from where a fresh clone starts reading (docs/format.md, "Remote").
 *
 * A root lists the segments that cover the log up to a slot, and which packs were live and swept
 * there, so that a client far behind learns of every sweep it jumped over.
 */

import { corrupt } from '../../errors.ts'
import { canonicalBytes, parseCanonical } from '../canonical-json.ts'
import { type Digest, digestOf, isDigest } from '../digest.ts'
import { readIds } from '../events/event-codec.ts'
import { Fields } from '../json-shape.ts'
import { segmentKey } from '../remote-layout.ts'
import type { LogHead } from './entry.ts'
import type { SlotRange } from './segment.ts'

export type CheckpointSegment = SlotRange & { readonly key: string }

export type CheckpointRoot = {
  /** Covered up to here: slot and hash of that entry. */
  readonly head: LogHead
  /** Without gaps, from slot 1 to the head. */
  readonly segments: readonly CheckpointSegment[]
  /** Packs that may be counted on at the head, sorted. */
  readonly live: readonly string[]
  /** Packs that may not, ever again, sorted. */
  readonly swept: readonly string[]
}

/** The root's canonical JSON; its SHA-256 is in its name. */
export function encodeCheckpoint(root: CheckpointRoot): Buffer {
  return canonicalBytes({
    entry: root.head.hash,
    live: root.live.toSorted(),
    repoId: root.head.repoId,
    segments: root.segments.map(({ first, key, last }) => ({ first, key, last })),
    seq: root.head.seq,
    swept: root.swept.toSorted(),
    v: 1,
  })
}

/**
 * Reads a root.
 *
 * @param bytes Decompressed.
 * @param sha256 The hash its name holds.
 * @throws {MlstoreError} `CORRUPT` if it is not that, or its segments do not cover its slots.
 */
export function decodeCheckpoint(bytes: Uint8Array, sha256: Digest): CheckpointRoot {
  const where = `checkpoint ${sha256}`
  if (digestOf(bytes) !== sha256) throw corrupt(where, 'its bytes are not those its name promises')
  const fields = new Fields(parseCanonical(bytes, where), where)
  if (fields.get('v') !== 1) throw fields.wrong('v', 'unknown here')
  const root = {
    head: {
      repoId: fields.id('repoId'),
      seq: fields.integer('seq', 1),
      hash: fields.digest('entry'),
    },
    segments: fields.objects('segments').map(readSegmentName),
    live: readIds(fields, 'live'),
    swept: readIds(fields, 'swept'),
  }
  checkCover(root, where)
  return root
}

/** The hash that the key of a segment holds. */
export function segmentHash(segment: CheckpointSegment): Digest {
  const hash = segment.key.slice(-64)
  if (isDigest(hash)) return hash
  throw corrupt(`segment ${segment.key}`, 'its name holds no hash')
}

function readSegmentName(fields: Fields): CheckpointSegment {
  const segment = {
    first: fields.integer('first', 1),
    last: fields.integer('last', 1),
    key: fields.string('key'),
  }
  const slots = segment.last - segment.first + 1
  const level = Math.round(Math.log2(slots) / 4)
  const isWhole = level >= 1 && slots === 16 ** level && (segment.first - 1) % slots === 0
  if (!isWhole || segment.key !== segmentKey(level, segment.first, segmentHash(segment))) {
    throw fields.wrong('key', `${segment.key} is not the name of those entries`)
  }
  return segment
}

function checkCover(root: CheckpointRoot, where: string): void {
  let next = 1
  for (const { first, last } of root.segments) {
    if (first !== next || last < first) throw corrupt(where, `no segment begins with ${next}`)
    next = last + 1
  }
  if (next !== root.head.seq + 1) throw corrupt(where, 'its segments do not cover its entries')
}
