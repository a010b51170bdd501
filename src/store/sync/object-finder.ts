/**
 * Finding objects on a remote: by the hint of a locator, by what was learned before, and where
 * both fail by the indexes of the packs that the version needs.
 *
 * Indexes are read newest first and only once, and what they say is kept for later.
 */

import type { Digest } from '../../core/digest.ts'
import { readPackIndex } from '../../core/pack/footer-reader.ts'
import { encodeLocator, type LocatorEntry, locatorForm } from '../../core/pack/locator.ts'
import { packIndexKey } from '../../core/remote-layout.ts'
import type { RequestOptions } from '../../ports/remote.ts'
import type { Remote } from '../../ports/remote.ts'
import type { StoreParts } from '../parts.ts'
import { mapOrdered } from './map-ordered.ts'
import { rowsOfFooter } from './pack-rows.ts'
import { locatorEntryOf } from './remote-pack.ts'

export type FinderRequest = {
  readonly remote: Remote
  readonly repoId: string
  /** Packs that hold what the version needs, oldest first. */
  readonly packs: readonly string[]
  readonly concurrency: number
  readonly options: RequestOptions
}

/** How many locators are kept in memory before they are written to the catalog. */
const locatorsPerPut = 512

export class ObjectFinder {
  readonly #parts: StoreParts
  readonly #request: FinderRequest
  #locators: (readonly [Digest, Uint8Array])[] = []
  #hasLearned = false

  constructor(parts: StoreParts, request: FinderRequest) {
    this.#parts = parts
    this.#request = request
  }

  get repoId(): string {
    return this.#request.repoId
  }

  /** Where the object should be: the hint if there is one, else what was learned. */
  locate(digest: Digest, hint: LocatorEntry | undefined): LocatorEntry | undefined {
    if (hint !== undefined) return hint
    const row = this.#parts.catalog.remoteObjects.find(this.repoId, digest)
    if (row === undefined || !this.#isLive(row.packId)) return undefined
    return locatorEntryOf(row, locatorForm.chunk)
  }

  /** The root of a file's recipe, from its locator entry or from what was learned. */
  recipeOf(file: Digest, hint: LocatorEntry | undefined): FoundRecipe | undefined {
    if (hint?.recipe !== undefined) return { digest: hint.recipe, location: hint }
    const row = this.#parts.catalog.remoteObjects.findRecipe(this.repoId, file)
    return row && { digest: row.recipe, location: undefined }
  }

  /** Keeps the locator of a node that was read. */
  learnLocator(node: Digest, locator: readonly (LocatorEntry | undefined)[] | undefined): void {
    if (locator === undefined) return
    this.#locators.push([node, encodeLocator(locator)])
    if (this.#locators.length >= locatorsPerPut) this.flush()
  }

  /** Writes the locators that were kept. */
  flush(): void {
    if (this.#locators.length === 0) return
    this.#parts.catalog.remoteObjects.putLocators(this.repoId, this.#locators)
    this.#locators = []
  }

  /** Reads the indexes of every pack of the version. The second call does nothing. */
  async learnIndexes(): Promise<void> {
    if (this.#hasLearned) return
    this.#hasLearned = true
    const { remote, concurrency, options, packs } = this.#request
    const wanted = packs.toReversed().filter((packId) => this.#isLive(packId))
    const indexes = mapOrdered(wanted, concurrency, async (packId) => ({
      packId,
      bytes: await remote.get(packIndexKey(packId), options),
    }))
    for await (const { packId, bytes } of indexes) {
      if (bytes === undefined) continue
      const { rows, files } = rowsOfFooter(readPackIndex(bytes, packId))
      this.#parts.catalog.remoteObjects.put(this.repoId, rows, files)
    }
  }

  #isLive(packId: string): boolean {
    return this.#parts.catalog.remotePacks.liveSeq(this.repoId, packId) !== undefined
  }
}

export type FoundRecipe = {
  readonly digest: Digest
  readonly location: LocatorEntry | undefined
}
