/**
 * Learning a remote's log: which repository it is, then every entry that is not known yet.
 *
 * Entries go verbatim into the journal, in slot order, each with the bodies of its bulk events
 * that are not here. Another process may fetch the same ones meanwhile; under the writer lock only
 * those after the head that is known by then are appended.
 */

import type { EntryRecord } from '../../core/events/journal-record.ts'
import type { Event } from '../../core/events/event.ts'
import { bodiesToFetch } from '../../core/log/bulk.ts'
import { bulkBytesIn, entryBulkBytesMax, type LogHead } from '../../core/log/entry.ts'
import type { StoreParts } from '../parts.ts'
import { transferConcurrency } from './transfer-limits.ts'
import { fetchBodies } from './fetch-bodies.ts'
import { type FollowedEntry, type FollowOptions, followLog } from './follow-log.ts'
import { identify } from './identify.ts'
import { openCheckpoint } from './read-checkpoint.ts'
import { knownHead, type RemoteSession } from './session.ts'

export type CaughtUp = {
  readonly head: LogHead
  /** Of what was new. */
  readonly entries: number
  readonly versions: number
  readonly runs: number
  readonly events: number
}

/** So many entries behind, a checkpoint is looked for. */
const entriesBeforeCheckpoint = 31

/** A durable append holds so many bytes of entries, or one entry. */
const appendBytesMax = 4 * 1024 * 1024

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
  const found = await identify(parts, session, options.signal)
  if (found === undefined) return undefined
  const isHeadProven = found.isNew && knownHead(parts, found.repoId).seq === 0
  return catchUpWith(parts, session, found.repoId, { ...options, isHeadProven })
}

/** The same for a remote that is known to be this repository. */
export async function catchUpWith(
  parts: StoreParts,
  session: RemoteSession,
  repoId: string,
  options: FollowOptions,
): Promise<CaughtUp> {
  const run = new CatchUp(parts, session, repoId)
  await run.all(options)
  return { head: knownHead(parts, repoId), ...run.counted }
}

class CatchUp {
  readonly counted = { entries: 0, versions: 0, runs: 0, events: 0 }
  readonly #parts: StoreParts
  readonly #session: RemoteSession
  readonly #repoId: string

  constructor(parts: StoreParts, session: RemoteSession, repoId: string) {
    this.#parts = parts
    this.#session = session
    this.#repoId = repoId
  }

  async all(options: FollowOptions): Promise<void> {
    const before = this.#head
    const isFresh = before.seq === 0
    const isProven = isFresh && (await this.#jump(options))
    const isStillProven = this.#head.seq === before.seq && options.isHeadProven === true
    const isAtEnd = await this.#follow(
      { ...options, isHeadProven: isProven || isStillProven },
      isFresh ? Infinity : entriesBeforeCheckpoint,
    )
    if (isAtEnd) return
    await this.#jump(options)
    await this.#follow({ ...options, isHeadProven: false }, Infinity)
  }

  get #head(): LogHead {
    return knownHead(this.#parts, this.#repoId)
  }

  /** Takes what a checkpoint has; says whether the log was seen to hold what is known then. */
  async #jump({ signal }: FollowOptions): Promise<boolean> {
    const { codec, catalog } = this.#parts
    await codec.open()
    const { remote } = this.#session
    const concurrency = transferConcurrency(this.#parts)
    const start = catalog.remotes.start(this.#repoId)
    const store = { remote, codec, concurrency, options: { signal } }
    const checkpoint = await openCheckpoint(store, start, this.#head)
    if (checkpoint === undefined) return false
    for await (const batch of checkpoint.entries()) await this.#take(batch, signal)
    return this.#head.hash === checkpoint.head.hash
  }

  /** Follows the log; `false` if the end is not in sight after that many entries. */
  async #follow(options: FollowOptions, entriesMax: number): Promise<boolean> {
    let followed = 0
    for await (const batch of followLog(this.#session.remote, this.#head, options)) {
      await this.#take(batch, options.signal)
      followed += batch.length
      if (followed >= entriesMax) return false
    }
    return true
  }

  async #take(batch: readonly FollowedEntry[], signal: AbortSignal | undefined): Promise<void> {
    for (const run of runsOf(batch)) {
      await this.#append(run, await this.#fetchBodies(run, signal), signal)
    }
    this.counted.entries += batch.length
    for (const { entry } of batch) {
      const count = (type: string): number =>
        entry.events.reduce((sum, event) => sum + Number(event.type === type), 0)
      this.counted.events += entry.events.length
      this.counted.versions += count('version.add')
      this.counted.runs += count('run.start')
    }
  }

  /** Bodies of bulk events that are not here, by the id of the event. */
  async #fetchBodies(
    run: readonly FollowedEntry[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Event>> {
    const { catalog, codec } = this.#parts
    const known = (id: string): Event | undefined => catalog.events.get(id)
    const lacking = run.flatMap(({ entry }) => bodiesToFetch(entry.events, known))
    if (lacking.length === 0) return noBodies
    await codec.open()
    const concurrency = transferConcurrency(this.#parts)
    return fetchBodies({ remote: this.#session.remote, codec, concurrency, signal }, lacking)
  }

  async #append(
    run: readonly FollowedEntry[],
    bodies: ReadonlyMap<string, Event>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.#parts.write((scope) => {
      const known = this.#head.seq
      const fresh = run.filter(({ head }) => head.seq > known)
      scope.append(fresh.map((followed) => this.#recordOf(followed, bodies)))
    }, signal)
  }

  #recordOf(
    { bytes, head, entry }: FollowedEntry,
    bodies: ReadonlyMap<string, Event>,
  ): EntryRecord {
    const bulk = entry.events.flatMap(({ id }) => bodies.get(id) ?? [])
    return {
      kind: 'entry',
      remote: this.#repoId,
      seq: head.seq,
      bytes: Buffer.from(bytes).toString('utf8'),
      ...(bulk.length === 0 ? {} : { bulk }),
    }
  }
}

const noBodies: ReadonlyMap<string, Event> = new Map()

/** Entries that are appended together: not too many bytes of them, or of their bodies. */
function* runsOf(batch: readonly FollowedEntry[]): Generator<FollowedEntry[]> {
  let run: FollowedEntry[] = []
  let runBytes = 0
  let bulkBytes = 0
  for (const followed of batch) {
    const itsBulk = bulkBytesIn(followed.entry.events)
    const isFull =
      runBytes + followed.bytes.length > appendBytesMax || bulkBytes + itsBulk > entryBulkBytesMax
    if (run.length > 0 && isFull) {
      yield run
      run = []
      runBytes = 0
      bulkBytes = 0
    }
    run.push(followed)
    runBytes += followed.bytes.length
    bulkBytes += itsBulk
  }
  if (run.length > 0) yield run
}
