/**
 * The `event`, `event_on_remote` and `pending` tables: what happened, which remote knows of it,
 * and which does not yet.
 *
 * Pending events are kept as rows of their own rather than found by what is missing, so that a
 * push with nothing to send costs the same after a million events as after ten.
 */

import { readEvent } from '../core/events/event-codec.ts'
import type { Event } from '../core/events/event.ts'
import { parseKnownJson } from '../core/events/known-json.ts'
import { expectObject } from '../core/json-shape.ts'
import { localType } from '../core/local-files.ts'
import { idBlob } from './blobs.ts'
import type { Database } from './database.ts'
import { noRemote, type RemoteTable } from './remote-table.ts'
import { MetricBodies } from './runs/metric-bodies.ts'

/** What became of an event on a remote, as `event_on_remote.state` numbers it. */
export const eventState = { refused: 0, inEffect: 1, renamed: 2 } as const
export type EventState = (typeof eventState)[keyof typeof eventState]

/** A row of `event`, of which `eventOf` makes the event. */
export type EventRow = { readonly key: number; readonly body: string }

/** Of artifacts whose versions are never pushed. */
const isLocal = `artifact.name GLOB '${localType}/*'`

export class EventTable {
  readonly #remotes: RemoteTable
  readonly #bodies: MetricBodies
  readonly #maxLamport
  readonly #keyOf
  readonly #select
  readonly #insert
  readonly #count
  readonly #isOnRemote
  readonly #putOnRemote
  readonly #setState
  readonly #pendingOf
  readonly #pendingCount
  readonly #insertPending
  readonly #deletePending
  readonly #dropPending
  readonly #copyPending

  constructor(db: Database, remotes: RemoteTable) {
    this.#remotes = remotes
    this.#bodies = new MetricBodies(db)
    this.#maxLamport = db.query<{ lamport: number | null }>(
      'SELECT max(lamport) AS lamport FROM event',
    )
    this.#keyOf = db.query<{ key: number }>('SELECT key FROM event WHERE id = ?')
    this.#select = db.query<EventRow>('SELECT key, body FROM event WHERE id = ?')
    this.#insert = db.query('INSERT INTO event (id, lamport, body) VALUES (?, ?, ?)')
    this.#count = db.query<{ count: number }>('SELECT count(*) AS count FROM event')
    this.#isOnRemote = db.query<{ seq: number }>(
      'SELECT seq FROM event_on_remote WHERE event = ? AND remote = ?',
    )
    this.#putOnRemote = db.query(
      'INSERT OR IGNORE INTO event_on_remote (event, remote, seq, state) VALUES (?, ?, ?, ?)',
    )
    this.#setState = db.query('UPDATE event_on_remote SET state = ? WHERE event = ? AND remote = ?')
    this.#pendingOf = db.query<EventRow>(
      `SELECT event.key, body FROM pending JOIN event ON event.key = pending.event
       WHERE remote = ? ORDER BY pending.event`,
    )
    this.#pendingCount = db.query<{ count: number }>(
      `SELECT count(*) AS count FROM pending WHERE remote = ? AND event NOT IN (
         SELECT version.event FROM version JOIN artifact ON artifact.key = version.artifact
           WHERE ${isLocal}
         UNION ALL SELECT claim.event FROM label_claim AS claim
           JOIN artifact ON artifact.key = claim.artifact WHERE ${isLocal})`,
    )
    this.#insertPending = db.query('INSERT OR IGNORE INTO pending (remote, event) VALUES (?, ?)')
    this.#deletePending = db.query('DELETE FROM pending WHERE remote = ? AND event = ?')
    this.#dropPending = db.query('DELETE FROM pending WHERE event = ?')
    this.#copyPending = db.query(
      `INSERT OR IGNORE INTO pending (remote, event)
       SELECT ?, event FROM pending WHERE remote = ${noRemote}`,
    )
  }

  /** The event with this id; `undefined` if it is not known here. */
  get(id: string): Event | undefined {
    const row = this.#select.get(idBlob(id))
    return row && this.eventOf(row)
  }

  /** How many events are known. */
  count(): number {
    return this.#count.get()?.count ?? 0
  }

  /** The highest Lamport counter of any known event; 0 before the first. */
  maxLamport(): number {
    return this.#maxLamport.get()?.lamport ?? 0
  }

  /** Own events that a remote lacks, in the order they were made; without a remote: all of them. */
  unpushed(repoId: string | undefined): Event[] {
    return this.#pendingOf.all(this.#remoteKey(repoId)).map((row) => this.eventOf(row))
  }

  /** How many of them there are, but for what never leaves: versions of the type `local`. */
  unpushedCount(repoId: string | undefined): number {
    return this.#pendingCount.get(this.#remoteKey(repoId))?.count ?? 0
  }

  keyOf(id: string): number | undefined {
    return this.#keyOf.get(idBlob(id))?.key
  }

  /** The event as it came, with its points if it is about metrics. */
  eventOf({ key, body }: EventRow): Event {
    const json = expectObject(parseKnownJson(body, inCatalog), inCatalog)
    return readEvent(this.#bodies.restored(key, json), inCatalog)
  }

  /** Adds an event that is not there yet and answers its key. */
  insert(event: Event): number {
    return this.#insert.insert(
      idBlob(event.id),
      event.lamport,
      JSON.stringify(this.#bodies.stored(event)),
    )
  }

  isOnRemote(key: number, remote: number): boolean {
    return this.#isOnRemote.get(key, remote) !== undefined
  }

  /** Notes that the remote's log has the event, and what became of it there. */
  putOnRemote(key: number, remote: number, seq: number, state: EventState): void {
    this.#putOnRemote.run(key, remote, seq, state)
    this.#deletePending.run(remote, key)
  }

  setState(key: number, remote: number, state: EventState): void {
    this.#setState.run(state, key, remote)
  }

  /** An own event: these remotes lack it. */
  addPending(key: number, remotes: readonly number[]): void {
    for (const remote of remotes) this.#insertPending.run(remote, key)
  }

  /** An own event that was given up: nobody will ever get it. */
  dropPending(key: number): void {
    this.#dropPending.run(key)
  }

  /** A remote seen for the first time lacks everything. */
  startPending(remote: number): void {
    this.#copyPending.run(remote)
  }

  #remoteKey(repoId: string | undefined): number {
    return (repoId && this.#remotes.keyOf(repoId)) || noRemote
  }
}

const inCatalog = 'an event in the catalog'

/** The event that `event.body` holds, but for points of metrics, which it does not hold. */
export function eventOfBody(body: string): Event {
  return readEvent(parseKnownJson(body, inCatalog), inCatalog)
}
