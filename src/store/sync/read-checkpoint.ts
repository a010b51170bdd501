/**
 * Reading a checkpoint: the way of a fresh clone, or of one far behind, through a long log.
 *
 * What a root says of its last entry is compared with the log before anything is taken from it;
 * inside, every entry is verified by the chain of hashes that leads there.
 */

import { digestOf } from '../../core/digest.ts'
import {
  type CheckpointRoot,
  type CheckpointSegment,
  segmentHash,
} from '../../core/log/checkpoint.ts'
import type { LogHead } from '../../core/log/entry.ts'
import { readSegment } from '../../core/log/segment.ts'
import { logKey } from '../../core/remote-layout.ts'
import { corrupt } from '../../errors.ts'
import {
  type CheckpointStore,
  isUnreadable,
  readCheckpointRoot,
  readSegmentObject,
} from './checkpoint.ts'
import type { FollowedEntry } from './follow-log.ts'

export type OpenCheckpoint = {
  /** What it covers; the log was seen to have this entry. */
  readonly head: LogHead
  /**
   * The entries that are not known yet, in batches. Ends early where a part of the checkpoint
   * cannot be read: what is left is in the log.
   */
  entries(): AsyncGenerator<FollowedEntry[]>
}

/** Entries handed out together hold at most so many bytes, or are one. */
const batchBytesMax = 4 * 1024 * 1024

/**
 * Opens the newest checkpoint if it leads further than what is known.
 *
 * @param start The head before the first entry.
 */
export async function openCheckpoint(
  store: CheckpointStore,
  start: LogHead,
  known: LogHead,
): Promise<OpenCheckpoint | undefined> {
  const root = await readCheckpointRoot(store, start.repoId)
  if (root === undefined || root.head.seq <= known.seq) return undefined
  const logged = await headAt(store, start, root.head.seq)
  if (logged?.hash !== root.head.hash) return undefined
  return { head: root.head, entries: () => entriesOf(store, { root, start, known }) }
}

type Reading = {
  readonly root: CheckpointRoot
  readonly start: LogHead
  readonly known: LogHead
}

async function* entriesOf(
  store: CheckpointStore,
  { root, start, known }: Reading,
): AsyncGenerator<FollowedEntry[]> {
  const segments = root.segments.filter(({ last }) => last > known.seq)
  let head = await headBefore(store, start, known, segments[0])
  try {
    for (const segment of segments) {
      const bytes = await readSegmentObject(store, segment)
      for (const batch of batchesOf(bytes, segment, head)) {
        head = batch.at(-1)?.head ?? head
        const fresh = batch.filter((followed) => isFresh(followed, known))
        if (fresh.length > 0) yield fresh
      }
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error
  }
}

/** Checks the entry that is known already on the way to those that are not. */
function isFresh({ head }: FollowedEntry, known: LogHead): boolean {
  if (head.seq === known.seq && head.hash !== known.hash) {
    throw corrupt('the checkpoint', `its entry ${head.seq} is not the one known here`)
  }
  return head.seq > known.seq
}

function* batchesOf(
  bytes: Uint8Array,
  segment: CheckpointSegment,
  before: LogHead,
): Generator<FollowedEntry[]> {
  let batch: FollowedEntry[] = []
  let batchBytes = 0
  for (const followed of readSegment(bytes, segmentHash(segment), segment, before)) {
    if (batch.length > 0 && batchBytes + followed.bytes.length > batchBytesMax) {
      yield batch
      batch = []
      batchBytes = 0
    }
    batch.push(followed)
    batchBytes += followed.bytes.length
  }
  if (batch.length > 0) yield batch
}

/** The head before the first segment that is wanted: a segment may begin far before what is known. */
async function headBefore(
  store: CheckpointStore,
  start: LogHead,
  known: LogHead,
  segment: CheckpointSegment | undefined,
): Promise<LogHead> {
  const seq = (segment?.first ?? 1) - 1
  if (seq === known.seq) return known
  return (await headAt(store, start, seq)) ?? known
}

/** The head at an entry of the log, as the log has it now. */
export async function headAt(
  store: CheckpointStore,
  start: LogHead,
  seq: number,
): Promise<LogHead | undefined> {
  if (seq === 0) return start
  const bytes = await store.remote.get(logKey(seq), store.options)
  return bytes && { repoId: start.repoId, seq, hash: digestOf(bytes) }
}
