/**
 * `push`: sends versions and events that a remote lacks, and commits them with log entries.
 *
 *   catch up -> choose -> upload -> rebase at n-1 -> upload large events -> claim slot n
 *        ^________________________________________________________________| lost: someone else was first
 *
 * Each turn starts from the state the log has come to. What was uploaded before counts as known
 * from the second turn on, so losing a slot costs a few requests, never the upload. A number that
 * someone else has is replaced, then the turn begins anew. Where runs have more data than may be in
 * memory, each window of it has a turn of its own.
 */

import { firstWindow } from '../../catalog/outgoing-events.ts'
import type { LogHead } from '../../core/log/entry.ts'
import { rebase, type Rebased } from '../../core/log/rebase.ts'
import { throwIfAborted } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { PushRequest } from '../requests.ts'
import type { PushResult } from '../results.ts'
import { catchUpWith } from './catch-up.ts'
import { conflictsInWords } from './conflicts.ts'
import { forceAliases } from './force-aliases.ts'
import { type IdentifiedRepository, identify } from './identify.ts'
import { initialiseRemote, requireSharedWriting } from './initialise.ts'
import { choosePush, type PushChoice } from './push-choice.ts'
import { PushCommit } from './push-commit.ts'
import { withPushLock } from './push-lock.ts'
import { planPush } from './push-plan.ts'
import { PushTransfer } from './push-transfer.ts'
import { renumber } from './renumber.ts'
import { knownHead, type RemoteSession, withRemote } from './session.ts'

/** A hot log: other clients won this many slots in a row. Then a pause between turns grows. */
const pauseMsMin = 20
const pauseMsMax = 2_000

/** Sends what the remote lacks; see `Store.push`. */
export function push(parts: StoreParts, request: PushRequest = {}): Promise<PushResult> {
  return withRemote(parts, request.remote, async (session) => {
    const { signal } = request
    await parts.codec.open()
    const found = await identify(parts, session, signal)
    if (request.dryRun === true) return planPush(parts, session, found, request)
    const repository = found ?? (await initialiseRemote(parts, session, signal))
    return withPushLock(parts, repository.repoId, signal, () =>
      new Push(parts, session, { ...request, ...repository }).run(),
    )
  })
}

type PushOf = PushRequest & IdentifiedRepository & { readonly isCreated?: boolean }

class Push {
  readonly #parts: StoreParts
  readonly #session: RemoteSession
  readonly #request: PushOf
  readonly #commit: PushCommit
  readonly #transfer: PushTransfer

  constructor(parts: StoreParts, session: RemoteSession, request: PushOf) {
    const { repoId, signal } = request
    this.#parts = parts
    this.#session = session
    this.#request = request
    this.#commit = new PushCommit(parts, session, signal)
    this.#transfer = new PushTransfer(parts, session, { repoId, signal })
  }

  async run(): Promise<PushResult> {
    const { repoId, signal, forceAliases: forced = [], references = [] } = this.#request
    let head = await this.#start()
    await forceAliases(this.#parts, repoId, forced)
    let after = firstWindow
    for (let turn = 0; ; turn++) {
      throwIfAborted(signal)
      const choice = choosePush(this.#parts, { repoId, references, after })
      const rebased = await this.#prepare(choice)
      if (await renumber(this.#parts, rebased.taken)) continue
      const committed = isEmpty(rebased) ? head : await this.#tryCommit(head, rebased)
      if (isSettled(rebased, committed)) {
        if (choice.next === undefined) return this.#finish(rebased)
        after = choice.next
      }
      // What was in conflict may be none now: with a version that this push has just restored.
      if (committed === undefined) await this.#pause(turn)
      head = committed ?? (await this.#catchUp(true))
    }
  }

  #finish(rebased: Rebased): PushResult {
    const { references = [] } = this.#request
    this.#transfer.finish({ isEverything: references.length === 0 })
    return this.#result(rebased)
  }

  /** Rule P4: every entry there is has been read, which is none in a log that was just begun. */
  async #start(): Promise<LogHead> {
    const { repoId, isNew, isCreated } = this.#request
    const known = knownHead(this.#parts, repoId)
    if (isCreated === true && known.seq === 0) return known
    return this.#catchUp(isNew && known.seq === 0)
  }

  async #catchUp(isHeadProven: boolean): Promise<LogHead> {
    const { repoId, signal } = this.#request
    const options = { signal, forWriting: true, isHeadProven }
    return (await catchUpWith(this.#parts, this.#session, repoId, options)).head
  }

  /** Uploads what is missing and decides what the entry says at this state of the log. */
  async #prepare(choice: PushChoice): Promise<Rebased> {
    if (choice.events.length === 0 && choice.versions.length === 0) return nothing
    const { repoId, signal } = this.#request
    await requireSharedWriting(this.#parts, this.#session, signal)
    const content = await this.#transfer.send(choice)
    return rebase(content, this.#parts.catalog.remoteView(repoId))
  }

  /** `undefined` if someone else was first, or if something of what was counted on was swept. */
  async #tryCommit(head: LogHead, rebased: Rebased): Promise<LogHead | undefined> {
    if (rebased.lostPacks.length > 0) return undefined
    return this.#commit.commit(head, await this.#transfer.sendBodies(rebased))
  }

  async #pause(turn: number): Promise<void> {
    const { clock, ids } = this.#parts
    const limitMs = Math.min(pauseMsMin * 2 ** turn, pauseMsMax)
    await clock.sleep(limitMs * ids.random(), this.#request.signal)
  }

  #result(rebased: Rebased): PushResult {
    const { requests, bytesSent } = this.#session.stats()
    const { versions, sizeBytes, runs, events, packs, renumbered, notes } = this.#commit.committed
    const conflicts = conflictsInWords(this.#parts, this.#session.name, rebased.conflicts)
    return {
      remote: this.#session.name,
      seq: knownHead(this.#parts, this.#request.repoId).seq,
      versions: [...versions],
      runs,
      events,
      bytesSent,
      bytesDeduped: Math.max(0, sizeBytes - this.#transfer.contentBytes),
      packs,
      requests,
      conflicts,
      renumbered,
      ...(notes.length === 0 ? {} : { notes }),
    }
  }
}

const nothing: Rebased = {
  events: [],
  versions: [],
  packs: [],
  conflicts: [],
  taken: [],
  deferred: [],
  lostPacks: [],
}

function isEmpty({ events, versions }: Rebased): boolean {
  return events.length === 0 && versions.length === 0
}

/** Whether there is nothing left to do about what a turn was about. */
function isSettled(rebased: Rebased, committed: LogHead | undefined): boolean {
  return isEmpty(rebased) || (committed !== undefined && rebased.conflicts.length === 0)
}
