/**
 * The `metric` and `metric_block` tables: each metric of a run in a few numbers, and its points.
 *
 * Points stay together as the event had them, one row an event and metric: a series of a million
 * is some hundred rows. SQLite has no NaN, so it stands as NULL in the numbers; the points have it.
 */

import type { RunEventOf } from '../../core/events/event.ts'
import type { MetricColumns } from '../../core/runs/metric-points.ts'
import {
  columnsOf,
  inOrder,
  joinBlocks,
  type MetricTotals,
  totalsOf,
} from '../../core/runs/metric-series.ts'
import { idBlob } from '../blobs.ts'
import type { Database } from '../database.ts'
import { comesLater } from './event-order.ts'
import type { KeyTable } from './key-table.ts'
import { byRunAndName, type WantedRow, wantedRuns } from './wanted-runs.ts'

export type Metrics = ReadonlyMap<string, MetricTotals>

type MetricRow = {
  readonly name: string
  readonly points: number
  readonly min: number | null
  readonly max: number | null
  readonly last: number | null
  readonly last_step: number
  readonly last_time: number
}

type BlockRow = { readonly points: Buffer; readonly lamport: number; readonly id: Buffer }

const selected = 'run_key.name, metric.points, min, max, last, last_step, last_time'

export class MetricTable {
  readonly #keys: KeyTable
  readonly #of
  readonly #ofRuns
  readonly #blocks
  readonly #insert
  readonly #add
  readonly #setLast
  readonly #insertBlock

  constructor(db: Database, keys: KeyTable) {
    this.#keys = keys
    this.#of = db.query<MetricRow>(
      `SELECT ${selected} FROM metric JOIN run_key ON run_key.key = metric.key
       WHERE run = (SELECT key FROM run WHERE id = ?) ORDER BY name`,
    )
    this.#ofRuns = db.query<WantedRow & MetricRow>(
      `SELECT wanted.key AS place, ${selected} FROM ${wantedRuns}
       CROSS JOIN metric ON metric.run = run.key
       CROSS JOIN run_key ON run_key.key = metric.key`,
    )
    // Sorting them in SQLite would copy all points once more.
    this.#blocks = db.query<BlockRow>(
      `SELECT points, lamport, event.id FROM metric_block AS block
       CROSS JOIN event ON event.key = block.event
       WHERE run = (SELECT key FROM run WHERE id = ?)
         AND block.key = (SELECT key FROM run_key WHERE name = ?)`,
    )
    // Bound by place, as it runs for every metric of every run: by name takes half as long again.
    this.#insert = db.query(
      `INSERT OR IGNORE INTO metric
         (run, key, points, min, max, last, last_step, last_time, last_event)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#add = db.query(
      `UPDATE metric SET points = points + @points,
         min = min(coalesce(min, @min), coalesce(@min, min)),
         max = max(coalesce(max, @max), coalesce(@max, max))
       WHERE run = @run AND key = @key`,
    )
    this.#setLast = db.query(
      `UPDATE metric SET last = @last, last_step = @lastStep, last_time = @lastTime,
         last_event = @event
       WHERE run = @run AND key = @key AND ((last_step, last_time) < (@lastStep, @lastTime)
         OR ((last_step, last_time) = (@lastStep, @lastTime)
           AND (last_event = @event OR ${comesLater('@event', 'last_event')})))`,
    )
    this.#insertBlock = db.query(
      'INSERT INTO metric_block (run, key, event, ordinal, points) VALUES (?, ?, ?, ?, ?)',
    )
  }

  /** The metrics of a run in numbers, by name. */
  of(run: string): Metrics {
    return new Map(this.#of.all(idBlob(run)).map((row) => [row.name, totals(row)]))
  }

  /** The metrics of many runs in one query; a run without metrics is not in the map. */
  ofRuns(runs: readonly string[]): Map<string, Metrics> {
    return byRunAndName(runs, this.#ofRuns.all(JSON.stringify(runs)), totals)
  }

  /** All points of a metric, by (step, time, order of events); none if it was never logged. */
  history(run: string, name: string): MetricColumns {
    const blocks = this.#blocks.all(idBlob(run), name).sort(byEvent)
    return inOrder(joinBlocks(blocks.map(({ points }) => points)))
  }

  insert(event: number, run: number, { series }: RunEventOf<'run.metrics'>): void {
    for (const [ordinal, { key: name, points }] of series.entries()) {
      const bytes = Buffer.from(points, 'base64')
      const summed = totalsOf(columnsOf(bytes))
      if (summed === undefined) continue
      const key = this.#keys.ensure(name)
      this.#insertBlock.run(run, key, event, ordinal, bytes)
      this.#sumUp(run, key, event, summed)
    }
  }

  #sumUp(run: number, key: number, event: number, summed: MetricTotals): void {
    const { count, last, lastStep, lastTime, min, max } = withNulls(summed)
    if (this.#insert.run(run, key, count, min, max, last, lastStep, lastTime, event) > 0) return
    this.#add.run({ run, key, points: count, min, max })
    this.#setLast.run({ run, key, event, last, lastStep, lastTime })
  }
}

/** In the order of events; blocks of one event come as it has them, and stay so. */
function byEvent(a: BlockRow, b: BlockRow): number {
  return a.lamport - b.lamport || Buffer.compare(a.id, b.id)
}

function totals(row: MetricRow): MetricTotals {
  return {
    count: row.points,
    last: row.last ?? Number.NaN,
    lastStep: row.last_step,
    lastTime: row.last_time,
    min: row.min ?? Number.NaN,
    max: row.max ?? Number.NaN,
  }
}

/** As SQLite takes them. */
function withNulls(totals: MetricTotals): {
  readonly [Name in keyof MetricTotals]: number | null
} {
  const { last, min, max } = totals
  return { ...totals, last: orNull(last), min: orNull(min), max: orNull(max) }
}

function orNull(number: number): number | null {
  return Number.isNaN(number) ? null : number
}
