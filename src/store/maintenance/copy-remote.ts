/**
 * `remote copy`: moves a whole remote to another place, byte for byte.
 *
 *   format.json -> for each run of entries: their packs and indexes, then the entries -> checkpoint
 *
 * The order is that of a push, so what the new place shows at any time is an earlier state of the
 * old one. Run again after an interruption, it goes on behind the last entry that arrived: what
 * that entry needs arrived before it. Objects travel from remote to remote, a few packs at a time;
 * nothing of them need be here.
 */

import { digestOf } from '../../core/digest.ts'
import type { LogHead, RemotePack } from '../../core/log/entry.ts'
import { logKey, packIndexKey, packKey, remoteFormatKey } from '../../core/remote-layout.ts'
import {
  corrupt,
  invalidArgument,
  isMlstoreError,
  MlstoreError,
  notFound,
  throwIfAborted,
} from '../../errors.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { StoreParts } from '../parts.ts'
import type { WorkOptions } from '../requests.ts'
import type { CopyResult } from '../results.ts'
import { catchUp } from '../sync/catch-up.ts'
import { claimSlot } from '../sync/claim-slot.ts'
import { transferConcurrency } from '../sync/transfer-limits.ts'
import { type FollowedEntry, followLog } from '../sync/follow-log.ts'
import { requireSharedWriting } from '../sync/initialise.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import { type RemoteSession, withRemote } from '../sync/session.ts'
import { copyCheckpoint } from './copy-checkpoint.ts'
import { verifiedPackIndex } from './verified-pack.ts'

/**
 * Copies a remote; see `Store.copyRemote`.
 *
 * @param from Name of the remote that is read.
 * @param to Name of an empty remote, or of one that an earlier copy has begun.
 * @throws {MlstoreError} `REMOTE_REPLACED` if `to` holds something else; `CORRUPT` if a pack of
 *   `from` is damaged: damage is not spread.
 */
export async function copyRemote(
  parts: StoreParts,
  from: string,
  to: string,
  options: WorkOptions = {},
): Promise<CopyResult> {
  await parts.codec.open()
  return withRemote(parts, from, (source) =>
    withRemote(parts, to, async (target) => {
      if (source.remote.url === target.remote.url) {
        throw invalidArgument(`${from} and ${to} are the same place, ${source.remote.url}.`)
      }
      const task = parts.progress.start('copy')
      try {
        return await new RemoteCopy(parts, { source, target, task, ...options }).run()
      } finally {
        task.end()
      }
    }),
  )
}

type CopyRequest = WorkOptions & {
  readonly source: RemoteSession
  readonly target: RemoteSession
  readonly task: ProgressTask
}

const forReading = { forWriting: false } as const

class RemoteCopy {
  readonly #parts: StoreParts
  readonly #request: CopyRequest
  #objects = 0
  #bytes = 0

  constructor(parts: StoreParts, request: CopyRequest) {
    this.#parts = parts
    this.#request = request
  }

  async run(): Promise<CopyResult> {
    const { source, target, signal } = this.#request
    await requireSharedWriting(this.#parts, target, signal)
    const start = await this.#copyFormat(await this.#learnSource())
    const reached = await this.#reached(start)
    const head = await this.#copyLog(start, reached)
    await this.#verifyHead(head)
    const { objects, bytes } = await copyCheckpoint(this.#parts, this.#request, head)
    return {
      from: source.name,
      to: target.name,
      objects: this.#objects + objects,
      bytes: this.#bytes + bytes,
      requests: source.stats().requests + target.stats().requests,
    }
  }

  /** Which packs were swept is known from the log; those are not there to be copied. */
  async #learnSource(): Promise<LogHead> {
    const { source, signal } = this.#request
    const caughtUp = await catchUp(this.#parts, source, { ...forReading, signal })
    if (caughtUp !== undefined) return this.#parts.catalog.remotes.start(caughtUp.head.repoId)
    throw notFound(`${source.remote.url} holds no repository.`, 'There is nothing to copy.')
  }

  /** Makes the target the same repository; returns where its log starts. */
  async #copyFormat(start: LogHead): Promise<LogHead> {
    const { source, target, signal } = this.#request
    const bytes = await source.remote.get(remoteFormatKey, { signal })
    if (bytes === undefined || digestOf(bytes) !== start.hash) {
      throw replaced(source, 'its format.json is not the one known here')
    }
    const found = await target.remote.get(remoteFormatKey, { signal })
    if (found === undefined) await this.#createFormat(bytes)
    else if (digestOf(found) !== start.hash) throw replaced(target, 'it holds another repository')
    return start
  }

  async #createFormat(bytes: Uint8Array): Promise<void> {
    const { target, signal } = this.#request
    if (target.configured.singleWriter) {
      await target.remote.put(remoteFormatKey, bytes, { signal })
    } else {
      await target.remote.create(remoteFormatKey, bytes, { signal })
    }
    // Someone may have been first, or the answer was lost: what counts is what is there now.
    const found = await target.remote.get(remoteFormatKey, { signal })
    if (found === undefined) {
      throw new MlstoreError(
        'COMMIT_UNKNOWN',
        `${target.remote.url}: format.json did not arrive.`,
        {
          hint: 'Run the copy again.',
        },
      )
    }
    if (digestOf(found) !== digestOf(bytes)) throw replaced(target, 'it holds another repository')
    this.#count(bytes)
  }

  /** How far an earlier copy has come. */
  async #reached(start: LogHead): Promise<LogHead> {
    const { target, signal } = this.#request
    let head = start
    for await (const batch of followLog(target.remote, start, { ...forReading, signal })) {
      head = batch.at(-1)?.head ?? head
    }
    return head
  }

  /** Follows the source from its first entry to its end, which may move meanwhile. */
  async #copyLog(start: LogHead, reached: LogHead): Promise<LogHead> {
    const { source, target, signal } = this.#request
    let head = start
    for await (const batch of followLog(source.remote, start, { ...forReading, signal })) {
      const rest = batch.filter((followed) => followed.head.seq > reached.seq)
      await this.#copyPacks(rest)
      for (const followed of rest) await this.#copyEntry(followed)
      for (const followed of batch) {
        head = followed.head
        if (head.seq === reached.seq && head.hash !== reached.hash) {
          throw replaced(target, `its log went another way before entry ${head.seq + 1}`)
        }
      }
    }
    if (head.seq >= reached.seq) return head
    throw replaced(target, `it has ${reached.seq} entries where ${source.name} has ${head.seq}`)
  }

  async #copyPacks(batch: readonly FollowedEntry[]): Promise<void> {
    const packs = batch.flatMap(({ entry }) => entry.packs)
    this.#request.task.addTotal({ bytes: packs.reduce((sum, pack) => sum + pack.sizeBytes, 0) })
    const copied = mapOrdered(packs, transferConcurrency(this.#parts), async (pack) => {
      throwIfAborted(this.#request.signal)
      await this.#copyPack(pack)
      this.#request.task.advance({ bytes: pack.sizeBytes })
    })
    for await (const _ of copied) throwIfAborted(this.#request.signal)
  }

  async #copyPack(pack: RemotePack): Promise<void> {
    if (this.#isSwept(pack) || (await this.#isThere(pack))) return
    const { source, target, signal } = this.#request
    const bytes = await source.remote.get(packKey(pack.id), { signal })
    if (bytes === undefined) {
      if (await this.#wasSweptMeanwhile(pack)) return
      throw corrupt(`${source.remote.url}/${packKey(pack.id)}`, 'it is gone')
    }
    const index = this.#verify(pack, bytes)
    await target.remote.put(packKey(pack.id), bytes, { signal })
    await target.remote.put(packIndexKey(pack.id), index, { signal })
    this.#count(bytes)
    this.#count(index)
  }

  /** Returns what belongs into the pack's index. */
  #verify(pack: RemotePack, bytes: Uint8Array): Uint8Array {
    const { source } = this.#request
    const where = `${source.remote.url}/${packKey(pack.id)}`
    try {
      return verifiedPackIndex(this.#parts.codec, bytes, { ...pack, where })
    } catch (error) {
      if (!isMlstoreError(error)) throw error
      const hint = `\`mlstore fsck --remote ${source.name}\` lists everything that is damaged there.`
      throw new MlstoreError(error.code, error.message, { hint, cause: error })
    }
  }

  /** The index is written after the pack, so it speaks for both; the length is looked at again. */
  async #isThere(pack: RemotePack): Promise<boolean> {
    const { target, signal } = this.#request
    if ((await target.remote.head(packIndexKey(pack.id), { signal })) === undefined) return false
    const head = await target.remote.head(packKey(pack.id), { signal })
    return head?.sizeBytes === pack.sizeBytes
  }

  #isSwept(pack: RemotePack): boolean {
    const repoId = this.#parts.catalog.remotes.byName(this.#request.source.name)?.repoId
    if (repoId === undefined) return false
    return this.#parts.catalog.remoteView(repoId).packState(pack.id) === 'swept'
  }

  async #wasSweptMeanwhile(pack: RemotePack): Promise<boolean> {
    await this.#learnSource()
    return this.#isSwept(pack)
  }

  /** In order, one after the other: a slot may only be written when the one before it is there. */
  async #copyEntry({ bytes, head }: FollowedEntry): Promise<void> {
    throwIfAborted(this.#request.signal)
    const { target, signal } = this.#request
    const { clock, ids } = this.#parts
    const { remote, configured } = target
    const isOnlyWriter = configured.singleWriter
    const slot = { remote, seq: head.seq, bytes, clock, ids, isOnlyWriter, signal }
    const outcome = await claimSlot(slot)
    if (outcome === 'lost') {
      const found = await remote.get(logKey(head.seq), { signal })
      if (found === undefined || digestOf(found) !== head.hash) {
        throw replaced(target, `someone else wrote its entry ${head.seq} during the copy`)
      }
      return
    }
    this.#count(bytes)
  }

  async #verifyHead(head: LogHead): Promise<void> {
    const { target, signal } = this.#request
    const key = head.seq === 0 ? remoteFormatKey : logKey(head.seq)
    const found = await target.remote.get(key, { signal })
    if (found !== undefined && digestOf(found) === head.hash) return
    throw replaced(target, `${key} is not what was written`)
  }

  #count(bytes: Uint8Array): void {
    this.#objects += 1
    this.#bytes += bytes.length
  }
}

function replaced({ remote }: RemoteSession, why: string): MlstoreError {
  return new MlstoreError('REMOTE_REPLACED', `${remote.url}: ${why}.`, {
    hint: 'Copy to an empty place, and let nobody push there before the copy has ended.',
  })
}
