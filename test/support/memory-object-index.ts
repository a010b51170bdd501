/** An ObjectIndex in memory, for tests that need no SQLite. */

import type { Digest } from '../../src/core/digest.ts'
import type {
  IndexedFile,
  IndexedObject,
  IndexedPack,
  ObjectIndex,
  ObjectLocation,
} from '../../src/ports/object-index.ts'

type PackRows = {
  readonly pack: IndexedPack
  readonly objects: readonly IndexedObject[]
  readonly files: readonly IndexedFile[]
}

export class MemoryObjectIndex implements ObjectIndex {
  readonly #packs = new Map<string, PackRows>()
  readonly #locations = new Map<Digest, ObjectLocation>()
  readonly #recipes = new Map<Digest, IndexedFile & { readonly packId: string }>()

  find(digest: Digest): ObjectLocation | undefined {
    return this.#locations.get(digest)
  }

  findRecipe(file: Digest): IndexedFile | undefined {
    const row = this.#recipes.get(file)
    return row && { file: row.file, recipe: row.recipe, sizeBytes: row.sizeBytes }
  }

  hasPack(packId: string): boolean {
    return this.#packs.has(packId)
  }

  addPack(pack: IndexedPack, objects: Iterable<IndexedObject>, files: Iterable<IndexedFile>): void {
    const rows = { pack, objects: [...objects], files: [...files] }
    this.#packs.set(pack.id, rows)
    this.#place(rows)
  }

  removePack(packId: string): void {
    if (!this.#packs.delete(packId)) return
    for (const [digest, { packId: place }] of this.#locations) {
      if (place === packId) this.#locations.delete(digest)
    }
    for (const [file, { packId: place }] of this.#recipes) {
      if (place === packId) this.#recipes.delete(file)
    }
    for (const rows of this.#packs.values()) this.#place(rows)
  }

  *packs(): Generator<IndexedPack, void> {
    for (const { pack } of this.#packs.values()) yield pack
  }

  *objectsOf(packId: string): Generator<IndexedObject, void> {
    yield* this.#packs.get(packId)?.objects ?? []
  }

  *filesOf(packId: string): Generator<IndexedFile, void> {
    yield* this.#packs.get(packId)?.files ?? []
  }

  /** Gives every object of the pack that has no place yet its place here. */
  #place({ pack, objects, files }: PackRows): void {
    for (const { digest, ...location } of objects) {
      if (!this.#locations.has(digest))
        this.#locations.set(digest, { packId: pack.id, ...location })
    }
    for (const file of files) {
      if (!this.#recipes.has(file.file)) this.#recipes.set(file.file, { ...file, packId: pack.id })
    }
  }
}
