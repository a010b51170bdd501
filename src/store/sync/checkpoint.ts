/**
 * The objects of checkpoints on a remote: reading roots and segments, and how they are stored.
 *
 * Nothing depends on a checkpoint: the log is complete without it. So whatever is missing or
 * damaged about one only sends the reader to the log.
 */

import {
  type CheckpointRoot,
  type CheckpointSegment,
  decodeCheckpoint,
  segmentHash,
} from '../../core/log/checkpoint.ts'
import { segmentBytesMax } from '../../core/log/segment.ts'
import { checkpointHintKey } from '../../core/remote-layout.ts'
import { corrupt, isMlstoreError } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Remote, RequestOptions } from '../../ports/remote.ts'

/** Sixteen entries of at most 1 MiB may exceed the limit of larger segments. */
const segmentBytesRead = segmentBytesMax + 16 * 1024 * 1024

const openingBrace = 0x7b

export type CheckpointStore = {
  readonly remote: Remote
  /** Opened. */
  readonly codec: Codec
  readonly concurrency: number
  readonly options: RequestOptions
}

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

/** Whether the error says that a part of a checkpoint is not what it should be. */
export function isUnreadable(error: unknown): boolean {
  return (
    isMlstoreError(error, 'CORRUPT') ||
    isMlstoreError(error, 'DIGEST_MISMATCH') ||
    isMlstoreError(error, 'REMOTE_REPLACED') ||
    isMlstoreError(error, 'INVALID_ARGUMENT')
  )
}

/** How a root or a segment is stored: compressed where that pays. */
export function checkpointFrame({ codec }: CheckpointStore, bytes: Uint8Array): Uint8Array {
  return codec.compress(bytes) ?? bytes
}

/** Both are JSON before compression, so the first byte tells a frame from bytes stored as they are. */
async function readObject(store: CheckpointStore, key: string): Promise<Uint8Array> {
  const stored = await store.remote.get(key, store.options)
  if (stored === undefined) throw corrupt(`${store.remote.url}/${key}`, 'it is not there')
  if (stored[0] === openingBrace) return stored
  return store.codec.decompressUpTo(stored, segmentBytesRead)
}
