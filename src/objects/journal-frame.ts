/**
 * Framing of journal records, and the rule that tells a torn tail from damage. Pure.
 *
 * One append may hold several records and is one write. Until its fsync has returned, a crash may
 * keep any of its pages and lose any other, so that a lost record can have a good one after it.
 * Each record therefore says how far into its append it lies: if a good record that began a later
 * append follows the bad one, the bad one had been synced, and it is damage. Otherwise it is the
 * torn end of the last append, which nobody was told had succeeded.
 *
 * A record cannot be forged by the text of a payload: a payload is canonical JSON, which has no
 * control characters, and the first number of a record always has a byte below 0x20.
 */

import { crc32 } from 'node:zlib'

import { invalidArgument } from '../errors.ts'

/** payloadBytes u32 · bytes of the append before this record u32 · CRC-32 u32 */
const recordHeaderBytes = 12
/** Of the header, what the CRC covers besides the payload. */
const checkedHeaderBytes = 8
/** Keeps the highest byte of a length below 0x20; see above. */
const payloadBytesMax = 64 * 1024 * 1024

export type JournalRecord = {
  readonly payload: string
  /** Where the append began that this record is part of. */
  readonly appendStart: number
  /** Offset behind the record. */
  readonly end: number
}

/** Encodes the records of one append, to be written at one go. */
export function encodeAppend(payloads: readonly string[]): Buffer {
  const records: Buffer[] = []
  let before = 0
  for (const payload of payloads) {
    const record = encodeRecord(Buffer.from(payload, 'utf8'), before)
    records.push(record)
    before += record.length
  }
  return Buffer.concat(records, before)
}

function encodeRecord(payload: Buffer, before: number): Buffer {
  if (payload.length > payloadBytesMax) {
    throw invalidArgument(`a journal record cannot hold ${payload.length} bytes`)
  }
  const record = Buffer.allocUnsafe(recordHeaderBytes + payload.length)
  record.writeUInt32LE(payload.length, 0)
  record.writeUInt32LE(before, 4)
  record.writeUInt32LE(checksum(record, payload), checkedHeaderBytes)
  payload.copy(record, recordHeaderBytes)
  return record
}

function checksum(header: Buffer, payload: Buffer): number {
  return crc32(payload, crc32(header.subarray(0, checkedHeaderBytes)))
}

/**
 * Reads the record at `offset`; `undefined` if there is no whole and good one.
 *
 * `base` is the position of `bytes` in the file; all offsets are positions in the file.
 */
export function recordAt(bytes: Buffer, base: number, offset: number): JournalRecord | undefined {
  const header = bytes.subarray(offset - base, offset - base + recordHeaderBytes)
  if (header.length < recordHeaderBytes) return undefined
  const payloadBytes = header.readUInt32LE(0)
  const appendStart = offset - header.readUInt32LE(4)
  const end = offset + recordHeaderBytes + payloadBytes
  const isPossible = payloadBytes <= payloadBytesMax && end - base <= bytes.length
  if (!isPossible || appendStart < 0) return undefined
  const payload = bytes.subarray(offset - base + recordHeaderBytes, end - base)
  if (header.readUInt32LE(checkedHeaderBytes) !== checksum(header, payload)) return undefined
  return { payload: payload.toString('utf8'), appendStart, end }
}

/** Whether a good record of a later append follows the bad one at `offset`: then it is damage. */
export function isFollowedByLaterAppend(bytes: Buffer, base: number, offset: number): boolean {
  for (let later = offset + 1; later - base < bytes.length; later++) {
    const record = recordAt(bytes, base, later)
    if (record !== undefined && record.appendStart > offset) return true
  }
  return false
}
