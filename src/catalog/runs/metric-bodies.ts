/**
 * Keeps points in one place: the body of a `run.metrics` event is stored without them, and gets
 * them back from `metric_block` when the event is read.
 *
 * Ten million points are 240 MB there, and would be 320 MB more in bodies that only a push reads.
 */

import { isJsonArray, isJsonObject, type JsonObject } from '../../core/canonical-json.ts'
import type { Event } from '../../core/events/event.ts'
import { idBlob } from '../blobs.ts'
import type { Database } from '../database.ts'

export class MetricBodies {
  readonly #block

  constructor(db: Database) {
    this.#block = db.query<{ points: Buffer }>(
      `SELECT points FROM metric_block
       WHERE run = (SELECT key FROM run WHERE id = ?)
         AND key = (SELECT key FROM run_key WHERE name = ?) AND event = ? AND ordinal = ?`,
    )
  }

  /** What is stored of an event. */
  stored({ type, json }: Event): JsonObject {
    if (type !== 'run.metrics') return json
    return withSeries(json, (series) => ({ ...series, points: '' }))
  }

  /** The event's JSON as it came, from what is stored of the event with this key. */
  restored(event: number, json: JsonObject): JsonObject {
    const { type, run } = json
    if (type !== 'run.metrics' || typeof run !== 'string') return json
    const id = idBlob(run)
    return withSeries(json, (series, ordinal) => {
      const { key } = series
      const block = typeof key === 'string' ? this.#block.get(id, key, event, ordinal) : undefined
      return { ...series, points: block?.points.toString('base64') ?? '' }
    })
  }
}

function withSeries(
  json: JsonObject,
  change: (series: JsonObject, ordinal: number) => JsonObject,
): JsonObject {
  const { series } = json
  if (!isJsonArray(series)) return json
  return {
    ...json,
    series: series.map((one, ordinal) => (isJsonObject(one) ? change(one, ordinal) : one)),
  }
}
