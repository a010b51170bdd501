/**
 * The points of one metric as bytes: three columns of doubles (docs/format.md, "Runs").
 *
 * Doubles carry NaN, the infinities and -0 as they are, and a column can be read as an array
 * without looking at each point, so a series of a million is a few copies.
 */

import { corrupt } from '../../errors.ts'

export type MetricPoint = {
  readonly value: number
  /** A safe integer, also negative. */
  readonly step: number
  /** Milliseconds since 1970, a safe integer. */
  readonly time: number
}

/** Points in the order they were logged, as columns of equal length. */
export type MetricColumns = {
  readonly values: Float64Array
  readonly steps: Float64Array
  readonly times: Float64Array
}

const columns = 3
const doubleBytes = 8

/** Bytes that one point takes. */
export const pointBytes: number = columns * doubleBytes

export function encodePoints(points: readonly MetricPoint[]): Buffer {
  const bytes = Buffer.alloc(points.length * pointBytes)
  const stepsAt = points.length * doubleBytes
  const timesAt = 2 * stepsAt
  for (const [i, { value, step, time }] of points.entries()) {
    bytes.writeDoubleLE(value, i * doubleBytes)
    bytes.writeDoubleLE(step, stepsAt + i * doubleBytes)
    bytes.writeDoubleLE(time, timesAt + i * doubleBytes)
  }
  return bytes
}

/**
 * Reads what `encodePoints` wrote. The columns share no memory with `bytes`.
 *
 * @throws {MlstoreError} `CORRUPT` if the bytes are not whole points, or a step or a time is no
 * safe integer.
 */
export function decodePoints(bytes: Uint8Array, where: string): MetricColumns {
  const count = bytes.length / pointBytes
  if (!Number.isInteger(count)) throw corrupt(where, `${bytes.length} bytes are no whole points`)
  // Copied, so that the doubles are aligned whatever the bytes were cut from.
  const { buffer } = Uint8Array.from(bytes)
  const column = (index: number): Float64Array =>
    new Float64Array(buffer, index * count * doubleBytes, count)
  const steps = column(1)
  const times = column(2)
  const areIntegers = steps.every(Number.isSafeInteger) && times.every(Number.isSafeInteger)
  if (!areIntegers) throw corrupt(where, 'a step or a time is no integer')
  return { values: column(0), steps, times }
}

/** The bytes of points that are columns already, as `encodePoints` would write them. */
export function encodeColumns({ values, steps, times }: MetricColumns): Buffer {
  return Buffer.concat([values, steps, times].map(bytesOf))
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
