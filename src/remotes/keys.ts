/**
 * What a remote accepts as a key, a prefix and a range, the same for every implementation.
 *
 * The alphabet is the part that S3 stores, URLs, signatures and file systems all leave alone, so
 * one remote can be copied to any other. Segments never start with a dot: `.` and `..` cannot
 * leave the folder, and a directory remote keeps its own files out of sight.
 */

import { corrupt, invalidArgument } from '../errors.ts'
import type { ByteRange } from '../ports/remote.ts'

/** S3 allows 1,024 bytes; the rest is left for the prefix of the remote. */
const keyLengthMax = 900
const segmentLengthMax = 200
const segmentPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/

/** @throws {MlstoreError} `INVALID_ARGUMENT` unless the text can be a key. */
export function checkKey(key: string): void {
  const fits = key.length <= keyLengthMax
  if (fits && key.split('/').every(isKeySegment)) return
  throw invalidArgument(`not a key of a remote: ${JSON.stringify(key)}`)
}

/** Whether a name can stand between the slashes of a key. */
export function isKeySegment(name: string): boolean {
  return name.length <= segmentLengthMax && segmentPattern.test(name)
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a range that is empty or not of whole bytes. */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return
  const { start, end } = range
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end) return
  throw invalidArgument(`not a byte range: ${start} to ${end}`)
}

/** @throws {MlstoreError} `CORRUPT` if the object ends before the range does. */
export function checkRangeInside(where: string, range: ByteRange, sizeBytes: number): void {
  if (range.end <= sizeBytes) return
  throw corrupt(where, `it has ${sizeBytes} bytes, bytes up to ${range.end} were expected`)
}
