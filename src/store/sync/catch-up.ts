/**
 * Learning a remote's log: which repository it is, then every entry that is not known yet.
 *
 * Entries go verbatim into the journal, in slot order. Another process may fetch the same ones
 * meanwhile; under the writer lock only those after the head that is known by then are appended.
 */

import { digestOf } from '../../core/digest.ts'
import { segmentHash } from '../../core/log/checkpoint.ts'
import type { LogHead } from '../../core/log/entry.ts'
import { readSegment } from '../../core/log/segment.ts'
import { decodeRemoteFormat, requireFeatures } from '../../core/remote-format.ts'
import { remoteFormatKey } from '../../core/remote-layout.ts'
import type { StoreParts } from '../parts.ts'
import { isUnreadable, readCheckpointRoot, readSegmentObject } from './checkpoint.ts'
import { type FollowedEntry, type FollowOptions, followLog } from './follow-log.ts'
import { knownHead, type RemoteSession } from './session.ts'

export type CaughtUp = {
  readonly head: LogHead
  /** Of what was new. */
  readonly entries: number
  readonly versions: number
  readonly events: number
}

/**
 * Brings the catalog up to the end of the remote's log.
 *
 * @returns `undefined` when the remote holds no repository yet.
 */
export async function catchUp(
  parts: StoreParts,
  session: RemoteSession,
  options: FollowOptions,
): Promise<CaughtUp | undefined> {
  const repoId = await identify(parts, session, options)
  if (repoId === undefined) return undefined
  const counted = { entries: 0, versions: 0, events: 0 }
  const take = async (batch: readonly FollowedEntry[]): Promise<void> => {
    await append(parts, repoId, batch, options.signal)
    counted.entries += batch.length
    for (const { entry } of batch) {
      counted.events += entry.events.length
      counted.versions += entry.events.filter((event) => event.type === 'version.add').length
    }
  }
  if (knownHead(parts, repoId).seq === 0) {
    for await (const batch of readCheckpoint(parts, session, repoId, options)) await take(batch)
  }
  for await (const batch of followLog(session.remote, knownHead(parts, repoId), options)) {
    await take(batch)
  }
  return { head: knownHead(parts, repoId), ...counted }
}

/** The repository's id: the remembered one, else what `format.json` says. */
async function identify(
  parts: StoreParts,
  session: RemoteSession,
  options: FollowOptions,
): Promise<string | undefined> {
  const { remote, name } = session
  const known = parts.catalog.remotes.byName(name)
  if (known?.url === remote.url) return known.repoId
  const bytes = await remote.get(remoteFormatKey, { signal: options.signal })
  if (bytes === undefined) return undefined
  const where = `${remote.url}/${remoteFormatKey}`
  const format = decodeRemoteFormat(bytes, where)
  requireFeatures(format, 'read', where)
  const { repoId } = format
  const record = { kind: 'remote', name, url: remote.url, repoId, format: digestOf(bytes) } as const
  await parts.write((scope) => scope.append([record]), options.signal)
  return repoId
}

async function append(
  parts: StoreParts,
  repoId: string,
  batch: readonly FollowedEntry[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await parts.write((scope) => {
    const known = knownHead(parts, repoId).seq
    const fresh = batch.filter(({ head }) => head.seq > known)
    scope.append(
      fresh.map(({ bytes, head }) => ({
        kind: 'entry',
        remote: repoId,
        seq: head.seq,
        bytes: Buffer.from(bytes).toString('utf8'),
      })),
    )
  }, signal)
}

/**
 * The entries that the newest checkpoint covers, a batch a segment. A checkpoint that is not
 * there or not readable only costs requests: the log itself is followed then.
 */
async function* readCheckpoint(
  parts: StoreParts,
  session: RemoteSession,
  repoId: string,
  { signal }: FollowOptions,
): AsyncGenerator<FollowedEntry[]> {
  const { remote } = session
  await parts.codec.open()
  const store = { remote, codec: parts.codec, concurrency: 1, options: { signal } }
  const root = await readCheckpointRoot(store, repoId)
  for (const segment of root?.segments ?? []) {
    try {
      const bytes = await readSegmentObject(store, segment)
      yield [...readSegment(bytes, segmentHash(segment), segment, knownHead(parts, repoId))]
    } catch (error) {
      if (isUnreadable(error)) return
      throw error
    }
  }
}
