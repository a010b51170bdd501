/**
 * What a write session found in the store and therefore did not write: it counts on it being there
 * when the session is published. A gc in between may have taken some of it.
 *
 * Objects are remembered with the pack they lay in, so that the check looks at packs, of which
 * there are few, and at single objects only where a pack has gone.
 */

import type { Digest } from '../core/digest.ts'
import { DigestSet } from '../core/digest-set.ts'

/** What is there at the moment of asking: in the store, or written by the session itself. */
export type Holdings = {
  readonly hasPack: (packId: string) => boolean
  readonly hasObject: (digest: Digest) => boolean
  readonly hasRecipe: (file: Digest) => boolean
  readonly hasLoose: (digest: Digest) => boolean
}

export class CountedObjects {
  readonly #objects = new DigestSet()
  /** For each object, by ordinal, the number of its pack in `#packIds`. */
  readonly #packOf: number[] = []
  readonly #packNumbers = new Map<string, number>()
  readonly #files = new DigestSet()
  readonly #loose = new DigestSet()
  /** Not there when they were looked for: someone else is to bring them. */
  readonly #absent = new DigestSet()

  /** An object that lies in a pack. */
  add(digest: Digest, packId: string): void {
    if (!this.#objects.add(digest)) return
    const number = this.#packNumbers.get(packId) ?? this.#packNumbers.size
    this.#packNumbers.set(packId, number)
    this.#packOf.push(number)
  }

  /** A file whose recipe is there; its nodes and chunks are added by themselves. */
  addFile(file: Digest): void {
    this.#files.add(file)
  }

  /** An object that is a loose file. */
  addLoose(digest: Digest): void {
    this.#loose.add(digest)
  }

  /** An object that is needed and was not there. */
  addAbsent(digest: Digest): void {
    this.#absent.add(digest)
  }

  get hasLoose(): boolean {
    return this.#loose.size > 0
  }

  /** The packs in which objects were found. */
  packIds(): Iterable<string> {
    return this.#packNumbers.keys()
  }

  /** What was counted on and is gone, each once. */
  missing(holdings: Holdings): Digest[] {
    const missing = new DigestSet()
    const gone = new Set<number>()
    for (const [packId, number] of this.#packNumbers) {
      if (!holdings.hasPack(packId)) gone.add(number)
    }
    if (gone.size > 0) this.#addGone(gone, holdings, missing)
    const lookUp = (asked: DigestSet, isThere: (digest: Digest) => boolean): void => {
      for (const digest of asked) if (!isThere(digest)) missing.add(digest)
    }
    lookUp(this.#files, (file) => holdings.hasRecipe(file))
    lookUp(this.#loose, (digest) => isAnywhere(holdings, digest))
    lookUp(this.#absent, (digest) => holdings.hasObject(digest))
    return [...missing]
  }

  #addGone(gone: ReadonlySet<number>, holdings: Holdings, missing: DigestSet): void {
    let ordinal = 0
    for (const digest of this.#objects) {
      const number = this.#packOf[ordinal] ?? 0
      if (gone.has(number) && !holdings.hasObject(digest)) missing.add(digest)
      ordinal += 1
    }
  }
}

function isAnywhere(holdings: Holdings, digest: Digest): boolean {
  return holdings.hasLoose(digest) || holdings.hasObject(digest) || holdings.hasRecipe(digest)
}
