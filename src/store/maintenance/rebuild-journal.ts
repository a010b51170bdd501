/**
 * Builds a journal anew out of what can be read of a damaged one and what the catalog still knows.
 *
 * Records stay as they are and in order. Own events that cannot be read come from the catalog, if
 * it had applied them, and go in front of the first own event that was made after them. What could
 * not be applied any more, such as the log entries behind one that is lost, is left out: a fetch
 * brings it back. Whether a record can be applied is not guessed: an empty catalog on the side
 * tries each of them.
 */

import { Catalog } from '../../catalog/catalog.ts'
import { Database } from '../../catalog/database.ts'
import { migrate } from '../../catalog/schema.ts'
import type { AliasMove, Event } from '../../core/events/event.ts'
import {
  type AliasResetRecord,
  decodeJournalPayload,
  encodeJournalPayload,
  type JournalPayload,
} from '../../core/events/journal-record.ts'
import { isMlstoreError, throwIfAborted } from '../../errors.ts'
import { durableWrite, makeDirectoryDurably } from '../../objects/durable-write.ts'
import { encodeAppend } from '../../objects/journal-frame.ts'
import { salvageJournal, type SalvagedPiece } from '../../objects/journal-salvage.ts'
import { journalHeader, journalPath } from '../../objects/journal.ts'
import type { StoreParts } from '../parts.ts'
import { isAboutCatalog } from './reindex.ts'

type SalvagedRecord = Extract<SalvagedPiece, { kind: 'record' }>
type SalvagedGap = Extract<SalvagedPiece, { kind: 'gap' }>

/** What became of a journal. */
export type JournalRebuild = {
  /** Places that could not be read, and the bytes there. */
  readonly gaps: number
  readonly gapBytes: number
  /** Own events that the catalog put back. */
  readonly recovered: number
  /** Own records that are whole and make no sense any more. */
  readonly leftOut: number
  /** Whether the catalog had applied all that could not be read, so that nothing own is lost. */
  readonly isAllKnown: boolean
  /** How far the log of each repository was known. */
  readonly heads: Readonly<Record<string, number>>
}

type BuildParts = Pick<StoreParts, 'fs' | 'layout' | 'catalog' | 'temporaries'>

/**
 * Writes the new journal into a folder; nothing else changes.
 *
 * @throws {MlstoreError} `FORMAT_UNSUPPORTED` at a record of a newer mlstore.
 */
export function rebuildJournal(
  parts: BuildParts,
  folder: string,
  signal: AbortSignal | undefined,
): JournalRebuild {
  const known = knowledgeOf(parts)
  const db = new Database('', { path: 'the catalog that tries records', busyTimeoutMs: 0 })
  try {
    migrate(db)
    const trial = new Catalog(db)
    const journal = new TriedJournal(parts, folder, trial)
    const rebuild = new Rebuild(parts, journal, known)
    rebuild.run(signal)
    resetGivenUp(parts, journal, trial, known)
    journal.end()
    return rebuild.result()
  } finally {
    db.close()
  }
}

/** What the catalog knows; `undefined` for one that cannot be read. */
type Knowledge = {
  /** Own events, but for alias moves that were given up. */
  readonly own: ReadonlyMap<string, Event>
  readonly position: { readonly file: number; readonly offset: number }
  readonly heads: Readonly<Record<string, number>>
}

function knowledgeOf({ catalog }: BuildParts): Knowledge | undefined {
  try {
    const heads = catalog.remotes.list().map(({ repoId }) => {
      return [repoId, catalog.remotes.head(repoId)?.seq ?? 0] as const
    })
    const own = new Map(catalog.events.unpushed(undefined).map((event) => [event.id, event]))
    return { own, position: catalog.position, heads: Object.fromEntries(heads) }
  } catch (error) {
    if (isAboutCatalog(error) || isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}

/** A journal being written, of records that an empty catalog takes. */
class TriedJournal {
  readonly #parts: BuildParts
  readonly #folder: string
  readonly #trial: Catalog
  #appends: Buffer[] = []
  #position = { file: 1, offset: journalHeader.length }

  constructor(parts: BuildParts, folder: string, trial: Catalog) {
    makeDirectoryDurably(parts.fs, folder)
    this.#parts = parts
    this.#folder = folder
    this.#trial = trial
  }

  /** Returns `false` for a record that cannot be applied after those before it. */
  add(payload: string): boolean {
    const append = encodeAppend([payload])
    const isFull = this.#position.offset + append.length > fileBytesMax && this.#appends.length > 0
    const position = isFull
      ? { file: this.#position.file + 1, offset: journalHeader.length }
      : this.#position
    const next = { file: position.file, offset: position.offset + append.length }
    try {
      this.#trial.apply([{ payload, position, next }])
    } catch (error) {
      if (isMlstoreError(error, 'CORRUPT')) return false
      throw error
    }
    if (isFull) this.end()
    this.#appends.push(append)
    this.#position = next
    return true
  }

  /** Writes the file that has been gathered. */
  end(): void {
    const path = journalPath(this.#folder, this.#position.file)
    durableWrite(this.#parts, path, [journalHeader, ...this.#appends])
    this.#appends = []
  }
}

/** As long as the journal's own files are. */
const fileBytesMax = 64 * 1024 * 1024

class Rebuild {
  readonly #parts: BuildParts
  readonly #journal: TriedJournal
  readonly #known: Knowledge | undefined
  /** Own events that cannot be read, in the order in which they were made. */
  readonly #missing: Event[]
  #gaps = 0
  #gapBytes = 0
  #recovered = 0
  #leftOut = 0
  #isAllKnown = true

  constructor(parts: BuildParts, journal: TriedJournal, known: Knowledge | undefined) {
    this.#parts = parts
    this.#journal = journal
    this.#known = known
    this.#missing = missingEvents(parts, known)
  }

  run(signal: AbortSignal | undefined): void {
    for (const piece of this.#pieces()) {
      throwIfAborted(signal)
      if (piece.kind === 'gap') this.#countGap(piece)
      else this.#take(piece)
    }
    this.#putBack(this.#missing.splice(0))
  }

  result(): JournalRebuild {
    return {
      gaps: this.#gaps,
      gapBytes: this.#gapBytes,
      recovered: this.#recovered,
      leftOut: this.#leftOut,
      isAllKnown: this.#isAllKnown,
      heads: this.#known?.heads ?? {},
    }
  }

  #pieces(): Generator<SalvagedPiece> {
    return salvageJournal(this.#parts.fs, this.#parts.layout.journal)
  }

  #countGap({ position, sizeBytes, isAtEnd }: SalvagedGap): void {
    const applied = this.#known?.position ?? { file: 0, offset: 0 }
    const isApplied =
      applied.file > position.file ||
      (applied.file === position.file && applied.offset >= position.offset + sizeBytes)
    const isTorn = isAtEnd && (applied.file < position.file || applied.offset <= position.offset)
    // Nobody was told that it had succeeded.
    if (isTorn && this.#known !== undefined) return
    this.#gaps += 1
    this.#gapBytes += sizeBytes
    if (!isApplied) this.#isAllKnown = false
  }

  #take(piece: SalvagedRecord): void {
    const { payload } = piece
    const record = decodeReadable(piece)
    if (record?.kind === 'events') {
      const lamport = record.events[0]?.lamport ?? 0
      const later = this.#missing.findIndex((event) => event.lamport >= lamport)
      this.#putBack(this.#missing.splice(0, later < 0 ? this.#missing.length : later))
    }
    const isOfRemote = record?.kind === 'entry' || record?.kind === 'remote'
    if ((record === undefined || !this.#journal.add(payload)) && !isOfRemote) this.#leftOut += 1
  }

  #putBack(events: readonly Event[]): void {
    if (events.length === 0) return
    const isTaken = this.#journal.add(encodeJournalPayload({ kind: 'events', events }))
    if (isTaken) this.#recovered += events.length
    else this.#leftOut += 1
  }
}

/** Own events that the catalog knows and the journal's readable records do not hold. */
function missingEvents({ fs, layout }: BuildParts, known: Knowledge | undefined): Event[] {
  if (known === undefined) return []
  const missing = new Map(known.own)
  for (const piece of salvageJournal(fs, layout.journal)) {
    const record = piece.kind === 'record' ? decodeReadable(piece) : undefined
    if (record?.kind === 'events') for (const { id } of record.events) missing.delete(id)
  }
  return [...missing.values()]
}

/** @throws {MlstoreError} `FORMAT_UNSUPPORTED` */
function decodeReadable({ payload, position }: SalvagedRecord): JournalPayload | undefined {
  const { file, offset } = position
  try {
    return decodeJournalPayload(payload, `${journalPath('journal', file)} at byte ${offset}`)
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}

/** Own alias moves that were given up stay so, where the record that said it cannot be read. */
function resetGivenUp(
  { catalog }: BuildParts,
  journal: TriedJournal,
  trial: Catalog,
  known: Knowledge | undefined,
): void {
  if (known === undefined) return
  const givenUp = trial.events
    .unpushed(undefined)
    .filter((event): event is AliasMove => event.type === 'alias.move' && !known.own.has(event.id))
    .filter(({ id }) => catalog.events.keyOf(id) !== undefined)
  for (const { artifact, alias, id } of givenUp) {
    const record: AliasResetRecord = { kind: 'alias.reset', artifact, alias, dropped: [id] }
    journal.add(encodeJournalPayload(record))
  }
}
