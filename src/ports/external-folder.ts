/**
 * ExternalFolder: somebody else's objects below a place in a bucket or on a disk. Only read.
 *
 * The contract (executed by test/contracts/external-folder.ts on every implementation):
 * - Paths are those of files below the place, with `/`; any text that the place holds.
 * - Links and devices are never followed or read: they are `REMOTE_REFUSED`.
 * - Nothing is answered from a cache. Requests are not repeated here: `REMOTE_UNAVAILABLE` says
 *   with `details.retryable` whether asking again may help.
 */

import type { ByteRange, RequestOptions } from './remote.ts'

export type ExternalEntry = {
  readonly path: string
  readonly sizeBytes: number
  /** What the place itself calls this state of the object; `undefined` where it has no such name. */
  readonly etag: string | undefined
}

export type ExternalRead = RequestOptions & {
  readonly range: ByteRange
  /** The state that is meant: with another one the answer is `DIGEST_MISMATCH`. */
  readonly etag?: string | undefined
}

export interface ExternalFolder {
  /** As the user wrote it, for messages; holds no credentials. */
  readonly uri: string
  /** How many requests were made. */
  readonly requests: number
  /** Every file below the place, in no particular order. None is not an error. */
  list(options?: RequestOptions): AsyncIterable<ExternalEntry>
  /**
   * A part of one object; `undefined` if it is not there.
   *
   * @throws {MlstoreError} `CORRUPT` if it ends before the range does, `DIGEST_MISMATCH`.
   */
  read(path: string, options: ExternalRead): Promise<Uint8Array | undefined>
  /** Gives back connections. */
  close(): Promise<void>
}
