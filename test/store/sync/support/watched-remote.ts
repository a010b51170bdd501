/**
 * A remote in memory that writes down what is asked of it and fails on command.
 *
 * A place stands for a bucket; every store that opens it gets a remote of its own on the same
 * objects. Requests under `probe/` are passed on unseen: they are not what these tests are about.
 */

import { MlstoreError } from '../../../../src/errors.ts'
import type { Clock } from '../../../../src/ports/clock.ts'
import type {
  CreateOutcome,
  GetOptions,
  ListOptions,
  Remote,
  RemoteObject,
  RequestOptions,
} from '../../../../src/ports/remote.ts'
import { type MemoryObjects, MemoryRemote } from '../../../../src/remotes/memory.ts'

export type Seen = {
  readonly operation: 'get' | 'head' | 'put' | 'create' | 'delete' | 'list'
  readonly key: string
  readonly sizeBytes: number
  /** Which of the requests seen so far, from 0. */
  readonly index: number
}

/** What happens to one request; nothing said: it is done and answered. */
export type Trouble =
  /** Nothing is done, and the asker gets this error. */
  | { readonly fail: Error }
  /** Everything is done, and the answer is lost: this error instead, or `unknown` for a create. */
  | { readonly lose: Error }
  /** A create that is not done before `late` is called. */
  | { readonly applyLate: true }
  /** A create that was done already: a proxy sent the same request twice. */
  | { readonly isRepeated: true }
  /** What is read is changed on its way. */
  | { readonly alter: (bytes: Uint8Array) => Uint8Array | undefined }

export type Hook = (seen: Seen) => Trouble | undefined | Promise<Trouble | undefined>

export class Place {
  readonly objects: MemoryObjects = new Map()
  readonly seen: Seen[] = []
  /** Asked before each request; may be replaced at any time. */
  hook: Hook = () => undefined
  /** A store that does not look at conditions: what is created replaces what was there. */
  ignoresConditions = false
  readonly #late: (() => void)[] = []

  /** Does now what `applyLate` put off. */
  late(): void {
    for (const apply of this.#late.splice(0)) apply()
  }

  putOff(apply: () => void): void {
    this.#late.push(apply)
  }

  /** The requests so far, such as `put pack/…`; ids are cut off. */
  get log(): string[] {
    return this.seen.map(({ operation, key }) => `${operation} ${familyOf(key)}`)
  }

  /** Forgets the requests so far. */
  clearLog(): void {
    this.seen.length = 0
  }

  keys(prefix = ''): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort()
  }

  bytes(key: string): Uint8Array {
    return this.objects.get(key)?.bytes ?? new Uint8Array()
  }

  /** Replaces an object behind everybody's back. */
  tamper(key: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const object = this.objects.get(key)
    if (object !== undefined) {
      this.objects.set(key, { ...object, bytes: change(Uint8Array.from(object.bytes)) })
    }
  }
}

/** `pack/ab/…` is `pack`, `index/…` `index`; log entries keep their number. */
export function familyOf(key: string): string {
  const [first = '', ...rest] = key.split('/')
  if (first === 'log') return `log/${Number(rest[0])}`
  return first === 'ckpt' && rest[0] === 'LATEST' ? key : first
}

export function unavailable(): MlstoreError {
  return new MlstoreError('REMOTE_UNAVAILABLE', 'The remote did not answer.')
}

export class WatchedRemote implements Remote {
  readonly url: string
  readonly #place: Place
  readonly #inner: MemoryRemote

  constructor(place: Place, clock: Clock, url: string) {
    this.url = url
    this.#place = place
    this.#inner = new MemoryRemote(clock, place.objects, url)
  }

  async get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    const { range } = options ?? {}
    const trouble = await this.#see('get', key, range === undefined ? 0 : range.end - range.start)
    const bytes = await this.#inner.get(key, options)
    if (trouble !== undefined && 'lose' in trouble) throw trouble.lose
    if (trouble === undefined || !('alter' in trouble) || bytes === undefined) return bytes
    return trouble.alter(bytes)
  }

  async head(key: string, options?: RequestOptions): Promise<RemoteObject | undefined> {
    await this.#see('head', key)
    return this.#inner.head(key, options)
  }

  async put(key: string, bytes: Uint8Array, options?: RequestOptions): Promise<void> {
    const trouble = await this.#see('put', key, bytes.length)
    await this.#inner.put(key, bytes, options)
    if (trouble !== undefined && 'lose' in trouble) throw trouble.lose
  }

  async create(key: string, bytes: Uint8Array, options?: RequestOptions): Promise<CreateOutcome> {
    const trouble = await this.#see('create', key, bytes.length)
    const copy = Uint8Array.from(bytes)
    if (trouble !== undefined && 'applyLate' in trouble) {
      this.#place.putOff(() => void this.#inner.create(key, copy))
      return 'unknown'
    }
    if (trouble !== undefined && 'isRepeated' in trouble) await this.#inner.create(key, copy)
    if (this.#place.ignoresConditions) {
      await this.#inner.put(key, bytes, options)
      return 'created'
    }
    const outcome = await this.#inner.create(key, bytes, options)
    return trouble !== undefined && 'lose' in trouble ? 'unknown' : outcome
  }

  async delete(key: string, options?: RequestOptions): Promise<void> {
    await this.#see('delete', key)
    return this.#inner.delete(key, options)
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<RemoteObject> {
    await this.#see('list', prefix)
    yield* this.#inner.list(prefix, options)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  async #see(
    operation: Seen['operation'],
    key: string,
    sizeBytes = 0,
  ): Promise<Trouble | undefined> {
    if (key.startsWith('probe/')) return undefined
    const seen = { operation, key, sizeBytes, index: this.#place.seen.length }
    this.#place.seen.push(seen)
    const trouble = await this.#place.hook(seen)
    if (trouble !== undefined && 'fail' in trouble) throw trouble.fail
    return trouble
  }
}
