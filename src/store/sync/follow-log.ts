/**
 * Following a remote's log from what is known to its end (rules R1 and R2).
 *
 * Only GETs, never a listing. The slot that is known and the one after it are read together: the
 * first proves that this is still the log we know, the second says whether there is news. Far
 * behind, a growing window is prefetched and its contiguous part used.
 */

import { digestOf } from '../../core/digest.ts'
import { advanceHead, decodeEntry, type LogEntry, type LogHead } from '../../core/log/entry.ts'
import { logKey, remoteFormatKey } from '../../core/remote-layout.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import type { Remote } from '../../ports/remote.ts'

export type FollowedEntry = {
  readonly entry: LogEntry
  readonly bytes: Uint8Array
  /** The head once this entry is known. */
  readonly head: LogHead
}

export type FollowOptions = {
  readonly signal?: AbortSignal | undefined
  /** The caller will write: an end of the log that cannot be told from a refusal is an error. */
  readonly forWriting: boolean
  /** The known entry was read from this remote a moment ago and need not be again. */
  readonly isHeadProven?: boolean | undefined
}

/** Doubling from 1, never more slots are asked for in vain than there were entries. */
const windowMax = 64

/**
 * Reads the entries after `head`, in batches, each checked against the one before it.
 *
 * @throws {MlstoreError} `REMOTE_REPLACED` when the known entry is gone or another, `CORRUPT`
 * when an entry is damaged.
 */
export async function* followLog(
  remote: Remote,
  head: LogHead,
  options: FollowOptions,
): AsyncGenerator<FollowedEntry[]> {
  const [next] = await Promise.all([
    getSlot(remote, head.seq + 1, options),
    options.isHeadProven === true ? undefined : checkHead(remote, head, options.signal),
  ])
  let known = head
  let slots: (Uint8Array | undefined)[] = [next]
  for (let window = 2; ; window = Math.min(window * 2, windowMax)) {
    const batch = openBatch(remote, known, slots)
    const last = batch.at(-1)
    if (last === undefined) return
    yield batch
    known = last.head
    if (batch.length < slots.length) return
    slots = await getWindow(remote, known.seq + 1, window, options)
  }
}

/** Rule R2: the entry known as the head must still be what it was. */
async function checkHead(
  remote: Remote,
  head: LogHead,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = head.seq === 0 ? remoteFormatKey : logKey(head.seq)
  const bytes = await remote.get(key, { signal })
  if (bytes === undefined) throw replaced(remote, `${key} is gone`)
  if (digestOf(bytes) !== head.hash) throw replaced(remote, `${key} is not the one known here`)
}

function getWindow(
  remote: Remote,
  first: number,
  slots: number,
  options: FollowOptions,
): Promise<(Uint8Array | undefined)[]> {
  const seqs = Array.from({ length: slots }, (_, index) => first + index)
  return Promise.all(seqs.map((seq) => getSlot(remote, seq, options)))
}

/** The contiguous entries at the start of the window. */
function openBatch(
  remote: Remote,
  head: LogHead,
  slots: readonly (Uint8Array | undefined)[],
): FollowedEntry[] {
  const batch: FollowedEntry[] = []
  let known = head
  for (const bytes of slots) {
    if (bytes === undefined) break
    const entry = decodeEntry(bytes, `${remote.url}: log entry ${known.seq + 1}`)
    known = advanceHead(known, entry, bytes)
    batch.push({ entry, bytes, head: known })
  }
  return batch
}

/** A slot's bytes; `undefined` past the end of the log. */
async function getSlot(
  remote: Remote,
  seq: number,
  options: FollowOptions,
): Promise<Uint8Array | undefined> {
  try {
    return await remote.get(logKey(seq), { signal: options.signal })
  } catch (error) {
    if (!isForbidden(error)) throw error
    if (!options.forWriting) return undefined
    throw new MlstoreError(
      'REMOTE_REFUSED',
      `${remote.url}: log entry ${seq} answers "access denied", so the end of the log is not known.`,
      {
        hint: 'Grant s3:ListBucket on the bucket: without it a missing object cannot be told from a forbidden one.',
        cause: error,
      },
    )
  }
}

function isForbidden(error: unknown): boolean {
  return isMlstoreError(error, 'REMOTE_REFUSED') && error.details?.['forbidden'] === true
}

function replaced(remote: Remote, why: string): MlstoreError {
  return new MlstoreError('REMOTE_REPLACED', `${remote.url} was rolled back or replaced: ${why}.`, {
    hint: 'Check that the URL is right and, for a folder, that its drive is mounted; ask whoever runs it. To take it as a new remote, `mlstore remote rm` it and add it under another name.',
  })
}
