/**
 * What a download has to fetch: chunks and small files, each once, by where they lie.
 *
 * Compact where places are known, which is nearly always.
 */

import type { Digest } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import { type LocatorEntry, locatorForm } from '../../core/pack/locator.ts'
import { LocatedObjects } from './located-objects.ts'
import type { Placed, Wanted } from './object-fetcher.ts'
import type { ObjectFinder } from './object-finder.ts'
import { locatorEntryOf } from './remote-pack.ts'

const kind = packKind.blob

export class WantedContent {
  readonly #finder: ObjectFinder
  readonly #located = new LocatedObjects()
  readonly #unlocated = new Map<Digest, Wanted>()

  constructor(finder: ObjectFinder) {
    this.#finder = finder
  }

  get size(): number {
    return this.#located.size + this.#unlocated.size
  }

  has(digest: Digest): boolean {
    return this.#located.has(digest) || this.#unlocated.has(digest)
  }

  /** Adds an object that is not here. */
  add(digest: Digest, sizeBytes: number, hint: LocatorEntry | undefined): void {
    if (this.has(digest)) return
    const location = this.#finder.locate(digest, hint)
    if (location === undefined) this.#unlocated.set(digest, { digest, kind, hint: undefined })
    else this.#located.put({ ...location, digest, kind, sizeBytes })
  }

  /** Pack after pack, by offset. */
  *located(): Generator<Placed<Wanted>> {
    for (const row of this.#located.byPlace()) {
      const { digest, sizeBytes } = row
      const location = locatorEntryOf(row, locatorForm.chunk)
      yield { digest, kind, hint: undefined, location, sizeBytes }
    }
  }

  unlocated(): readonly Wanted[] {
    return [...this.#unlocated.values()]
  }
}
