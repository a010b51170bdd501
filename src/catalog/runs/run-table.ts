/**
 * The `run`, `run_context` and `run_event` tables: what a run is, but for its data.
 *
 * A run counts from its `run.start` on; what other events said before that one came is kept and
 * not shown. Name, status and times are those of the last event that has them; experiment, parent
 * and user are those of the first start.
 */

import { isJsonObject, type JsonObject } from '../../core/canonical-json.ts'
import type { RunEventOf } from '../../core/events/event.ts'
import { parseKnownJson } from '../../core/events/known-json.ts'
import type { RunUpdateFields } from '../../core/events/run-event.ts'
import { Fields } from '../../core/json-shape.ts'
import { isRunStatus, type RunStatus } from '../../core/runs/run-status.ts'
import { corrupt } from '../../errors.ts'
import { idBlob, idOfBlob, idRange } from '../blobs.ts'
import type { Database, Query, SqlValue } from '../database.ts'
import { comesEarlier, comesLater } from './event-order.ts'
import type { View } from './experiment-table.ts'
import { millisecondsOf, timeOf, timeOfOrNull } from './instants.ts'
import { isRemovedSql, type RunRemovalTable } from './run-removal-table.ts'

export type RunRow = {
  readonly id: string
  readonly name: string
  /** Id of the canonical one. */
  readonly experiment: string
  /** The id, as long as nobody here knows its name. */
  readonly experimentName: string
  readonly status: RunStatus
  readonly startedAt: string
  readonly endedAt: string | null
  readonly by: string
  /** Id of the run it was started within, which may be unknown here. */
  readonly parent: string | null
  readonly exitCode: number | null
  /** It or its experiment is. */
  readonly removed: boolean
}

/** What `selectRuns` gives. */
export type RunColumns = {
  readonly id: Buffer
  readonly name: string
  readonly experiment_id: Buffer
  readonly experiment_name: string | null
  readonly status: string
  readonly started_at: number
  readonly ended_at: number | null
  readonly by: string
  readonly parent_id: Buffer | null
  readonly exit_code: number | null
  readonly removed: number
}

/** Columns of `RunColumns`; a condition on `run` and an order may follow. */
export const selectRuns = `
  SELECT run.id, run.name, run.status, run.started_at, run.ended_at, run.by, run.exit_code,
    run.removed,
    (SELECT id FROM experiment WHERE experiment.key = run.experiment) AS experiment_id,
    (SELECT name FROM experiment WHERE experiment.key = run.experiment) AS experiment_name,
    (SELECT id FROM run AS parent WHERE parent.key = run.parent) AS parent_id
  FROM run`

export type ListRuns = {
  /** Ids; default: all. */
  readonly experiments?: readonly string[] | undefined
  /** Default: `active`. */
  readonly view?: View | undefined
  /** Default: all. */
  readonly limit?: number | undefined
  /** Only those after this one in the list. */
  readonly before?: { readonly startedAt: string; readonly id: string } | undefined
}

/** By when they say they started; runs of one millisecond by id, so that the order is total. */
const newestFirst = 'ORDER BY run.started_at DESC, run.id DESC'

const views: Readonly<Record<View, string>> = {
  active: 'run.removed = 0',
  removed: 'run.removed = 1',
  all: 'run.removed IS NOT NULL',
}

/** Fields of which the last event that has them counts. */
type Field = 'name' | 'status' | 'started_at' | 'ended_at' | 'exit_code'

/** What an event says of those, and of the context. */
type Assignments = Omit<RunUpdateFields, 'type' | 'run'>

const refreshRemoved = `
  UPDATE run SET removed = ${isRemovedSql('run', 'run.id')}
    OR (SELECT removed FROM experiment WHERE experiment.key = own_experiment)
  WHERE started IS NOT NULL`

export class RunTable {
  readonly #db: Database
  readonly #removals: RunRemovalTable
  readonly #get
  readonly #find
  readonly #named
  readonly #children
  readonly #count
  readonly #context
  readonly #processes
  readonly #lastEvent
  readonly #keyOf
  readonly #insert
  readonly #note
  readonly #start
  readonly #set
  readonly #setContext
  readonly #refreshRemoved
  readonly #refreshExperiment

  constructor(db: Database, removals: RunRemovalTable) {
    this.#db = db
    this.#removals = removals
    this.#get = db.query<RunColumns>(`${selectRuns} WHERE run.id = ? AND ${views.all}`)
    this.#find = db.query<{ id: Buffer }>(
      `SELECT id FROM run WHERE id BETWEEN ? AND ? AND ${views.all} ORDER BY id LIMIT ?`,
    )
    this.#named = db.query<RunColumns>(
      `${selectRuns} WHERE run.name = ? AND ${views.active} ${newestFirst}`,
    )
    this.#children = db.query<RunColumns>(
      `${selectRuns} WHERE run.parent = (SELECT key FROM run WHERE id = ?) AND ${views.active}
       ORDER BY run.started_at, run.id`,
    )
    this.#count = db.query<{ count: number }>(
      `SELECT count(*) AS count FROM run WHERE ${views.all}`,
    )
    this.#context = db.query<{ name: string; body: string }>(
      `SELECT name, body FROM run_context JOIN event ON event.key = event
       WHERE run = (SELECT key FROM run WHERE id = ?) ORDER BY name`,
    )
    this.#processes = db.query<{ id: Buffer; body: string }>(
      `SELECT run.id, body FROM json_each(?) AS wanted
       CROSS JOIN run ON run.id = unhex(wanted.value)
       CROSS JOIN run_context ON run_context.run = run.key AND run_context.name = 'process'
       CROSS JOIN event ON event.key = run_context.event`,
    )
    this.#lastEvent = db.query<{ at: string }>(
      `SELECT body ->> '$.at' AS at FROM event WHERE key =
         (SELECT max(event) FROM run_event WHERE run = (SELECT key FROM run WHERE id = ?))`,
    )
    this.#keyOf = db.query<{ key: number }>('SELECT key FROM run WHERE id = ?')
    this.#insert = db.query('INSERT INTO run (id) VALUES (?)')
    this.#note = db.query('INSERT INTO run_event (run, event) VALUES (?, ?)')
    this.#start = db.query(
      `UPDATE run SET started = @event, own_experiment = @experiment, parent = @parent, by = @by,
         experiment = (SELECT canonical FROM experiment WHERE key = @experiment)
       WHERE key = @run AND ${comesEarlier('@event', 'started')}`,
    )
    this.#set = {
      name: setter(db, 'name'),
      status: setter(db, 'status'),
      started_at: setter(db, 'started_at'),
      ended_at: setter(db, 'ended_at'),
      exit_code: setter(db, 'exit_code'),
    }
    this.#setContext = db.query(
      `INSERT INTO run_context (run, name, event) VALUES (?, ?, ?)
       ON CONFLICT (run, name) DO UPDATE SET event = excluded.event
       WHERE ${comesLater('excluded.event', 'run_context.event')}`,
    )
    this.#refreshRemoved = db.query(`${refreshRemoved} AND key = ?`)
    this.#refreshExperiment = db.query(`${refreshRemoved} AND own_experiment = ?`)
  }

  /** `undefined` if it is not known to have started. */
  get(id: string): RunRow | undefined {
    const columns = this.#get.get(idBlob(id))
    return columns && runRow(columns)
  }

  /** Ids that begin so, at most `limit`; removed ones too. */
  find(prefix: string, limit = 10): string[] {
    return this.#find.all(...idRange(prefix), limit).map(({ id }) => idOfBlob(id))
  }

  /** Runs that have this name and are not removed, newest first. */
  named(name: string): RunRow[] {
    return this.#named.all(name).map(runRow)
  }

  /** Newest first. */
  list(options: ListRuns = {}): RunRow[] {
    const { experiments, view = 'active', limit, before } = options
    const conditions = [views[view]]
    if (experiments !== undefined) conditions.push(ofExperiments(experiments.length))
    if (before !== undefined) conditions.push('(run.started_at, run.id) < (@startedAt, @id)')
    const sql = `${selectRuns} WHERE ${conditions.join(' AND ')} ${newestFirst} LIMIT @limit`
    const rows = this.#db.query<RunColumns>(sql).all({
      limit: limit ?? -1,
      ...(experiments && { experiments: JSON.stringify(experiments) }),
      ...(before && { startedAt: millisecondsOf(before.startedAt), id: idBlob(before.id) }),
    })
    return rows.map(runRow)
  }

  /** Runs that were started within this one and are not removed, oldest first. */
  children(id: string): RunRow[] {
    return this.#children.all(idBlob(id)).map(runRow)
  }

  /** Ids of its own removals that nobody took back. */
  removals(id: string): string[] {
    return this.#removals.of('run', id)
  }

  /** How many runs are known, removed ones too. */
  count(): number {
    return this.#count.get()?.count ?? 0
  }

  /** Where it ran and of what code: of each key what the last event says that has it. */
  context(id: string): JsonObject {
    const rows = this.#context.all(idBlob(id))
    return Object.fromEntries(rows.map(({ name, body }) => [name, contextOf(body)[name] ?? null]))
  }

  /** Which process each of many runs said it is, in one query; a run that did not is not in the map. */
  processesOf(ids: readonly string[]): Map<string, JsonObject> {
    const rows = this.#processes.all(JSON.stringify(ids))
    return new Map(rows.map(({ id, body }) => [idOfBlob(id), contextObject(body, 'process')]))
  }

  /** When what came to be known last about the run was said; `undefined` if nothing was. */
  lastEventAt(id: string): string | undefined {
    return this.#lastEvent.get(idBlob(id))?.at
  }

  keyOf(id: string): number | undefined {
    return this.#keyOf.get(idBlob(id))?.key
  }

  /** The run's key, made if there is none. */
  ensure(id: string): number {
    return this.keyOf(id) ?? this.#insert.insert(idBlob(id))
  }

  /** The event says something about the run. */
  note(run: number, event: number): void {
    this.#note.run(run, event)
  }

  /** @param experiment Key of the one that the event names. */
  start(event: number, run: number, experiment: number, said: RunEventOf<'run.start'>): void {
    const parent = said.parent === undefined ? null : this.ensure(said.parent)
    this.#start.run({ event, run, experiment, parent, by: said.by })
    this.#assign(event, run, said)
    this.refreshRemoved(run)
  }

  update(event: number, run: number, said: RunEventOf<'run.update'>): void {
    this.#assign(event, run, said)
  }

  /** After a removal or a restoration of the run. */
  refreshRemoved(run: number): void {
    this.#refreshRemoved.run(run)
  }

  /** After a removal or a restoration of the experiment. */
  refreshRemovedOf(experiment: number): void {
    this.#refreshExperiment.run(experiment)
  }

  #assign(event: number, run: number, said: Assignments): void {
    const { name, status, startedAt, endedAt, exitCode, context = {} } = said
    const set = (field: Field, value: SqlValue | undefined): void => {
      if (value !== undefined) this.#set[field].run({ event, run, value })
    }
    set('name', name)
    set('status', status)
    set('started_at', startedAt && millisecondsOf(startedAt))
    set('ended_at', endedAt && millisecondsOf(endedAt))
    set('exit_code', exitCode)
    for (const key of Object.keys(context)) this.#setContext.run(run, key, event)
  }
}

function setter(db: Database, field: Field): Query<never> {
  return db.query(
    `UPDATE run SET ${field} = @value, ${field}_event = @event
     WHERE key = @run AND ${comesLater('@event', `${field}_event`)}`,
  )
}

/** One experiment's runs are found in order; those of several have to be sorted. */
function ofExperiments(count: number): string {
  const ids = '(SELECT unhex(value) FROM json_each(@experiments))'
  const operator = count === 1 ? '=' : 'IN'
  return `run.experiment ${operator} (SELECT canonical FROM experiment WHERE id IN ${ids})`
}

/** The row that columns of `selectRuns` hold. */
export function runRow(columns: RunColumns): RunRow {
  const { id, name, status, experiment_id, experiment_name, parent_id } = columns
  if (!isRunStatus(status)) throw corrupt('the catalog', `a run has the status ${status}`)
  return {
    id: idOfBlob(id),
    name,
    experiment: idOfBlob(experiment_id),
    experimentName: experiment_name ?? idOfBlob(experiment_id),
    status,
    startedAt: timeOf(columns.started_at),
    endedAt: timeOfOrNull(columns.ended_at),
    by: columns.by,
    parent: parent_id && idOfBlob(parent_id),
    exitCode: columns.exit_code,
    removed: columns.removed === 1,
  }
}

function contextObject(body: string, name: string): JsonObject {
  const value = contextOf(body)[name]
  return isJsonObject(value) ? value : {}
}

function contextOf(body: string): JsonObject {
  const where = 'an event in the catalog'
  return new Fields(parseKnownJson(body, where), where).object('context').asObject()
}
