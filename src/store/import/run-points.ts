/**
 * The points of one run, from series in batches to events of bounded size.
 *
 * A metric that is not here is passed on as it comes. Of one that is, only what is missing is
 * said; for that its points are held in memory.
 */

import type { MetricSeries } from '../../core/events/run-event.ts'
import { encodePoints, type MetricPoint } from '../../core/runs/metric-points.ts'
import type { ForeignSeries } from '../../foreign/foreign-run.ts'
import { eventIdOf, pointsToSay } from './said-before.ts'
import type { ImportSession } from './session.ts'

/** Points of one event: 320,000 characters of its 512 KiB. */
const pointsPerEvent = 10_000
/** Series of one event, with keys of at most 1,000 bytes. */
const seriesPerEvent = 150

export class RunPoints {
  readonly #session: ImportSession
  readonly #run: string
  readonly #keyOf: (key: string) => string
  #series: MetricSeries[] = []
  #points = 0

  /** @param keyOf The name here of a metric there. */
  constructor(session: ImportSession, run: string, keyOf: (key: string) => string) {
    this.#session = session
    this.#run = run
    this.#keyOf = keyOf
  }

  /** Says what is missing. @param all Series of one key stand together. */
  async import(all: Iterable<ForeignSeries>): Promise<void> {
    const known = this.#session.parts.catalog.metrics.of(this.#run)
    let held: { readonly key: string; readonly points: MetricPoint[] } | undefined
    for (const { key: theirs, points } of all) {
      const key = this.#keyOf(theirs)
      if (held !== undefined && held.key !== key) {
        this.#addMissing(held)
        held = undefined
      }
      if (known.has(key)) {
        held ??= { key, points: [] }
        for (const point of points) held.points.push(point)
      } else {
        this.#add(key, points)
      }
      await this.#session.settle()
    }
    if (held !== undefined) this.#addMissing(held)
    this.#end()
  }

  #addMissing({ key, points }: { readonly key: string; readonly points: MetricPoint[] }): void {
    const known = this.#session.parts.catalog.metrics.history(this.#run, key)
    this.#add(key, pointsToSay(known, points))
  }

  #add(key: string, points: readonly MetricPoint[]): void {
    for (let at = 0; at < points.length; at += pointsPerEvent) {
      const some = points.slice(at, at + pointsPerEvent)
      const isFull = this.#points + some.length > pointsPerEvent
      if (isFull || this.#series.length >= seriesPerEvent) this.#end()
      this.#series.push({ key, points: encodePoints(some).toString('base64') })
      this.#points += some.length
    }
  }

  #end(): void {
    if (this.#series.length === 0) return
    const series = this.#series
    this.#series = []
    this.#points = 0
    const id = eventIdOf(this.#run, JSON.stringify(series))
    this.#session.say({ type: 'run.metrics', run: this.#run, series }, id)
  }
}
