/**
 * Remote: a shared place of immutable objects, seen as keys and bytes.
 *
 * The contract (executed by test/contracts/remote.ts on every implementation):
 * - A key is slash-separated ASCII (`pack/ab/abcd…`, `log/00…1`); a value is bytes.
 * - `put` and `delete` are idempotent and retried inside; after they return, every reader sees it.
 * - `create` is a linearizable create-if-absent: among any number of concurrent callers for one
 *   absent key exactly one gets `created`. It is never retried inside: `unknown` means the
 *   outcome could not be learned and the caller must read the key back (rule P5).
 * - Nothing here is ever answered from a cache, and correctness never needs `list`.
 * - Errors are `REMOTE_UNAVAILABLE` (asked in vain, also after retries), `REMOTE_REFUSED`
 *   (answered with a no), `REMOTE_UNSUPPORTED`, `NO_SPACE` or `INTERRUPTED`, translated once, in the adapter,
 *   with a hint for the user and without any secret.
 */

/** The half-open byte range [start, end) of an object. */
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
  /** The key was there before; its bytes are unchanged. */
  | 'exists'
  /** Timeout, lost connection, 409 or 5xx: read the key to learn what happened. */
  | 'unknown'

export type RequestOptions = { readonly signal?: AbortSignal | undefined }

export interface Remote {
  /** The URL as the user wrote it, for messages; holds no credentials. */
  readonly url: string

  /**
   * Returns the object's bytes, or `undefined` if there is no such key.
   *
   * With a range, exactly that range or an error; a range beyond the end is an error.
   * Throws `REMOTE_REFUSED` with `details.forbidden: true` on a 403, which some stores answer
   * for a missing key when listing is not granted.
   */
  get(key: string, options?: RequestOptions & { readonly range?: ByteRange }): Promise<Uint8Array | undefined>

  /** Size of the object, or `undefined` if there is no such key. */
  head(key: string, options?: RequestOptions): Promise<RemoteObject | undefined>

  /** Writes the object, replacing what was there. */
  put(key: string, bytes: Uint8Array, options?: RequestOptions): Promise<void>

  /** Writes the object only if the key is absent. One attempt, no retry. */
  create(key: string, bytes: Uint8Array, options?: RequestOptions): Promise<CreateOutcome>

  /** Removes the object; absent is fine. */
  delete(key: string, options?: RequestOptions): Promise<void>

  /** Every object whose key starts with `prefix`, in key order. Fails rather than give a part. */
  list(prefix: string, options?: RequestOptions): AsyncIterable<RemoteObject>

  close(): Promise<void>
}
