/**
 * Remote: a shared place of immutable objects, seen as keys and bytes.
 *
 * The contract (executed by test/contracts/remote.ts on every implementation):
 * - A key is one or more segments of `A-Za-z0-9._-` joined by slashes (`pack/ab/abcd…`,
 *   `log/00…1`); no segment starts with a dot; 900 characters at most. Anything else is
 *   `INVALID_ARGUMENT`. A value is bytes, and may be empty.
 * - `put` and `delete` are idempotent and retried inside; after they return, every reader sees it.
 * - `create` is a linearizable create-if-absent: among any number of concurrent callers for one
 *   absent key exactly one gets `created`. It is never retried inside: `unknown` means the
 *   outcome could not be learned and the caller must read the key back (rule P5).
 * - Nothing here is ever answered from a cache, and correctness never needs `list`.
 * - Bytes handed out belong to the caller; bytes handed in are not kept after the call.
 * - Errors are `REMOTE_UNAVAILABLE` (asked in vain, also after retries), `REMOTE_REFUSED`
 *   (answered with a no), `REMOTE_UNSUPPORTED`, `NO_SPACE`, `CORRUPT` (an object is shorter than a
 *   range asks) or `INTERRUPTED`, translated once, in the adapter, with a hint for the user and
 *   without any secret.
 * - A request whose signal was raised throws `INTERRUPTED`, at once or from the middle. An
 *   interrupted `put`, `create` or `delete` may have happened all the same.
 */

import type { Digest } from '../core/digest.ts'

/** The half-open byte range [start, end) of an object; never empty. */
export type ByteRange = { readonly start: number; readonly end: number }

export type RemoteObject = {
  readonly key: string
  readonly sizeBytes: number
  /** By the remote's own clock. */
  readonly modifiedAt: Date
}

export type CreateOutcome =
  /** The bytes are there now, and this call put them there. */
  | 'created'
  /**
   * The key was there before; its bytes are unchanged. A proxy that repeats requests can turn
   * a caller's own success into this answer, so bytes that must be told apart carry an id.
   */
  | 'exists'
  /** Timeout, lost connection, 409 or 5xx: read the key to learn what happened. */
  | 'unknown'

export type RequestOptions = { readonly signal?: AbortSignal | undefined }

export type PutOptions = RequestOptions & {
  /**
   * Computes the digest of the bytes. A remote whose requests are signed asks for it instead of
   * hashing the bytes itself; the others do not.
   */
  readonly digest?: (() => Promise<Digest>) | undefined
}

export type GetOptions = RequestOptions & {
  readonly range?: ByteRange | undefined
  /**
   * Memory to read into. If it is long enough the answer may be the beginning of it, and need not:
   * a remote may have reasons to answer with memory of its own. After an error it holds anything.
   */
  readonly into?: Uint8Array | undefined
}

export type ListOptions = RequestOptions & {
  /** Only keys greater than this one: where an earlier listing stopped. */
  readonly after?: string | undefined
}

export interface Remote {
  /** The URL as the user wrote it, for messages; holds no credentials. */
  readonly url: string

  /**
   * Returns the object's bytes, or `undefined` if there is no such key.
   *
   * With a range, exactly that range or an error; a range beyond the end is `CORRUPT`, since
   * whoever asked was told that the object is longer. Throws `REMOTE_REFUSED` with
   * `details.forbidden: true` on a 403, which some stores answer for a missing key when
   * listing is not granted.
   */
  get(key: string, options?: GetOptions): Promise<Uint8Array | undefined>

  /** Size of the object, or `undefined` if there is no such key. */
  head(key: string, options?: RequestOptions): Promise<RemoteObject | undefined>

  /** Writes the object, replacing what was there. */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<void>

  /** Writes the object only if the key is absent. One attempt, no retry. */
  create(key: string, bytes: Uint8Array, options?: RequestOptions): Promise<CreateOutcome>

  /** Removes the object; absent is fine. */
  delete(key: string, options?: RequestOptions): Promise<void>

  /**
   * Every object whose key starts with `prefix` (any text, `` for all), in key order.
   * Fails rather than give a part.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<RemoteObject>

  /** Gives back connections; a remote that is closed answers nothing more. */
  close(): Promise<void>
}

/** Where a remote is and how to speak to it, as `remote add` takes it; never holds a secret. */
export type RemoteSettings = {
  /** `s3://bucket/prefix`, `file:///folder` or the absolute path of a folder. */
  readonly url: string
  /** The S3 server, when it is not AWS: `https://host[:port]`. */
  readonly endpointUrl?: string | undefined
  readonly region?: string | undefined
  /** A profile of `~/.aws/config` or `~/.aws/credentials`. */
  readonly profile?: string | undefined
  /** Requests are not signed: for buckets that anyone may read. */
  readonly anonymous?: boolean | undefined
  /** `host/bucket/key` instead of `bucket.host/key`. Default: true with an endpoint of your own. */
  readonly pathStyle?: boolean | undefined
  /** A PEM file with certificates to trust besides the usual ones. */
  readonly caBundle?: string | undefined
  /** Server-side encryption: `AES256`, `aws:kms` or `aws:kms:dsse`. */
  readonly sse?: string | undefined
  readonly sseKmsKeyId?: string | undefined
}

/** What a probe found that a remote can do. */
export type Capabilities = {
  /** One winner among concurrent creates: needed by everyone who pushes to a shared remote. */
  readonly conditionalCreate: boolean
  /** New objects are listed at once: needed by `remote gc` for what no log entry names. */
  readonly list: boolean
  /** Exact byte ranges: needed to fetch a part of a version. */
  readonly range: boolean
  /** ISO time. */
  readonly checkedAt: string
  /** A sentence for each thing that is not as it should be. */
  readonly problems: readonly string[]
}
