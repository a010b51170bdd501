/**
 * Points that wait to be written: columns a metric, so that a call costs three stores into arrays.
 *
 * What is taken out comes in series that each fit into an event of their own size, however many
 * points there were.
 */

import { invalidArgument } from '../../errors.ts'
import type { MetricSeries } from '../events/run-event.ts'
import { parseKey } from '../names.ts'
import { encodeColumns, type MetricColumns, pointBytes } from './metric-points.ts'

/** When points were taken. */
export type PointPlace = {
  /** Default: one more than the last step of the metric, from 0 on. */
  readonly step?: number | undefined
  /** Milliseconds since 1970. */
  readonly time: number
}

/** The series of one event. */
export type MetricBatch = readonly MetricSeries[]

/** What the series of one event take as JSON at most; an event may have 512 KiB in all. */
const batchBytesMax = 480 * 1024

/** Of a series in an event, besides its key and its points. */
const seriesOverheadBytes = 32

const firstCapacity = 16

export class MetricBuffer {
  readonly #series = new Map<string, PointColumns>()
  #points = 0

  /** Points that wait. */
  get points(): number {
    return this.#points
  }

  /**
   * Takes one point of each metric, or none at all.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` naming the metric whose key or value cannot be used,
   * or that the step or the time is no whole number.
   */
  add(values: Readonly<Record<string, number>>, { step, time }: PointPlace): void {
    checkInteger('step', step)
    checkInteger('time', time)
    const entries = Object.entries(values)
    for (const [key, value] of entries) {
      if (!this.#series.has(key)) parseKey('metric', key)
      if (typeof value !== 'number') throw noNumber(key, value)
    }
    for (const [key, value] of entries) this.#columnsOf(key).add(value, step, time)
    this.#points += entries.length
  }

  /** The points that wait, by event; from now on they wait no more. */
  take(): MetricBatch[] {
    const batches: MetricSeries[][] = []
    let room = 0
    for (const [key, columns] of this.#series) {
      const overhead = Buffer.byteLength(JSON.stringify(key)) + seriesOverheadBytes
      for (const [start, end] of cut(columns.count, room - overhead, batchBytesMax - overhead)) {
        const points = encodeColumns(columns.slice(start, end)).toString('base64')
        if (start === 0 && end > 0 && overhead + points.length <= room)
          batches.at(-1)?.push({ key, points })
        else {
          batches.push([{ key, points }])
          room = batchBytesMax
        }
        room -= overhead + points.length
      }
      columns.clear()
    }
    this.#points = 0
    return batches
  }

  #columnsOf(key: string): PointColumns {
    const known = this.#series.get(key)
    if (known !== undefined) return known
    const columns = new PointColumns()
    this.#series.set(key, columns)
    return columns
  }
}

/** The points of one metric, in arrays that double when they are full. */
class PointColumns {
  count = 0
  #nextStep = 0
  #values = new Float64Array(firstCapacity)
  #steps = new Float64Array(firstCapacity)
  #times = new Float64Array(firstCapacity)

  add(value: number, step: number = this.#nextStep, time: number): void {
    if (this.count === this.#values.length) this.#grow()
    this.#values[this.count] = value
    this.#steps[this.count] = step
    this.#times[this.count] = time
    this.count += 1
    this.#nextStep = Math.min(step + 1, Number.MAX_SAFE_INTEGER)
  }

  slice(start: number, end: number): MetricColumns {
    return {
      values: this.#values.subarray(start, end),
      steps: this.#steps.subarray(start, end),
      times: this.#times.subarray(start, end),
    }
  }

  /** The next step stays what it is. */
  clear(): void {
    this.count = 0
  }

  #grow(): void {
    this.#values = doubled(this.#values)
    this.#steps = doubled(this.#steps)
    this.#times = doubled(this.#times)
  }
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(2 * column.length)
  wider.set(column)
  return wider
}

/**
 * Where to cut so many points: the first part into the room that is left if it all fits there,
 * everything else into rooms of its own.
 */
function* cut(count: number, left: number, whole: number): Generator<[start: number, end: number]> {
  if (count === 0) return
  const perEvent = pointsIn(whole)
  if (count <= pointsIn(left)) yield [0, count]
  else for (let i = 0; i < count; i += perEvent) yield [i, Math.min(count, i + perEvent)]
}

/** Base64 makes four characters of three bytes. */
function pointsIn(characters: number): number {
  return Math.floor((Math.floor(characters / 4) * 3) / pointBytes)
}

function checkInteger(what: string, value: number | undefined): void {
  if (value === undefined || Number.isSafeInteger(value)) return
  throw invalidArgument(`${what} is not a whole number: ${String(value)}`)
}

function noNumber(key: string, value: unknown): Error {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return invalidArgument(
    `metric ${JSON.stringify(key)} is not a number: ${shown}`,
    'Text belongs into a param or a tag; NaN and Infinity are numbers.',
  )
}
