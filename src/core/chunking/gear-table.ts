/**
 * The gear table: 256 random 64-bit numbers, one for each value of a byte.
 *
 * A constant of the format (docs/format.md). It is derived from SHA-256 rather than listed, so
 * that anyone can make it again from one line of text and nobody has to trust a list.
 */

import { createHash } from 'node:crypto'

import { gearTableBytes } from './parameters.ts'

const entryBytes = 8

/** The table as it lies in memory: entry i at byte 8·i, little-endian. */
export function gearTable(): Uint8Array {
  const table = new Uint8Array(gearTableBytes)
  for (let byte = 0; byte < 256; byte++) {
    const digest = createHash('sha256').update('mlstore gear').update(Uint8Array.of(byte)).digest()
    table.set(digest.subarray(0, entryBytes), byte * entryBytes)
  }
  return table
}
