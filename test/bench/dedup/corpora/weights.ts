/**
 * Weights as training leaves them: bell-shaped around zero, every bit of the mantissa in use.
 *
 * The bell is a sum of three uniform numbers, which needs no logarithm or cosine and so comes out
 * the same on every machine.
 */

import { seededBytes } from '../../../support/seeded-data.ts'

export type Shape = readonly number[]

export type Tensor = {
  readonly name: string
  readonly shape: Shape
  readonly dtype: 'BF16' | 'F32'
  readonly bytes: Buffer
}

export const bytesOfType: Readonly<Record<Tensor['dtype'], number>> = { BF16: 2, F32: 4 }

/** Bell-shaped numbers of mean 0 and the deviation asked for. */
export function bell(seed: string, count: number, deviation: number): Float32Array {
  const bytes = seededBytes(seed, 12 * count)
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, 3 * count)
  const values = new Float32Array(count)
  // Three uniform numbers in [0, 2^32) have a mean of 1.5 and a deviation of 0.5 times 2^32.
  const factor = (2 * deviation) / 2 ** 32
  for (let i = 0, at = 0; i < count; i++, at += 3) {
    const sum = (words[at] ?? 0) + (words[at + 1] ?? 0) + (words[at + 2] ?? 0)
    values[i] = (sum - 1.5 * 2 ** 32) * factor
  }
  return values
}

export function float32Bytes(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}

/** The upper halves of the floats, rounded to the nearest. */
export function bfloat16Bytes(values: Float32Array): Buffer {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) halves[i] = ((words[i] ?? 0) + 0x8000) >>> 16
  return Buffer.from(halves.buffer)
}

export function elementCount(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1)
}
