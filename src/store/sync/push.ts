/**
 * `push`: sends versions and events that a remote lacks, and commits them with log entries.
 *
 *   catch up -> choose -> upload -> rebase at n-1 -> claim slot n
 *        ^___________________________________________| lost: someone else was first
 *
 * Each turn starts from the state the log has come to. What was uploaded before counts as known
 * from the second turn on, so losing a slot costs a few requests, never the upload.
 */

import { encodeEntry, type EntryContent, type LogHead } from '../../core/log/entry.ts'
import { rebase, type Rebased } from '../../core/log/rebase.ts'
import { splitIntoEntries } from '../../core/log/split.ts'
import { locatorForm } from '../../core/pack/locator.ts'
import { corrupt, throwIfAborted } from '../../errors.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { StoreParts } from '../parts.ts'
import type { PushRequest } from '../requests.ts'
import type { PushResult } from '../results.ts'
import { catchUp } from './catch-up.ts'
import { writeCheckpointIfDue } from './checkpoint.ts'
import { claimSlot } from './claim-slot.ts'
import { transferConcurrency } from './concurrency.ts'
import { conflictsInWords } from './conflicts.ts'
import { forceAliases } from './force-aliases.ts'
import { initialiseRemote, requireSharedWriting } from './initialise.ts'
import { KnownObjects } from './known-objects.ts'
import { PackSender } from './pack-sender.ts'
import { choosePush, type PushChoice } from './push-choice.ts'
import { withPushLock } from './push-lock.ts'
import { type RemoteSession, withRemote } from './session.ts'
import { upload } from './upload.ts'

/** A hot log: other clients won this many slots in a row. Then a pause between turns grows. */
const pauseMaxMs = 2_000

/** Sends what the remote lacks; see `Store.push`. */
export function push(parts: StoreParts, request: PushRequest = {}): Promise<PushResult> {
  return withRemote(parts, request.remote, (session) =>
    withPushLock(parts, session, request.signal, () => new Push(parts, session, request).run()),
  )
}

class Push {
  readonly #parts: StoreParts
  readonly #session: RemoteSession
  readonly #request: PushRequest
  #known: KnownObjects | undefined
  #sender: PackSender | undefined
  #seq = 0
  #events = 0
  #packs = 0
  readonly #versions = new Set<string>()
  #sizeBytes = 0

  constructor(parts: StoreParts, session: RemoteSession, request: PushRequest) {
    this.#parts = parts
    this.#session = session
    this.#request = request
  }

  async run(): Promise<PushResult> {
    const { signal, dryRun } = this.#request
    await this.#parts.codec.open()
    let head = await this.#catchUp()
    if (head === undefined) {
      if (dryRun === true) return this.#result(emptyRebase)
      await requireSharedWriting(this.#parts, this.#session, signal)
      await initialiseRemote(this.#parts, this.#session, signal)
      head = (await this.#catchUp()) ?? noRepository(this.#session)
    }
    for (let turn = 0; ; turn++) {
      throwIfAborted(signal)
      await forceAliases(this.#parts, head.repoId, this.#request.forceAliases ?? [])
      const choice = choosePush(this.#parts, head.repoId, this.#request.references ?? [])
      const rebased = await this.#prepare(head, choice)
      if (dryRun === true || isEmpty(rebased)) return this.#result(rebased)
      const next = await this.#commit(head, rebased)
      if (next !== undefined) {
        this.#sender?.settle()
        return this.#result(rebased)
      }
      await this.#pause(turn)
      head = (await this.#catchUp()) ?? noRepository(this.#session)
    }
  }

  async #catchUp(): Promise<LogHead | undefined> {
    const { signal } = this.#request
    const caughtUp = await catchUp(this.#parts, this.#session, { signal, forWriting: true })
    this.#seq = caughtUp?.head.seq ?? 0
    return caughtUp?.head
  }

  /** Uploads what is missing and decides what the entry says at this state of the log. */
  async #prepare(head: LogHead, choice: PushChoice): Promise<Rebased> {
    const view = this.#parts.catalog.remoteView(head.repoId)
    if (choice.events.length === 0 && choice.versions.length === 0) return emptyRebase
    if (this.#request.dryRun === true) {
      return { ...emptyRebase, ...rebase({ ...choice, packs: [], versions: [] }, view) }
    }
    await requireSharedWriting(this.#parts, this.#session, this.#request.signal)
    for (;;) {
      const content = await this.#upload(head, choice)
      const rebased = rebase(content, view)
      if (rebased.lostPacks.length === 0) return rebased
    }
  }

  async #upload(head: LogHead, choice: PushChoice): Promise<EntryContent> {
    const { catalog, progress } = this.#parts
    const task = progress.start('upload')
    try {
      const { known, sender } = await this.#transfer(head, task)
      const roots = choice.versions.map(({ record }) => record.root)
      const concurrency = transferConcurrency(this.#parts)
      const { signal } = this.#request
      await upload(this.#parts, roots, { known, sender, concurrency, progress: task, signal })
      const uses = catalog.remotePacks.closure(head.repoId, known.bases, known.uses)
      return {
        events: choice.events,
        packs: sender.sent.map(({ id, purpose, sizeBytes }) => ({ id, kind: purpose, sizeBytes })),
        versions: choice.versions.map(({ id, record }) => {
          const root = known.locatorEntry(record.root, locatorForm.treeNode)
          if (root === undefined) throw corrupt(`version ${id}`, 'its root was not uploaded')
          return { version: id, root, uses }
        }),
      }
    } finally {
      task.end()
    }
  }

  /** Made once a push: what was sent in an earlier turn is known in the next. */
  async #transfer(
    head: LogHead,
    _task: ProgressTask,
  ): Promise<{ known: KnownObjects; sender: PackSender }> {
    if (this.#known !== undefined && this.#sender !== undefined) {
      this.#known.startTurn()
      return { known: this.#known, sender: this.#sender }
    }
    const { repoId } = head
    const { catalog } = this.#parts
    const known = new KnownObjects({
      repoId,
      index: catalog.remoteObjects,
      liveSeq: (packId) => catalog.remotePacks.liveSeq(repoId, packId),
      intactSeq: (packId) => catalog.remotePacks.intactSeq(repoId, packId),
      isSwept: (packId) => catalog.remoteView(repoId).packState(packId) === 'swept',
    })
    const sender = new PackSender(this.#parts, this.#session.remote, repoId, this.#request.signal)
    const view = catalog.remoteView(repoId)
    for (const pack of await sender.resume((id) => view.packState(id) !== undefined)) {
      known.addPack(pack)
    }
    this.#known = known
    this.#sender = sender
    return { known, sender }
  }

  /** Claims the slots after `head`; `undefined` if another client was first. */
  async #commit(head: LogHead, content: EntryContent): Promise<LogHead | undefined> {
    let last = head
    for (const piece of splitIntoEntries(content)) {
      const bytes = encodeEntry({
        ...piece,
        at: this.#parts.clock.now().toISOString(),
        client: this.#parts.storeId,
        commitId: this.#parts.ids.id(),
        prev: last.hash,
        repoId: head.repoId,
        requires: [],
        seq: last.seq + 1,
        tool: this.#parts.identity.tool,
      })
      if ((await this.#claim(last.seq + 1, bytes)) === 'lost') return undefined
      last = await this.#record(last, bytes)
      this.#count(piece)
    }
    return last
  }

  async #claim(seq: number, bytes: Buffer): Promise<'committed' | 'lost'> {
    const { clock, ids } = this.#parts
    const { remote, configured } = this.#session
    const { signal } = this.#request
    return claimSlot({ remote, seq, bytes, clock, ids, signal, isOnlyWriter: configured.singleWriter })
  }

  /** Puts the committed entry into the journal. From here on the push has happened. */
  async #record(before: LogHead, bytes: Buffer): Promise<LogHead> {
    const { catalog } = this.#parts
    const { repoId } = before
    const seq = before.seq + 1
    const record = { kind: 'entry', remote: repoId, seq, bytes: bytes.toString('utf8') } as const
    await this.#parts.write((scope) => {
      if ((catalog.remotes.head(repoId)?.seq ?? 0) < seq) scope.append([record])
    })
    const head = catalog.remotes.head(repoId) ?? before
    this.#seq = seq
    if (head.seq === seq) {
      const { remote } = this.#session
      const concurrency = transferConcurrency(this.#parts)
      const options = { signal: this.#request.signal }
      const store = { remote, codec: this.#parts.codec, concurrency, options }
      const start = catalog.remotes.start(repoId)
      await writeCheckpointIfDue(store, start, head, catalog.remotePacks.all(repoId))
    }
    return head
  }

  #count(piece: EntryContent): void {
    this.#events += piece.events.length
    this.#packs += piece.packs.length
    for (const { version } of piece.versions) {
      const row = this.#parts.catalog.versions.get(version)
      if (row === undefined) continue
      this.#versions.add(`${row.record.artifact}@${this.#parts.catalog.labels.of(version) ?? version.slice(0, 12)}`)
      this.#sizeBytes += row.record.size
    }
  }

  async #pause(turn: number): Promise<void> {
    const { clock, ids } = this.#parts
    const limitMs = Math.min(20 * 2 ** turn, pauseMaxMs)
    await clock.sleep(limitMs * ids.random(), this.#request.signal)
  }

  #result(rebased: Rebased): PushResult {
    const stats = this.#session.stats()
    const sentContentBytes = this.#known?.contentBytes ?? 0
    return {
      remote: this.#session.name,
      seq: this.#seq,
      versions: [...this.#versions],
      events: this.#request.dryRun === true ? rebased.events.length : this.#events,
      bytesSent: stats.bytesSent,
      bytesDeduped: Math.max(0, this.#sizeBytes - sentContentBytes),
      packs: this.#packs,
      requests: stats.requests,
      conflicts: conflictsInWords(this.#parts, this.#session.name, rebased.conflicts),
    }
  }
}

const emptyRebase: Rebased = {
  events: [],
  versions: [],
  packs: [],
  conflicts: [],
  deferred: [],
  lostPacks: [],
}

function isEmpty({ events, versions }: Rebased): boolean {
  return events.length === 0 && versions.length === 0
}

function noRepository(session: RemoteSession): never {
  throw corrupt(session.remote.url, 'its format.json vanished right after it was written')
}
