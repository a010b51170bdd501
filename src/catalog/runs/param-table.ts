/**
 * The `run_param` and `run_param_other` tables: params of runs.
 *
 * The first value of a param stays. Whatever later events say of it is kept beside it, also where
 * it is the same, so that the rows do not depend on which event came to be known first.
 */

import type { RunEventOf } from '../../core/events/event.ts'
import { idBlob } from '../blobs.ts'
import type { Database } from '../database.ts'
import { comesEarlier } from './event-order.ts'
import type { KeyTable } from './key-table.ts'
import { byRunAndName, type WantedRow, wantedRuns } from './wanted-runs.ts'

export type Params = ReadonlyMap<string, string>

/** A value that did not become the param's, as it had another one already. */
export type OtherParamRow = {
  readonly key: string
  readonly value: string
  readonly by: string
  readonly at: string
}

type ParamColumns = { readonly name: string; readonly value: string }

export class ParamTable {
  readonly #keys: KeyTable
  readonly #of
  readonly #ofRuns
  readonly #others
  readonly #insert
  readonly #select
  readonly #replace
  readonly #insertOther

  constructor(db: Database, keys: KeyTable) {
    this.#keys = keys
    this.#of = db.query<ParamColumns>(
      `SELECT name, value FROM run_param JOIN run_key ON run_key.key = run_param.key
       WHERE run = (SELECT key FROM run WHERE id = ?) ORDER BY name`,
    )
    this.#ofRuns = db.query<WantedRow & ParamColumns>(
      `SELECT wanted.key AS place, run_key.name, run_param.value FROM ${wantedRuns}
       CROSS JOIN run_param ON run_param.run = run.key
       CROSS JOIN run_key ON run_key.key = run_param.key`,
    )
    this.#others = db.query<OtherParamRow>(
      `SELECT run_key.name AS key, other.value, body ->> '$.by' AS by, body ->> '$.at' AS at
       FROM run_param_other AS other
       JOIN run_param AS first ON first.run = other.run AND first.key = other.key
       JOIN run_key ON run_key.key = other.key JOIN event ON event.key = other.event
       WHERE other.run = (SELECT key FROM run WHERE id = ?) AND other.value <> first.value
       ORDER BY run_key.name, lamport, event.id`,
    )
    this.#insert = db.query(
      'INSERT OR IGNORE INTO run_param (run, key, value, event) VALUES (?, ?, ?, ?)',
    )
    this.#select = db.query<{ value: string; event: number }>(
      'SELECT value, event FROM run_param WHERE run = @run AND key = @key',
    )
    this.#replace = db.query(
      `UPDATE run_param SET value = @value, event = @event
       WHERE run = @run AND key = @key AND ${comesEarlier('@event', 'event')}`,
    )
    this.#insertOther = db.query(
      'INSERT INTO run_param_other (run, key, event, value) VALUES (@run, @key, @event, @value)',
    )
  }

  /** The params of a run, by name. */
  of(run: string): Params {
    return new Map(this.#of.all(idBlob(run)).map(({ name, value }) => [name, value]))
  }

  /** The params of many runs in one query; a run without params is not in the map. */
  ofRuns(runs: readonly string[]): Map<string, Params> {
    return byRunAndName(runs, this.#ofRuns.all(JSON.stringify(runs)), ({ value }) => value)
  }

  /** Values that differ from the one that stayed, by param, in the order of events. */
  others(run: string): OtherParamRow[] {
    return this.#others.all(idBlob(run))
  }

  insert(event: number, run: number, { params }: RunEventOf<'run.params'>): void {
    for (const [name, value] of Object.entries(params)) {
      const key = this.#keys.ensure(name)
      if (this.#insert.run(run, key, value, event) === 0)
        this.#putBeside({ run, key, event, value })
    }
  }

  /** The param has a value: one of the two, whichever was first, is the param's. */
  #putBeside(param: ParamRow): void {
    const { run, key } = param
    const known = this.#select.get({ run, key })
    const isReplaced = known !== undefined && this.#replace.run(param) > 0
    this.#insertOther.run(isReplaced ? { run, key, ...known } : param)
  }
}

type ParamRow = {
  readonly run: number
  readonly key: number
  readonly event: number
  readonly value: string
}
