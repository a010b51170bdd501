/**
 * The `experiment` and `experiment_event` tables: named groups of runs.
 *
 * Two clones may each make an experiment of one name; to the user they are one. Of all that have
 * a name, and are removed or are not, the one created first in the order of events stands for
 * them: the canonical one. Whichever of them is asked about, the canonical one is the answer.
 */

import type { RunEventOf } from '../../core/events/event.ts'
import { idBlob, idOfBlob, idRange } from '../blobs.ts'
import type { Database } from '../database.ts'
import { comesEarlier, comesLater } from './event-order.ts'
import { millisecondsOf, timeOf, timeOfOrNull } from './instants.ts'
import { isRemovedSql, type RunRemovalTable } from './run-removal-table.ts'

export type ExperimentRow = {
  /** Id of the canonical one. */
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly removed: boolean
}

export type ExperimentSummary = ExperimentRow & {
  /** Not removed; those of a removed experiment are. */
  readonly runs: number
  /** When the last of them started. */
  readonly lastRunAt: string | null
}

/** Which experiments or runs are wanted. */
export type View = 'active' | 'removed' | 'all'

/** A removal that keeps an experiment removed, to be taken back one by one. */
export type ExperimentRemoval = { readonly experiment: string; readonly event: string }

type IdRow = { readonly id: Buffer }

type Columns = {
  readonly key: number
  readonly id: Buffer
  readonly name: string
  readonly created_at: number
  readonly removed: number
}

type SummaryColumns = Columns & { readonly runs: number; readonly last_run_at: number | null }

const isCanonical = 'canonical = key AND created IS NOT NULL'
const isMember = 'canonical = (SELECT canonical FROM experiment WHERE id = ?)'

/** Experiments that should have another canonical one, and which. */
const misplaced = `
  SELECT key, first FROM (
    SELECT key, canonical, (
      SELECT rival.key FROM experiment AS rival JOIN event ON event.key = rival.created
      WHERE rival.name = mine.name AND rival.removed = mine.removed
      ORDER BY lamport, event.id LIMIT 1) AS first
    FROM experiment AS mine WHERE name = ? AND created IS NOT NULL)
  WHERE first <> canonical`

function summaries(view: string): string {
  const ofIt = 'FROM run WHERE run.experiment = experiment.key AND run.removed = 0'
  return `SELECT *, (SELECT count(*) ${ofIt}) AS runs, (SELECT max(started_at) ${ofIt}) AS last_run_at
    FROM experiment WHERE ${isCanonical} AND ${view} ORDER BY name, id`
}

export class ExperimentTable {
  readonly #removals: RunRemovalTable
  readonly #get
  readonly #byName
  readonly #find
  readonly #all
  readonly #members
  readonly #lastEvent
  readonly #keyOf
  readonly #nameOf
  readonly #misplaced
  readonly #insert
  readonly #note
  readonly #create
  readonly #rename
  readonly #refreshRemoved
  readonly #setCanonical
  readonly #moveRuns

  constructor(db: Database, removals: RunRemovalTable) {
    this.#removals = removals
    this.#get = db.query<Columns>(`SELECT * FROM experiment
      WHERE key = (SELECT canonical FROM experiment WHERE id = ?) AND created IS NOT NULL`)
    this.#byName = db.query<Columns>(
      `SELECT * FROM experiment WHERE name = ? AND removed = ? AND ${isCanonical}`,
    )
    this.#find = db.query<IdRow>(
      `SELECT id FROM experiment WHERE id BETWEEN ? AND ? AND created IS NOT NULL
       ORDER BY id LIMIT ?`,
    )
    this.#all = {
      active: db.query<SummaryColumns>(summaries('removed = 0')),
      removed: db.query<SummaryColumns>(summaries('removed = 1')),
      all: db.query<SummaryColumns>(summaries('TRUE')),
    }
    this.#members = db.query<IdRow>(
      `SELECT id FROM experiment WHERE ${isMember} ORDER BY canonical <> key, id`,
    )
    this.#lastEvent = db.query<{ at: string }>(
      `SELECT body ->> '$.at' AS at FROM event WHERE key = (
         SELECT max(event) FROM experiment_event WHERE experiment IN (
           SELECT key FROM experiment WHERE ${isMember}))`,
    )
    this.#keyOf = db.query<{ key: number }>('SELECT key FROM experiment WHERE id = ?')
    this.#nameOf = db.query<{ name: string | null }>('SELECT name FROM experiment WHERE key = ?')
    this.#misplaced = db.query<{ key: number; first: number }>(misplaced)
    this.#insert = db.query('INSERT INTO experiment (id) VALUES (?)')
    this.#note = db.query('INSERT INTO experiment_event (experiment, event) VALUES (?, ?)')
    this.#create = db.query(
      `UPDATE experiment SET created = @event, created_at = @at
       WHERE key = @experiment AND ${comesEarlier('@event', 'created')}`,
    )
    this.#rename = db.query(
      `UPDATE experiment SET name = @name, name_event = @event
       WHERE key = @experiment AND ${comesLater('@event', 'name_event')}`,
    )
    this.#refreshRemoved = db.query(
      `UPDATE experiment SET removed = ${isRemovedSql('experiment', 'experiment.id')}
       WHERE key = ?`,
    )
    this.#setCanonical = db.query('UPDATE experiment SET canonical = ? WHERE key = ?')
    this.#moveRuns = db.query('UPDATE run SET experiment = ? WHERE own_experiment = ?')
  }

  /** The experiment with this id, or the one that stands for it; `undefined` if never created. */
  get(id: string): ExperimentRow | undefined {
    const row = this.#get.get(idBlob(id))
    return row && rowOf(row)
  }

  /** The one with this name among those that are not removed, or among those that are. */
  byName(name: string, view: 'active' | 'removed' = 'active'): ExperimentRow | undefined {
    const row = this.#byName.get(name, Number(view === 'removed'))
    return row && rowOf(row)
  }

  /** Ids that begin so, at most `limit`; also of experiments that another one stands for. */
  find(prefix: string, limit = 10): string[] {
    return this.#find.all(...idRange(prefix), limit).map(({ id }) => idOfBlob(id))
  }

  /** Experiments by name. */
  all(view: View = 'active'): ExperimentSummary[] {
    return this.#all[view].all().map((row) => ({
      ...rowOf(row),
      runs: row.runs,
      lastRunAt: timeOfOrNull(row.last_run_at),
    }))
  }

  /**
   * Ids of all experiments that one stands for together with this one, that one first.
   *
   * Renaming or removing what the user sees as one experiment takes an event for each.
   */
  members(id: string): string[] {
    return this.#members.all(idBlob(id)).map((row) => idOfBlob(row.id))
  }

  /** What keeps the members removed: each takes a restoration. */
  removals(id: string): ExperimentRemoval[] {
    return this.members(id).flatMap((experiment) =>
      this.#removals.of('experiment', experiment).map((event) => ({ experiment, event })),
    )
  }

  /** When what came to be known last about it was said; `undefined` if nothing was. */
  lastEventAt(id: string): string | undefined {
    return this.#lastEvent.get(idBlob(id))?.at
  }

  /** The experiment's key, made if there is none. */
  ensure(id: string): number {
    const known = this.#keyOf.get(idBlob(id))?.key
    if (known !== undefined) return known
    const key = this.#insert.insert(idBlob(id))
    this.#setCanonical.run(key, key)
    return key
  }

  /** The event says something about the experiment. */
  note(experiment: number, event: number): void {
    this.#note.run(experiment, event)
  }

  create(event: number, { experiment: id, name, at }: RunEventOf<'experiment.create'>): void {
    const experiment = this.ensure(id)
    this.#regrouping(experiment, () => {
      this.#create.run({ experiment, event, at: millisecondsOf(at) })
      this.#rename.run({ experiment, event, name })
    })
  }

  rename(event: number, { experiment: id, name }: RunEventOf<'experiment.rename'>): void {
    const experiment = this.ensure(id)
    this.#regrouping(experiment, () => this.#rename.run({ experiment, event, name }))
  }

  /** After a removal or a restoration. */
  refreshRemoved(id: string): void {
    const experiment = this.ensure(id)
    this.#regrouping(experiment, () => this.#refreshRemoved.run(experiment))
  }

  /** Who stands for whom may change under the name there was and under the one there is. */
  #regrouping(experiment: number, change: () => void): void {
    const before = this.#nameOf.get(experiment)?.name
    change()
    const after = this.#nameOf.get(experiment)?.name
    for (const name of new Set([before, after])) if (typeof name === 'string') this.#regroup(name)
  }

  #regroup(name: string): void {
    for (const { key, first } of this.#misplaced.all(name)) {
      this.#setCanonical.run(first, key)
      this.#moveRuns.run(first, key)
    }
  }
}

function rowOf({ id, name, created_at, removed }: Columns): ExperimentRow {
  return { id: idOfBlob(id), name, createdAt: timeOf(created_at), removed: removed === 1 }
}
