/**
 * Fetching objects of a version: from where hints say they are, and where those fail from where
 * the indexes of the packs say.
 */

import type { Digest } from '../../core/digest.ts'
import { packEncoding, type PackKind } from '../../core/pack/format.ts'
import type { LocatorEntry } from '../../core/pack/locator.ts'
import { MlstoreError } from '../../errors.ts'
import type { RemoteObjectRow } from '../../ports/remote-index.ts'
import type { ObjectFinder } from './object-finder.ts'
import { readRemoteObjects, type ReadRound, type RemoteObjectBytes } from './remote-objects.ts'
import { type PlacedReader, type PlacedRound, readPlacedObjects } from './placed-objects.ts'

export type Wanted = {
  readonly digest: Digest
  readonly kind: PackKind
  readonly hint: LocatorEntry | undefined
}

export type Located<Item> = Item & { readonly location: LocatorEntry }

/** One whose length is known, too. */
export type Placed<Item> = Located<Item> & { readonly sizeBytes: number }

export type Fetched<Item extends Wanted> = RemoteObjectBytes<Located<Item>>

/** Objects whose bytes are valid until the round is released. */
export type FetchedRound<Item extends Wanted> = Pick<
  PlacedRound<Located<Item>>,
  'objects' | 'release'
>

export class ObjectFetcher {
  readonly finder: ObjectFinder
  readonly #reader: PlacedReader
  #receivedBytes = 0

  constructor(reader: PlacedReader, finder: ObjectFinder) {
    this.#reader = reader
    this.finder = finder
  }

  get url(): string {
    return this.#reader.remote.url
  }

  get signal(): AbortSignal | undefined {
    return this.#reader.signal
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /**
   * Fetches some objects, in an order of their own.
   *
   * @throws {MlstoreError} `OBJECT_MISSING` for the first that no place on the remote has.
   */
  async *fetch<Item extends Wanted>(wanted: readonly Item[]): AsyncGenerator<Fetched<Item>> {
    const stale: Item[] = []
    const located = wanted.flatMap((item) => this.#locate(item, stale))
    yield* this.#take(readRemoteObjects(this.#reader, located), stale)
    yield* this.#fetchAgain(stale)
  }

  /**
   * Fetches any number of objects whose places are known, in rounds that the caller releases.
   *
   * @param located Pack after pack, and by offset.
   * @param unlocated More, whose places are not known.
   */
  async *fetchPlaced<Item extends Wanted>(
    located: Iterable<Placed<Item>>,
    unlocated: readonly Item[],
  ): AsyncGenerator<FetchedRound<Item>> {
    const stale: Item[] = [...unlocated]
    for await (const round of readPlacedObjects(this.#reader, located)) {
      this.#learn(round, stale)
      yield round
    }
    for await (const object of this.#fetchAgain(stale)) {
      yield { objects: [object], release: () => undefined }
    }
  }

  /** Hints did not help: the indexes know, or nobody does. */
  async *#fetchAgain<Item extends Wanted>(wanted: readonly Item[]): AsyncGenerator<Fetched<Item>> {
    if (wanted.length === 0) return
    const isFound = ({ digest }: Item): boolean =>
      this.finder.locate(digest, undefined) !== undefined
    await this.finder.learnIndexes(() => wanted.every(isFound))
    const lost: Item[] = []
    const located = wanted.flatMap((item) => this.#locate({ ...item, hint: undefined }, lost))
    yield* this.#take(readRemoteObjects(this.#reader, located), lost)
    const [first] = lost
    if (first !== undefined) throw this.unreadable(first.digest)
  }

  #locate<Item extends Wanted>(item: Item, unlocated: Item[]): Located<Item>[] {
    const location = this.finder.locate(item.digest, item.hint)
    if (location !== undefined) return [{ ...item, location }]
    unlocated.push(item)
    return []
  }

  async *#take<Item extends Wanted>(
    rounds: AsyncIterable<ReadRound<Located<Item>>>,
    stale: Item[],
  ): AsyncGenerator<Fetched<Item>> {
    for await (const round of rounds) {
      this.#learn(round, stale)
      yield* round.objects
    }
  }

  #learn<Item extends Wanted>(round: ReadRound<Located<Item>>, stale: Item[]): void {
    this.#receivedBytes += round.receivedBytes
    stale.push(...round.stale)
    for (const object of round.objects) this.finder.learn(rowOf(object), object.locator)
  }

  /** What to say when an object is nowhere on the remote, or damaged everywhere. */
  unreadable(digest: Digest): MlstoreError {
    return new MlstoreError(
      'OBJECT_MISSING',
      `${this.url}: object ${digest} cannot be read there.`,
      {
        hint: 'Run `mlstore fsck --remote NAME` on it; another remote may hold a good copy.',
        details: { digest },
      },
    )
  }
}

function rowOf<Item extends Wanted>({ item, bytes, encoding }: Fetched<Item>): RemoteObjectRow {
  const { digest, kind, location } = item
  const { packId, offset, storedBytes, locatorBytes, isLocatorCompressed } = location
  return {
    digest,
    kind,
    packId,
    offset,
    storedBytes,
    sizeBytes: bytes.length,
    isCompressed: encoding === packEncoding.zstd,
    locatorBytes,
    isLocatorCompressed,
  }
}
