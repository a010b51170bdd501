/**
 * Copies the newest checkpoint of a remote to a copy of it.
 *
 * Segments first, then the root, each read back before the hint names them. Checkpoints only make
 * clones faster: one that cannot be copied is left out.
 */

import { digestOf } from '../../core/digest.ts'
import { segmentHash } from '../../core/log/checkpoint.ts'
import type { LogHead } from '../../core/log/entry.ts'
import { checkpointHintKey } from '../../core/remote-layout.ts'
import { corrupt } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { WorkOptions } from '../requests.ts'
import {
  type CheckpointStore,
  isUnreadable,
  readCheckpointRoot,
  readSegmentObject,
} from '../sync/checkpoint.ts'
import { transferConcurrency } from '../sync/transfer-limits.ts'
import type { RemoteSession } from '../sync/session.ts'

export type CopyEnds = WorkOptions & {
  readonly source: RemoteSession
  readonly target: RemoteSession
}

export type CopiedAmount = { readonly objects: number; readonly bytes: number }

/** @param head How far the log was copied: a checkpoint beyond it waits for the next copy. */
export async function copyCheckpoint(
  parts: Pick<StoreParts, 'codec' | 'config'>,
  ends: CopyEnds,
  head: LogHead,
): Promise<CopiedAmount> {
  const storeOf = ({ remote }: RemoteSession): CheckpointStore => {
    const concurrency = transferConcurrency(parts)
    return { remote, codec: parts.codec, concurrency, options: { signal: ends.signal } }
  }
  const [source, target] = [storeOf(ends.source), storeOf(ends.target)]
  const hint = await source.remote.get(checkpointHintKey, source.options)
  const root = await readCheckpointRoot(source, head.repoId)
  if (hint === undefined || root === undefined || root.head.seq > head.seq) return nothing
  const rootKey = Buffer.from(hint).toString('utf8').trim()
  const amount = { objects: 0, bytes: 0 }
  try {
    for (const key of [...root.segments.map((segment) => segment.key), rootKey]) {
      const bytes = await copyObject(source, target, key)
      amount.objects += Number(bytes > 0)
      amount.bytes += bytes
    }
  } catch (error) {
    if (isUnreadable(error)) return amount
    throw error
  }
  await target.remote.put(checkpointHintKey, hint, target.options)
  return { objects: amount.objects + 1, bytes: amount.bytes + hint.length }
}

const nothing: CopiedAmount = { objects: 0, bytes: 0 }

/** Returns how many bytes were written; 0 if the object was there. */
async function copyObject(
  source: CheckpointStore,
  target: CheckpointStore,
  key: string,
): Promise<number> {
  const segment = { key, first: 0, last: 0 }
  if ((await target.remote.head(key, target.options)) !== undefined) return 0
  const bytes = await source.remote.get(key, source.options)
  if (bytes === undefined) throw corrupt(`${source.remote.url}/${key}`, 'it is gone')
  await target.remote.put(key, bytes, target.options)
  const arrived = await readSegmentObject(target, segment)
  if (digestOf(arrived) === segmentHash(segment)) return bytes.length
  await target.remote.delete(key, target.options)
  throw corrupt(`${source.remote.url}/${key}`, 'its bytes are not those its name promises')
}
