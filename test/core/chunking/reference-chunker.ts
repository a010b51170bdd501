/** FastCDC written straight from docs/format.md: slow, plain, and nothing shared with the real one. */

import { createHash } from 'node:crypto'

const KiB = 1024

/** Entry i: the first 8 bytes, little-endian, of SHA-256("mlstore gear" and the byte i). */
const gear: readonly bigint[] = Array.from({ length: 256 }, (_, byte) => {
  const text = Buffer.concat([Buffer.from('mlstore gear'), Buffer.of(byte)])
  return createHash('sha256').update(text).digest().readBigUInt64LE(0)
})

/** The hash after one more byte. */
export function rolled(hash: bigint, byte: number): bigint {
  return BigInt.asUintN(64, (hash << 1n) + (gear[byte] ?? 0n))
}

/** Whether the top `bits` bits of the hash are zero. */
export function hasZeroTop(hash: bigint, bits: number): boolean {
  return hash >> BigInt(64 - bits) === 0n
}

/** The length of each chunk of a file. */
export function referenceChunkSizes(file: Uint8Array): number[] {
  const sizes: number[] = []
  for (let start = 0; start < file.length; start += sizes.at(-1) ?? 0) {
    sizes.push(firstChunkSize(file.subarray(start)))
  }
  return sizes
}

function firstChunkSize(bytes: Uint8Array): number {
  let hash = 0n
  for (let length = 16 * KiB + 1; length <= Math.min(bytes.length, 256 * KiB); length++) {
    hash = rolled(hash, bytes[length - 1] ?? 0)
    if (hasZeroTop(hash, length <= 64 * KiB ? 18 : 14)) return length
  }
  return Math.min(bytes.length, 256 * KiB)
}
