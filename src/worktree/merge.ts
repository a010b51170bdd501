/**
 * Reads several sorted lists of paths side by side: the join under every comparison of folders.
 *
 * Lists come in batches, so that a step of the join is a plain call and only a new batch is
 * awaited; none is ever held as a whole.
 */

import { comparePaths } from '../core/tree/name-order.ts'
import { corrupt } from '../errors.ts'

/** A sorted list in pieces. Empty pieces are fine. */
export type Batches<T> = Iterable<readonly T[]> | AsyncIterable<readonly T[]>

type Placed = { readonly path: string }

/** What each list has at a path; at least one has something. */
export type Joined<D, P, T> = {
  readonly path: string
  readonly disk: D | undefined
  readonly previous: P | undefined
  readonly target: T | undefined
}

export type JoinedLists<D, P, T> = {
  readonly disk: Batches<D>
  readonly previous: Batches<P>
  readonly target: Batches<T>
}

const joinedPerBatch = 1024

/**
 * Joins three lists by path, in the order of `comparePaths`.
 *
 * @throws {MlstoreError} `CORRUPT` if a list is not strictly sorted.
 */
export async function* joinByPath<D extends Placed, P extends Placed, T extends Placed>(
  lists: JoinedLists<D, P, T>,
): AsyncGenerator<Joined<D, P, T>[], void, undefined> {
  await using disk = new Cursor(lists.disk, 'the working tree')
  await using previous = new Cursor(lists.previous, 'the tree written last')
  await using target = new Cursor(lists.target, 'the tree to be written')
  let batch: Joined<D, P, T>[] = []
  for (;;) {
    if (disk.isDry) await disk.refill()
    if (previous.isDry) await previous.refill()
    if (target.isDry) await target.refill()
    const path = leastOf(leastOf(disk.path, previous.path), target.path)
    if (path === undefined) break
    batch.push({
      path,
      disk: disk.take(path),
      previous: previous.take(path),
      target: target.take(path),
    })
    if (batch.length < joinedPerBatch) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function leastOf(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined) return b
  if (b === undefined) return a
  return comparePaths(a, b) <= 0 ? a : b
}

class Cursor<T extends Placed> implements AsyncDisposable {
  readonly #source: Iterator<readonly T[]> | AsyncIterator<readonly T[]>
  readonly #title: string
  #batch: readonly T[] = []
  #next = 0
  #ended = false
  #last: string | undefined

  constructor(batches: Batches<T>, title: string) {
    this.#source =
      Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]()
    this.#title = title
  }

  /** Whether a batch must be awaited before `path` can be asked. */
  get isDry(): boolean {
    return !this.#ended && this.#next >= this.#batch.length
  }

  /** The next path; `undefined` at the end. */
  get path(): string | undefined {
    return this.#batch[this.#next]?.path
  }

  async refill(): Promise<void> {
    while (this.isDry) {
      const result = await this.#source.next()
      this.#ended = result.done === true
      this.#batch = result.done === true ? [] : result.value
      this.#next = 0
    }
  }

  /** Takes the next item if it is at this path. */
  take(path: string): T | undefined {
    const item = this.#batch[this.#next]
    if (item?.path !== path) return undefined
    if (this.#last !== undefined && comparePaths(this.#last, path) >= 0) {
      throw corrupt(
        this.#title,
        `${JSON.stringify(path)} comes after ${JSON.stringify(this.#last)}`,
      )
    }
    this.#last = path
    this.#next += 1
    return item
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.return?.()
  }
}
