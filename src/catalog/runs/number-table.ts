/**
 * The `number_claim` table: numbers within a series, and whose they are.
 *
 * As with labels, an own claim counts at once; after that the default remote says whose a number
 * is (effective-sql.ts). A number that no remote has confirmed is provisional.
 */

import type { RunEventOf } from '../../core/events/event.ts'
import { parseTagTarget } from '../../core/events/tag-target.ts'
import { idBlob, idOfBlob } from '../blobs.ts'
import type { Database } from '../database.ts'
import type { DefaultRemote } from '../default-remote.ts'
import { claimRank } from '../effective-sql.ts'
import { tagKeyOf, tagKind } from '../tag-table.ts'

export type NumberRow = {
  readonly series: string
  readonly number: number
  /** Text that `parseTagTarget` reads. */
  readonly subject: string
  /** Id of the claim. */
  readonly event: string
  /** Own, and not on the default remote yet: a push may have to change it. */
  readonly provisional: boolean
}

/** The claim that a number belongs to on one remote. */
export type NumberOnRemote = { readonly event: string; readonly subject: string }

type ClaimColumns = {
  readonly id: Buffer
  readonly series: string
  readonly number: number
  readonly kind: number
  readonly subject: Buffer
}

type RankedColumns = ClaimColumns & { readonly rank: number }

const rankPending = 2

const rankedClaims = `SELECT claim.*, ${claimRank('claim')} AS rank FROM number_claim AS claim`

/** Numbers that hold; each has one owner, the strongest claim. */
function effectiveNumbers(where: string): string {
  const rivals = `${rankedClaims} WHERE claim.series = mine.series AND claim.number = mine.number
    AND (claim.kind, claim.subject) <> (mine.kind, mine.subject)`
  return `SELECT mine.*, event.id FROM (${rankedClaims} WHERE ${where}) AS mine
    JOIN event ON event.key = mine.event
    WHERE mine.rank IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM (${rivals}) AS rival WHERE (rival.rank, rival.event) < (mine.rank, mine.event))`
}

/** A claim that counts gives the subject another number instead. */
const isRenumbered = `EXISTS (
  SELECT 1 FROM (${rankedClaims}) AS newer
  WHERE newer.over = event.id AND newer.rank IS NOT NULL
    AND (newer.kind, newer.subject) = (mine.kind, mine.subject))`

export class NumberTable {
  readonly #remote
  readonly #owner
  readonly #of
  readonly #highest
  readonly #list
  readonly #claimsOf
  readonly #replaced
  readonly #insert
  readonly #take
  readonly #ownerOn
  readonly #lastOn

  constructor(db: Database, remote: DefaultRemote) {
    this.#remote = remote
    this.#owner = db.query<RankedColumns>(
      `${effectiveNumbers('claim.series = @series AND claim.number = @number')}
       ORDER BY rank, event LIMIT 1`,
    )
    this.#of = db.query<RankedColumns>(
      `${effectiveNumbers('claim.kind = @kind AND claim.subject = @target')}
       AND NOT ${isRenumbered} ORDER BY series, number, rank, event`,
    )
    const ofSeries = effectiveNumbers('claim.series = @series')
    this.#highest = db.query<RankedColumns>(`${ofSeries} ORDER BY number DESC LIMIT 1`)
    this.#list = db.query<RankedColumns>(`${ofSeries} ORDER BY number, rank, event`)
    this.#claimsOf = db.query<{ id: Buffer }>(
      `SELECT event.id FROM number_claim JOIN event ON event.key = event
       WHERE kind = ? AND subject = ? ORDER BY lamport, event.id`,
    )
    this.#replaced = db.query<{ event: number }>('SELECT event FROM number_claim WHERE over = ?')
    this.#insert = db.query(
      `INSERT INTO number_claim (event, series, number, kind, subject, over)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    this.#take = db.query(
      'INSERT OR IGNORE INTO number_owner (remote, series, number, event) VALUES (?, ?, ?, ?)',
    )
    this.#ownerOn = db.query<ClaimColumns>(
      `SELECT claim.*, event.id FROM number_owner AS owner
       JOIN number_claim AS claim ON claim.event = owner.event
       JOIN event ON event.key = owner.event
       WHERE owner.remote = ? AND owner.series = ? AND owner.number = ?`,
    )
    this.#lastOn = db.query<{ number: number | null }>(
      'SELECT max(number) AS number FROM number_owner WHERE remote = ? AND series = ?',
    )
  }

  /** Whose a number is. */
  owner(series: string, number: number): NumberRow | undefined {
    const row = this.#owner.get({ series, number, ...this.#remote.parameter })
    return row && numberRow(row)
  }

  /** The numbers of a version or a run, by series. @param subject As `NumberRow.subject`. */
  of(subject: string): NumberRow[] {
    const { kind, target } = tagKeyOf(parseTagTarget(subject))
    return distinct(this.#of.all({ kind, target, ...this.#remote.parameter }))
  }

  /** The lowest number above all that are taken. */
  next(series: string): number {
    const row = this.#highest.get({ series, ...this.#remote.parameter })
    return (row?.number ?? 0) + 1
  }

  /** Every number of a series, in order. */
  list(series: string): NumberRow[] {
    return distinct(this.#list.all({ series, ...this.#remote.parameter }))
  }

  /** Ids of all claims of a version or a run, in the order of events, whatever became of them. */
  claimsOf(subject: string): string[] {
    const { kind, target } = tagKeyOf(parseTagTarget(subject))
    return this.#claimsOf.all(kind, target).map(({ id }) => idOfBlob(id))
  }

  /** Whether the subject of a claim has claimed another number instead. */
  isRenumbered(claim: string): boolean {
    return this.#replaced.get(idBlob(claim)) !== undefined
  }

  insert(event: number, claim: RunEventOf<'number.claim'>): void {
    const { series, number, over } = claim
    const { kind, target } = tagKeyOf(parseTagTarget(claim.subject))
    this.#insert.run(event, series, number, kind, target, over === undefined ? null : idBlob(over))
  }

  /** The claim takes effect on a remote: if nobody has its number there, it is the claim's. */
  take(remote: number, event: number, { series, number }: RunEventOf<'number.claim'>): void {
    this.#take.run(remote, series, number, event)
  }

  /** Whose a number is on one remote. */
  ownerOn(remote: number, series: string, number: number): NumberOnRemote | undefined {
    const row = this.#ownerOn.get(remote, series, number)
    return row && { event: idOfBlob(row.id), subject: subjectOf(row) }
  }

  /** The highest number of a series that somebody has on one remote; 0 if nobody has one. */
  lastOn(remote: number, series: string): number {
    return this.#lastOn.get(remote, series)?.number ?? 0
  }
}

/** A subject may claim its number twice, as from two clones: the stronger claim stands for both. */
function distinct(rows: readonly RankedColumns[]): NumberRow[] {
  const numbers = new Map<string, NumberRow>()
  for (const row of rows.map(numberRow)) {
    const key = JSON.stringify([row.series, row.number])
    if (!numbers.has(key)) numbers.set(key, row)
  }
  return [...numbers.values()]
}

function numberRow(row: RankedColumns): NumberRow {
  const { id, series, number, rank } = row
  const provisional = rank === rankPending
  return { series, number, subject: subjectOf(row), event: idOfBlob(id), provisional }
}

function subjectOf({ kind, subject }: ClaimColumns): string {
  switch (kind) {
    case tagKind.artifact:
      return `artifact:${subject.toString('utf8')}`
    case tagKind.version:
      return `version:${subject.toString('hex')}`
    case tagKind.run:
      return `run:${subject.toString('hex')}`
    default:
      return `experiment:${subject.toString('hex')}`
  }
}
