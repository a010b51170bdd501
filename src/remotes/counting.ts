/**
 * Counts what is asked of a remote: the `requests` and `bytesSent` that commands print.
 *
 * Put beneath the retries it counts what goes over the wire, above them what was wanted. A
 * listing counts one request for each thousand objects begun, which is how S3 pages it.
 */

import type {
  CreateOutcome,
  GetOptions,
  ListOptions,
  PutOptions,
  Remote,
  RemoteObject,
  RequestOptions,
} from '../ports/remote.ts'

export type RequestKind = 'get' | 'head' | 'put' | 'create' | 'delete' | 'list'

export type RemoteStats = {
  readonly requests: number
  readonly byKind: Readonly<Record<RequestKind, number>>
  /** Bytes of the objects that were written, each time they were sent. */
  readonly bytesSent: number
  readonly bytesReceived: number
}

const objectsPerPage = 1000

export class CountingRemote implements Remote {
  readonly url: string
  readonly #inner: Remote
  readonly #byKind: Record<RequestKind, number> = {
    get: 0,
    head: 0,
    put: 0,
    create: 0,
    delete: 0,
    list: 0,
  }
  #bytesSent = 0
  #bytesReceived = 0

  constructor(inner: Remote) {
    this.url = inner.url
    this.#inner = inner
  }

  /** What was counted so far; a copy. */
  get stats(): RemoteStats {
    const byKind = { ...this.#byKind }
    const requests = Object.values(byKind).reduce((sum, count) => sum + count, 0)
    return { requests, byKind, bytesSent: this.#bytesSent, bytesReceived: this.#bytesReceived }
  }

  async get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    this.#byKind.get += 1
    const bytes = await this.#inner.get(key, options)
    this.#bytesReceived += bytes?.length ?? 0
    return bytes
  }

  head(key: string, options?: RequestOptions): Promise<RemoteObject | undefined> {
    this.#byKind.head += 1
    return this.#inner.head(key, options)
  }

  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<void> {
    this.#byKind.put += 1
    this.#bytesSent += bytes.length
    return this.#inner.put(key, bytes, options)
  }

  create(key: string, bytes: Uint8Array, options?: RequestOptions): Promise<CreateOutcome> {
    this.#byKind.create += 1
    this.#bytesSent += bytes.length
    return this.#inner.create(key, bytes, options)
  }

  delete(key: string, options?: RequestOptions): Promise<void> {
    this.#byKind.delete += 1
    return this.#inner.delete(key, options)
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<RemoteObject> {
    this.#byKind.list += 1
    let listed = 0
    for await (const object of this.#inner.list(prefix, options)) {
      if (listed > 0 && listed % objectsPerPage === 0) this.#byKind.list += 1
      listed += 1
      yield object
    }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}
