/**
 * A remote in memory: the contract in its shortest form, for tests and simulations.
 *
 * Every operation takes effect in one synchronous step, so it is linearizable; it still answers
 * asynchronously, so that callers interleave as they would over a network. Several remotes may
 * share one `MemoryObjects`, as several machines share a bucket.
 */

import { throwIfAborted } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  CreateOutcome,
  GetOptions,
  ListOptions,
  Remote,
  RemoteObject,
  RequestOptions,
} from '../ports/remote.ts'
import { checkKey, checkRange, checkRangeInside } from './keys.ts'

export type MemoryObject = { readonly bytes: Uint8Array; readonly modifiedAt: Date }

/** What the memory remotes that share it hold. Tests may read and damage it. */
export type MemoryObjects = Map<string, MemoryObject>

export class MemoryRemote implements Remote {
  readonly url: string
  readonly #objects: MemoryObjects
  readonly #clock: Clock

  constructor(clock: Clock, objects: MemoryObjects = new Map(), url = 'memory:') {
    this.url = url
    this.#objects = objects
    this.#clock = clock
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkKey(key)
    checkRange(options.range)
    await this.#turn(options)
    const object = this.#objects.get(key)
    if (object === undefined) return undefined
    if (options.range === undefined) return copyOf(object.bytes)
    checkRangeInside(`${this.url}${key}`, options.range, object.bytes.length)
    return copyOf(object.bytes.subarray(options.range.start, options.range.end))
  }

  async head(key: string, options: RequestOptions = {}): Promise<RemoteObject | undefined> {
    checkKey(key)
    await this.#turn(options)
    const object = this.#objects.get(key)
    return object && describe(key, object)
  }

  async put(key: string, bytes: Uint8Array, options: RequestOptions = {}): Promise<void> {
    checkKey(key)
    await this.#turn(options)
    this.#store(key, bytes)
  }

  async create(
    key: string,
    bytes: Uint8Array,
    options: RequestOptions = {},
  ): Promise<CreateOutcome> {
    checkKey(key)
    await this.#turn(options)
    if (this.#objects.has(key)) return 'exists'
    this.#store(key, bytes)
    return 'created'
  }

  async delete(key: string, options: RequestOptions = {}): Promise<void> {
    checkKey(key)
    await this.#turn(options)
    this.#objects.delete(key)
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<RemoteObject> {
    await this.#turn(options)
    const after = options.after ?? ''
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > after)
    for (const key of keys.sort()) {
      throwIfAborted(options.signal)
      const object = this.#objects.get(key)
      if (object !== undefined) yield describe(key, object)
    }
  }

  async close(): Promise<void> {
    await Promise.resolve()
  }

  #store(key: string, bytes: Uint8Array): void {
    this.#objects.set(key, { bytes: copyOf(bytes), modifiedAt: this.#clock.now() })
  }

  /** Lets others go first, as a network would. */
  async #turn(options: RequestOptions): Promise<void> {
    throwIfAborted(options.signal)
    await Promise.resolve()
  }
}

function describe(key: string, object: MemoryObject): RemoteObject {
  return { key, sizeBytes: object.bytes.length, modifiedAt: object.modifiedAt }
}

/** Not `slice`, which on a Buffer is a view of the same memory. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
