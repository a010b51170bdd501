/** Which files and chunks of a version are here already; asked for every one of them. */

import { chunkSizeBytesMin } from '../../core/chunking/parameters.ts'
import type { Digest } from '../../core/digest.ts'
import type { StoreParts } from '../parts.ts'
import type { NamedFile } from './known-objects.ts'

export class LocalFiles {
  readonly #parts: Pick<StoreParts, 'objects' | 'catalog'>
  /** Most stores have no loose files, and looking for each costs a system call. */
  readonly #hasLoose: boolean
  /** In a new store nothing is looked for, until the first of it has come. */
  #hasPacks = false
  #isUntouched = true

  constructor(parts: Pick<StoreParts, 'objects' | 'catalog' | 'fs' | 'layout'>) {
    this.#parts = parts
    this.#hasLoose = parts.fs.lstat(parts.layout.objects) !== undefined
    this.lookForPacks()
  }

  /** To be called when something was published. */
  lookForPacks(): void {
    for (const _ of this.#parts.catalog.objects.packs()) this.#hasPacks = true
  }

  /** Nothing that was asked for was here. */
  get isUntouched(): boolean {
    return this.#isUntouched
  }

  has(file: NamedFile): boolean {
    const isHere = this.#find(file)
    if (isHere) this.#isUntouched = false
    return isHere
  }

  hasChunk(digest: Digest): boolean {
    const isHere = this.#hasPacks && this.#parts.catalog.objects.find(digest) !== undefined
    if (isHere) this.#isUntouched = false
    return isHere
  }

  #find({ digest, size }: NamedFile): boolean {
    const { objects, catalog } = this.#parts
    if (this.#hasPacks && catalog.objects.find(digest) !== undefined) return true
    const mayHaveRecipe = this.#hasPacks && size > chunkSizeBytesMin
    if (mayHaveRecipe && catalog.objects.findRecipe(digest) !== undefined) return true
    return this.#hasLoose && objects.loose.statOf(digest) !== undefined
  }
}
