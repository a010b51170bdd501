/**
 * The end of a push: its log entries, one slot after the other.
 *
 * Most pushes are one entry. A larger one leaves only complete versions behind after each, so that
 * a slot lost in the middle is no harm: what is left is rebased like any other push.
 */

import { digestOf } from '../../core/digest.ts'
import { encodeEntry, type EntryContent, type LogHead } from '../../core/log/entry.ts'
import { splitIntoEntries } from '../../core/log/split.ts'
import { leftOutNotes } from '../left-out.ts'
import type { StoreParts } from '../parts.ts'
import { versionTitle } from '../version-title.ts'
import { claimSlot } from './claim-slot.ts'
import type { Renumbering } from '../number-results.ts'
import { renumberingsIn } from './renumber.ts'
import { transferConcurrency } from './transfer-limits.ts'
import type { RemoteSession } from './session.ts'
import { isCheckpointDue, tryWriteCheckpoint } from './write-checkpoint.ts'

/** What has been committed so far. */
export type Committed = {
  /** Titles of the versions. */
  readonly versions: ReadonlySet<string>
  readonly sizeBytes: number
  readonly runs: number
  readonly events: number
  readonly packs: number
  readonly renumbered: readonly Renumbering[]
  /** Sentences about what did not work and is no failure of the push. */
  readonly notes: readonly string[]
}

export class PushCommit {
  readonly #parts: StoreParts
  readonly #session: RemoteSession
  readonly #signal: AbortSignal | undefined
  readonly #versions = new Set<string>()
  readonly #notes: string[] = []
  readonly #renumbered: Renumbering[] = []
  #sizeBytes = 0
  #runs = 0
  #events = 0
  #packs = 0

  constructor(parts: StoreParts, session: RemoteSession, signal: AbortSignal | undefined) {
    this.#parts = parts
    this.#session = session
    this.#signal = signal
  }

  get committed(): Committed {
    return {
      versions: this.#versions,
      sizeBytes: this.#sizeBytes,
      runs: this.#runs,
      events: this.#events,
      packs: this.#packs,
      renumbered: this.#renumbered,
      notes: this.#notes,
    }
  }

  /**
   * Claims the slots after `head`.
   *
   * @returns The head then; `undefined` if another client was first, perhaps after some of them.
   * @throws {MlstoreError} `COMMIT_UNKNOWN`, and what the remote refuses.
   */
  async commit(head: LogHead, content: EntryContent): Promise<LogHead | undefined> {
    let last = head
    for (const piece of splitIntoEntries(content)) {
      const bytes = this.#entryAfter(last, piece)
      if ((await this.#claim(last.seq + 1, bytes)) === 'lost') return undefined
      last = await this.#record(last, bytes)
      this.#count(piece)
      await this.#checkpoint(last)
    }
    return last
  }

  #entryAfter(head: LogHead, piece: EntryContent): Buffer {
    const { clock, storeId, ids, identity } = this.#parts
    return encodeEntry({
      ...piece,
      at: clock.now().toISOString(),
      client: storeId,
      commitId: ids.id(),
      prev: head.hash,
      repoId: head.repoId,
      requires: [],
      seq: head.seq + 1,
      tool: identity.tool,
    })
  }

  #claim(seq: number, bytes: Buffer): Promise<'committed' | 'lost'> {
    const { clock, ids } = this.#parts
    const { remote, configured } = this.#session
    const isOnlyWriter = configured.singleWriter
    return claimSlot({ remote, seq, bytes, clock, ids, signal: this.#signal, isOnlyWriter })
  }

  /**
   * Puts the committed entry into the journal. From here on the push has happened, so nothing
   * interrupts it. Another process may have fetched the entry meanwhile.
   */
  async #record({ repoId, seq: before }: LogHead, bytes: Buffer): Promise<LogHead> {
    const seq = before + 1
    const record = { kind: 'entry', remote: repoId, seq, bytes: bytes.toString('utf8') } as const
    await this.#parts.write((scope) => {
      if ((this.#parts.catalog.remotes.head(repoId)?.seq ?? 0) < seq) scope.append([record])
    })
    return { repoId, seq, hash: digestOf(bytes) }
  }

  async #checkpoint(head: LogHead): Promise<void> {
    const { codec, catalog } = this.#parts
    const { repoId } = head
    // Which packs are live at an entry can be asked as long as it is the newest one known.
    const isNewest = catalog.remotes.head(repoId)?.hash === head.hash
    if (!isCheckpointDue(head) || !isNewest) return
    const { remote } = this.#session
    const concurrency = transferConcurrency(this.#parts)
    const store = { remote, codec, concurrency, options: { signal: this.#signal } }
    const start = catalog.remotes.start(repoId)
    const packs = catalog.remotePacks.all(repoId)
    const note = await tryWriteCheckpoint(store, { start, head, packs })
    if (note !== undefined) this.#notes.push(note)
  }

  #count(piece: EntryContent): void {
    const { catalog } = this.#parts
    this.#runs += countRuns(piece)
    this.#renumbered.push(...renumberingsIn(this.#parts, piece))
    this.#notes.push(...leftOutNotes(this.#parts, piece.events))
    this.#events += piece.events.length
    this.#packs += piece.packs.length
    for (const { version } of piece.versions) {
      const row = catalog.versions.get(version)
      if (row === undefined) continue
      this.#versions.add(versionTitle(this.#parts, row))
      this.#sizeBytes += row.sizeBytes
    }
  }
}

/** Runs that begin in an entry. */
export function countRuns({ events }: EntryContent): number {
  return events.reduce((sum, { type }) => sum + Number(type === 'run.start'), 0)
}
