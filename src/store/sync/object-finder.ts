/**
 * Finding objects on a remote: by the hint of a locator, by what was learned before, and where
 * both fail by the indexes of the packs that the version needs.
 *
 * What is learned on the way is kept for later: places for the next push, locators for the next
 * download that finds the nodes here.
 */

import type { Digest } from '../../core/digest.ts'
import {
  decodeLocator,
  encodeLocator,
  type LocatorEntry,
  locatorForm,
} from '../../core/pack/locator.ts'
import { isMlstoreError } from '../../errors.ts'
import type { RemoteObjectRow, RemoteRecipeRow } from '../../ports/remote-index.ts'
import type { StoreParts } from '../parts.ts'
import { learnPacks, type LearnRequest } from './learn-packs.ts'
import { locatorEntryOf } from './remote-pack.ts'

export type FinderRequest = LearnRequest & {
  /** Packs that hold what the version needs, oldest first. */
  readonly packs: readonly string[]
}

export type Locator = readonly (LocatorEntry | undefined)[]

export type FoundRecipe = {
  readonly digest: Digest
  readonly location: LocatorEntry | undefined
}

/** How much is kept in memory before it is written to the catalog. */
const locatorsPerPut = 512
const rowsPerPut = 8192

/** Indexes that are read before looking whether they were enough. */
const indexesPerLook = 16

export class ObjectFinder {
  readonly #parts: Pick<StoreParts, 'catalog'>
  readonly #request: FinderRequest
  readonly #isLivePack = new Map<string, boolean>()
  #locators: (readonly [Digest, Uint8Array])[] = []
  #rows: RemoteObjectRow[] = []
  #recipes: RemoteRecipeRow[] = []

  constructor(parts: Pick<StoreParts, 'catalog'>, request: FinderRequest) {
    this.#parts = parts
    this.#request = request
  }

  /** Where the object should be: the hint if there is a good one, else what was learned. */
  locate(digest: Digest, hint: LocatorEntry | undefined): LocatorEntry | undefined {
    if (hint !== undefined && hint.storedBytes > 0 && this.#isLive(hint.packId)) return hint
    const row = this.#parts.catalog.remoteObjects.find(this.#request.repoId, digest)
    if (row === undefined || !this.#isLive(row.packId)) return undefined
    return locatorEntryOf(row, locatorForm.chunk)
  }

  /** The root of a file's recipe, from its locator entry or from what was learned. */
  recipeOf(file: Digest, hint: LocatorEntry | undefined): FoundRecipe | undefined {
    if (hint?.recipe !== undefined) return { digest: hint.recipe, location: hint }
    const row = this.#parts.catalog.remoteObjects.findRecipe(this.#request.repoId, file)
    return row && { digest: row.recipe, location: undefined }
  }

  /** The locator of a node that is here, if it was read from this remote once. */
  locatorOf(node: Digest): Locator | undefined {
    const bytes = this.#parts.catalog.remoteObjects.findLocator(this.#request.repoId, node)
    try {
      return bytes && decodeLocator(bytes)
    } catch (error) {
      if (isMlstoreError(error, 'CORRUPT')) return undefined
      throw error
    }
  }

  /** Keeps where an object was read, and the locator of a node. */
  learn(row: RemoteObjectRow, locator: Locator | undefined): void {
    this.#rows.push(row)
    if (locator !== undefined) this.#locators.push([row.digest, encodeLocator(locator)])
    if (this.#rows.length >= rowsPerPut || this.#locators.length >= locatorsPerPut) this.flush()
  }

  /** Keeps which recipe makes a file; the file was proved. */
  learnRecipe(row: RemoteRecipeRow): void {
    this.#recipes.push(row)
  }

  /** Writes what was learned. */
  flush(): void {
    const { remoteObjects } = this.#parts.catalog
    const { repoId } = this.#request
    const rows = this.#rows.sort((a, b) => (a.digest < b.digest ? -1 : 1))
    const recipes = this.#recipes
    if (rows.length + recipes.length > 0) remoteObjects.put(repoId, rows, recipes)
    if (this.#locators.length > 0) remoteObjects.putLocators(repoId, this.#locators)
    this.#rows = []
    this.#recipes = []
    this.#locators = []
  }

  /** Reads indexes of the version's packs, newest first, until `isEnough` or there are no more. */
  async learnIndexes(isEnough: () => boolean): Promise<void> {
    const packs = this.#request.packs.toReversed()
    for (let from = 0; from < packs.length && !isEnough(); from += indexesPerLook) {
      await learnPacks(this.#parts, this.#request, packs.slice(from, from + indexesPerLook))
    }
  }

  /** Is asked for each object, so the answer is kept for as long as this download lasts. */
  #isLive(packId: string): boolean {
    const known = this.#isLivePack.get(packId)
    if (known !== undefined) return known
    const { remotePacks } = this.#parts.catalog
    const isLive = remotePacks.liveSeq(this.#request.repoId, packId) !== undefined
    this.#isLivePack.set(packId, isLive)
    return isLive
  }
}
