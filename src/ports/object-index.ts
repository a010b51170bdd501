/**
 * ObjectIndex: where each object lies in the local packs.
 *
 * A view like the rest of the catalog: pack footers are the truth and rebuild it. Reads may run
 * at any time; writes only under the writer lock. Implemented over SQLite and in memory, both
 * held to test/contracts/object-index.ts.
 */

import type { Digest } from '../core/digest.ts'

export type ObjectLocation = {
  readonly packId: string
  /** Kind and encoding as docs/format.md numbers them. */
  readonly kind: number
  readonly encoding: number
  readonly offset: number
  readonly storedBytes: number
  readonly sizeBytes: number
}

/** One frame of a pack, as its footer names it. */
export type IndexedObject = Omit<ObjectLocation, 'packId'> & { readonly digest: Digest }

/** Which recipe makes which file. */
export type IndexedFile = {
  readonly file: Digest
  readonly recipe: Digest
  readonly sizeBytes: number
}

export type IndexedPack = { readonly id: string; readonly sizeBytes: number }

export interface ObjectIndex {
  find(digest: Digest): ObjectLocation | undefined
  /** The recipe of a file of several chunks; `undefined` for any other digest. */
  findRecipe(file: Digest): IndexedFile | undefined
  hasPack(packId: string): boolean
  /** Adds a pack and its contents in one transaction. An object that is indexed already keeps its place. */
  addPack(pack: IndexedPack, objects: Iterable<IndexedObject>, files: Iterable<IndexedFile>): void
  /** Forgets a pack and what only it held. */
  removePack(packId: string): void
  packs(): Iterable<IndexedPack>
  /** Objects of one pack in the order of their frames. */
  objectsOf(packId: string): Iterable<IndexedObject>
  filesOf(packId: string): Iterable<IndexedFile>
}
