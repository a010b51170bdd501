/**
 * The one place where journal records become rows.
 *
 * The rows and the journal's position change in one transaction, so whoever opens the catalog
 * goes on exactly where it ended, and a record that was applied is never applied again. Applying
 * the whole journal to an empty catalog gives the same rows as applying it bit by bit.
 */

import type { Event } from '../core/events/event.ts'
import {
  type AliasResetRecord,
  decodeJournalPayload,
  type EntryRecord,
  type JournalPayload,
  type RemoteRecord,
} from '../core/events/journal-record.ts'
import { eventsWithBodies } from '../core/log/bulk.ts'
import { advanceHead, decodeKnownEntry } from '../core/log/entry.ts'
import { judge } from '../core/log/replay.ts'
import { corrupt } from '../errors.ts'
import { applyOnRemote, insertEvent } from './apply-event.ts'
import { CatalogRemoteView } from './catalog-remote-view.ts'
import type { CatalogTables } from './catalog-tables.ts'
import type { Database } from './database.ts'
import { eventState } from './event-table.ts'
import { noRemote } from './remote-table.ts'
import type { JournalPosition } from './state-table.ts'

/** A record as the journal gives it. */
export type PlacedRecord = {
  /** Canonical JSON. */
  readonly payload: string
  /** Where the record begins. */
  readonly position: JournalPosition
  /** Where the next one will. */
  readonly next: JournalPosition
}

/** Where the first record of a journal file begins. */
const journalHeaderBytes = 8

/**
 * Applies records in one transaction; those that are applied already are passed over.
 *
 * @param records In the journal's order, without gaps, from the catalog's position or before.
 * @throws {MlstoreError} `CORRUPT` if a record cannot be what was written, or one is missing.
 * Nothing is changed then.
 */
export function applyRecords(
  db: Database,
  tables: CatalogTables,
  records: Iterable<PlacedRecord>,
): void {
  db.transaction(() => {
    tables.runKeys.forget()
    let position = tables.state.position
    for (const record of records) {
      if (comparePositions(record.next, position) <= 0) continue
      checkNoGap(position, record.position)
      applyPayload(tables, decodeJournalPayload(record.payload, whereOf(record.position)))
      position = record.next
    }
    tables.state.setPosition(position)
  })
}

function applyPayload(tables: CatalogTables, payload: JournalPayload): void {
  switch (payload.kind) {
    case 'events':
      for (const event of payload.events) applyOwn(tables, event)
      return
    case 'entry':
      return applyEntry(tables, payload)
    case 'remote':
      return applyRemote(tables, payload)
    default:
      applyAliasReset(tables, payload)
  }
}

/** An own event counts at once; every remote lacks it. */
function applyOwn(tables: CatalogTables, event: Event): void {
  if (tables.events.keyOf(event.id) !== undefined) return
  const key = insertEvent(tables, event)
  const remotes = [noRemote, ...tables.remotes.keys()]
  tables.events.addPending(key, remotes)
  if (event.type !== 'alias.move') return
  tables.aliases.addPending(key, tables.artifacts.ensure(event.artifact), event, remotes)
}

function applyRemote(tables: CatalogTables, record: RemoteRecord): void {
  const { name, url, repoId, format } = record
  const known = tables.remotes.keyOf(repoId)
  const key = known ?? tables.remotes.insert(repoId, format)
  tables.remotes.setName(name, url, key)
  if (known !== undefined) return
  tables.events.startPending(key)
  tables.aliases.startPending(key)
}

function applyEntry(tables: CatalogTables, record: EntryRecord): void {
  const { remote: repoId, seq } = record
  const where = `log entry ${seq} of repository ${repoId}`
  const head = tables.remotes.head(repoId)
  const remote = tables.remotes.keyOf(repoId)
  if (head === undefined || remote === undefined) throw corrupt(where, 'its remote is unknown')
  if (seq <= head.seq) return
  const bytes = Buffer.from(record.bytes)
  const entry = decodeKnownEntry(bytes, where)
  const next = advanceHead(head, entry, bytes)
  tables.remotePacks.insertEntry(remote, entry)
  for (const location of entry.versions) tables.remoteVersions.locate(remote, seq, location)
  const known = (id: string): Event | undefined => tables.events.get(id)
  const events = eventsWithBodies(entry.events, record.bulk ?? [], known, where)
  for (const event of events) applyCommitted(tables, event, remote, seq)
  tables.remotes.setHead(remote, seq, next.hash)
}

/** Judges an event right before it is on the remote, and lets it take effect if it wins. */
function applyCommitted(tables: CatalogTables, event: Event, remote: number, seq: number): void {
  const verdict = judge(event, new CatalogRemoteView(tables, remote))
  if (!verdict.applied && verdict.reason === 'repeated') return
  const key = tables.events.keyOf(event.id) ?? insertEvent(tables, event)
  if (verdict.applied) applyOnRemote(tables, event, { remote, key, seq })
  const state = verdict.applied ? eventState.inEffect : eventState.refused
  tables.events.putOnRemote(key, remote, seq, state)
  if (event.type !== 'alias.move') return
  tables.aliases.deletePending(remote, key, tables.artifacts.ensure(event.artifact), event)
}

/** Own moves that were given up are pending nowhere, so they never count again. */
function applyAliasReset(tables: CatalogTables, record: AliasResetRecord): void {
  const artifact = tables.artifacts.ensure(record.artifact)
  for (const id of record.dropped) {
    const key = tables.events.keyOf(id)
    if (key === undefined) continue
    tables.events.dropPending(key)
    tables.aliases.dropPending(key, artifact, record.alias)
  }
}

function checkNoGap(known: JournalPosition, next: JournalPosition): void {
  const isFirstOfFile = next.offset === journalHeaderBytes
  const isNext =
    next.file === known.file
      ? next.offset === known.offset || (known.offset === 0 && isFirstOfFile)
      : next.file === known.file + 1 && known.offset > 0 && isFirstOfFile
  if (!isNext) throw corrupt('the journal', `a record is missing before ${whereOf(next)}`)
}

function comparePositions(a: JournalPosition, b: JournalPosition): number {
  return a.file === b.file ? a.offset - b.offset : a.file - b.file
}

function whereOf({ file, offset }: JournalPosition): string {
  return `journal file ${file}, offset ${offset}`
}
