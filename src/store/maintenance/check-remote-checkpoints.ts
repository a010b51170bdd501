/**
 * Checks the newest checkpoint of a remote against its log.
 *
 * Checkpoints are a shorter way for fresh clones and nothing depends on them, so a missing one is
 * no problem; one that says something else than the log is.
 */

import {
  type CheckpointRoot,
  type CheckpointSegment,
  decodeCheckpoint,
  segmentHash,
} from '../../core/log/checkpoint.ts'
import { readSegment } from '../../core/log/segment.ts'
import { checkpointHintKey } from '../../core/remote-layout.ts'
import { corrupt, isMlstoreError, throwIfAborted } from '../../errors.ts'
import { type CheckpointStore, readSegmentObject } from '../sync/checkpoint.ts'
import type { RemoteCheck } from './remote-check.ts'
import type { LogState } from './remote-log-state.ts'
import { sentences } from './sentences.ts'

const harmless =
  'Nothing depends on it: clones read the log slot by slot, and a later push writes another.'

/** Reads the checkpoint that `ckpt/LATEST` names, with all its segments. */
export async function checkRemoteCheckpoints(check: RemoteCheck, state: LogState): Promise<void> {
  const hint = await check.remote.get(checkpointHintKey, { signal: check.signal })
  if (hint === undefined) return
  const key = Buffer.from(hint).toString('utf8').trim()
  const segment = { key, first: 0, last: 0 }
  const hash = await attempt(check, checkpointHintKey, async () => segmentHash(segment))
  if (hash === undefined) return
  const root = await attempt(check, key, async () =>
    decodeCheckpoint(await readSegmentObject(storeOf(check), segment), hash),
  )
  if (root === undefined) return
  checkRoot(check, state, key, root)
  for (const segment of root.segments) await checkSegment(check, state, segment)
}

function checkRoot(check: RemoteCheck, state: LogState, key: string, root: CheckpointRoot): void {
  const { repoId, seq, hash } = root.head
  const packs = state.packsAt(seq)
  const report = (why: string): void =>
    check.findings.report({ where: key, what: sentences(why, harmless) })
  if (repoId !== state.repoId) report(`this checkpoint is of repository ${repoId}.`)
  else if (hash !== (state.hashOf(seq) ?? hash))
    report(`this checkpoint ends with another entry ${seq}.`)
  else if (!isSame(root.live, packs.live) || !isSame(root.swept, packs.swept)) {
    report('this checkpoint lists other packs than the log does.')
  }
}

async function checkSegment(
  check: RemoteCheck,
  state: LogState,
  segment: CheckpointSegment,
): Promise<void> {
  throwIfAborted(check.signal)
  const before = state.hashOf(segment.first - 1)
  // Where the log itself has a gap, that was reported, and nothing can be said of the segment.
  if (before === undefined) return
  await attempt(check, segment.key, async () => {
    const bytes = await readSegmentObject(storeOf(check), segment)
    const head = { repoId: state.repoId, seq: segment.first - 1, hash: before }
    let { hash } = head
    for (const entry of readSegment(bytes, segmentHash(segment), segment, head)) {
      hash = entry.head.hash
    }
    const logged = state.hashOf(segment.last)
    if (logged !== undefined && logged !== hash)
      throw corrupt(segment.key, `it does not end with entry ${segment.last}`)
    check.findings.count(1, bytes.length)
  })
}

/** Any way in which a part can be wrong ends up as the same harmless finding. */
async function attempt<Result>(
  { findings }: RemoteCheck,
  where: string,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    const isWrong =
      isMlstoreError(error, 'CORRUPT') ||
      isMlstoreError(error, 'DIGEST_MISMATCH') ||
      isMlstoreError(error, 'REMOTE_REPLACED') ||
      isMlstoreError(error, 'INVALID_ARGUMENT')
    if (!isWrong) throw error
    findings.report({ where, what: sentences(error.message, harmless) })
    return undefined
  }
}

function storeOf({ remote, codec, concurrency, signal }: RemoteCheck): CheckpointStore {
  return { remote, codec, concurrency, options: { signal } }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
