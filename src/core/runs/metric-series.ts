/**
 * Series of metric points as columns: put together, put in order, summed up.
 *
 * The order of a series is that of its steps, then times, then of logging. Points come nearly
 * sorted: each batch is, and batches overlap only where several processes log one metric.
 */

import { type MetricColumns, pointBytes } from './metric-points.ts'

/** What a list of runs shows of a metric. */
export type MetricTotals = {
  readonly count: number
  /** Of the point that is last in the order of the series. */
  readonly last: number
  readonly lastStep: number
  readonly lastTime: number
  /** NaN points left out; NaN if there are no others. */
  readonly min: number
  readonly max: number
}

/**
 * The points of a block, without looking at them or copying them if that can be helped.
 *
 * @param block As `encodePoints` made it; that was checked where it came from.
 */
export function columnsOf(block: Uint8Array): MetricColumns {
  // Doubles can only be read in place where they are aligned.
  const { buffer, byteOffset, length } = block.byteOffset % 8 === 0 ? block : new Uint8Array(block)
  const count = length / pointBytes
  const column = (index: number): Float64Array =>
    new Float64Array(buffer, byteOffset + (index * length) / 3, count)
  return { values: column(0), steps: column(1), times: column(2) }
}

/** The points of all blocks, one block behind the other. */
export function joinBlocks(blocks: readonly Uint8Array[]): MetricColumns {
  const all = emptyColumns(blocks.reduce((sum, { length }) => sum + length, 0) / pointBytes)
  let at = 0
  for (const { values, steps, times } of blocks.map(columnsOf)) {
    all.values.set(values, at)
    all.steps.set(steps, at)
    all.times.set(times, at)
    at += values.length
  }
  return all
}

/** The points in the order of the series; those of one step and time stay as they stand. */
export function inOrder(points: MetricColumns): MetricColumns {
  const bounds = sortedStretches(points)
  return bounds.length <= 2 ? points : pick(points, mergedPlaces(points, bounds))
}

/** The points with these places, in this order. */
export function pick(points: MetricColumns, places: ArrayLike<number>): MetricColumns {
  const picked = emptyColumns(places.length)
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0
    picked.values[i] = points.values[place] ?? Number.NaN
    picked.steps[i] = points.steps[place] ?? 0
    picked.times[i] = points.times[place] ?? 0
  }
  return picked
}

/** Sums up points in any order; `undefined` if there are none. */
export function totalsOf(points: MetricColumns): MetricTotals | undefined {
  const { values, steps, times } = points
  if (values.length === 0) return undefined
  let last = 0
  let min = Number.NaN
  let max = Number.NaN
  for (const [i, value] of values.entries()) {
    if (i > 0 && !precedes(points, i, last)) last = i
    // The first comparison is false for NaN, which is what there is before the first number.
    if (!(min <= value) && !Number.isNaN(value)) min = value
    if (!(max >= value) && !Number.isNaN(value)) max = value
  }
  const at = (column: Float64Array): number => column[last] ?? 0
  return {
    count: values.length,
    last: at(values),
    lastStep: at(steps),
    lastTime: at(times),
    min,
    max,
  }
}

function emptyColumns(count: number): MetricColumns {
  return {
    values: new Float64Array(count),
    steps: new Float64Array(count),
    times: new Float64Array(count),
  }
}

/** Whether the point at `a` comes before the one at `b` by step and time. */
function precedes({ steps, times }: MetricColumns, a: number, b: number): boolean {
  const byStep = (steps[a] ?? 0) - (steps[b] ?? 0)
  return byStep < 0 || (byStep === 0 && (times[a] ?? 0) < (times[b] ?? 0))
}

/** Where stretches that are in order already begin, and where the last one ends. */
function sortedStretches(points: MetricColumns): number[] {
  const count = points.values.length
  const bounds = [0]
  for (let i = 1; i < count; i++) if (precedes(points, i, i - 1)) bounds.push(i)
  bounds.push(count)
  return bounds
}

/** Merges neighbouring stretches until one is left; answers the places of its points. */
function mergedPlaces(points: MetricColumns, stretches: readonly number[]): Uint32Array {
  let bounds = stretches
  let from = Uint32Array.from(points.values.keys())
  let to = new Uint32Array(from.length)
  while (bounds.length > 2) {
    const merged = [0]
    for (let i = 0; i + 1 < bounds.length; i += 2) {
      const [start = 0, middle = 0, end = middle] = bounds.slice(i, i + 3)
      merge(points, {
        left: from.subarray(start, middle),
        right: from.subarray(middle, end),
        into: to.subarray(start, end),
      })
      merged.push(end)
    }
    bounds = merged
    ;[from, to] = [to, from]
  }
  return from
}

type Merge = {
  readonly left: Uint32Array
  readonly right: Uint32Array
  readonly into: Uint32Array
}

/** Of points that compare equal those of the left stretch come first. */
function merge(points: MetricColumns, { left, right, into }: Merge): void {
  let l = 0
  let r = 0
  for (let i = 0; i < into.length; i++) {
    const fromRight =
      l === left.length || (r < right.length && precedes(points, right[r] ?? 0, left[l] ?? 0))
    into[i] = (fromRight ? right[r++] : left[l++]) ?? 0
  }
}
