/**
 * ObjectIndex over the `pack`, `object` and `recipe` tables.
 *
 * The objects of a pack have consecutive keys in the order of their frames, so the pack's row says
 * which they are and no index by pack is needed. They are found by 48 bits of their digest.
 */

import type { Digest } from '../core/digest.ts'
import type {
  IndexedFile,
  IndexedObject,
  IndexedPack,
  ObjectIndex,
  ObjectLocation,
} from '../ports/object-index.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob } from './blobs.ts'
import type { Database } from './database.ts'

type ObjectRow = {
  readonly digest: Buffer
  readonly kind: number
  readonly encoding: number
  readonly offset: number
  readonly stored_bytes: number
  readonly size_bytes: number
}

type PackRow = {
  readonly key: number
  readonly id: Buffer
  readonly size_bytes: number
  readonly first_object: number
  readonly last_object: number
}

type RecipeRow = { readonly file: Buffer; readonly recipe: Buffer; readonly size_bytes: number }

export class SqliteObjectIndex implements ObjectIndex {
  readonly #db: Database
  readonly #find
  readonly #findRecipe
  readonly #selectPack
  readonly #packs
  readonly #objects
  readonly #files
  readonly #lastKey
  readonly #insertPack
  readonly #setLast
  readonly #insertObject
  readonly #insertRecipe
  readonly #deletePack
  readonly #deleteObjects
  readonly #deleteRecipes

  constructor(db: Database) {
    this.#db = db
    this.#find = db.query<ObjectRow & { readonly id: Buffer }>(
      `SELECT id, digest, kind, encoding, offset, stored_bytes, object.size_bytes
       FROM object JOIN pack ON pack.key = object.pack
       WHERE prefix = ? AND digest = ? ORDER BY object.key LIMIT 1`,
    )
    this.#findRecipe = db.query<RecipeRow>(
      'SELECT file, recipe, size_bytes FROM recipe WHERE file = ? ORDER BY pack LIMIT 1',
    )
    this.#selectPack = db.query<PackRow>('SELECT * FROM pack WHERE id = ?')
    this.#packs = db.query<PackRow>('SELECT * FROM pack ORDER BY key')
    this.#objects = db.query<ObjectRow>('SELECT * FROM object WHERE key BETWEEN ? AND ?')
    this.#files = db.query<RecipeRow>(
      'SELECT file, recipe, size_bytes FROM recipe WHERE pack = ? ORDER BY file',
    )
    this.#lastKey = db.query<{ key: number }>('SELECT coalesce(max(key), 0) AS key FROM object')
    this.#insertPack = db.query(
      'INSERT INTO pack (id, size_bytes, first_object, last_object) VALUES (?, ?, ?, ?)',
    )
    this.#setLast = db.query('UPDATE pack SET last_object = ? WHERE key = ?')
    this.#insertObject = db.query('INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#insertRecipe = db.query('INSERT OR IGNORE INTO recipe VALUES (?, ?, ?, ?)')
    this.#deletePack = db.query('DELETE FROM pack WHERE key = ?')
    this.#deleteObjects = db.query('DELETE FROM object WHERE key BETWEEN ? AND ?')
    this.#deleteRecipes = db.query('DELETE FROM recipe WHERE pack = ?')
  }

  find(digest: Digest): ObjectLocation | undefined {
    const blob = digestBlob(digest)
    const row = this.#find.get(prefixOf(blob), blob)
    return row && { packId: idOfBlob(row.id), ...placeOf(row) }
  }

  findRecipe(file: Digest): IndexedFile | undefined {
    const row = this.#findRecipe.get(digestBlob(file))
    return row && fileOf(row)
  }

  hasPack(packId: string): boolean {
    return this.#selectPack.get(idBlob(packId)) !== undefined
  }

  addPack(
    { id, sizeBytes }: IndexedPack,
    objects: Iterable<IndexedObject>,
    files: Iterable<IndexedFile>,
  ): void {
    this.#db.transaction(() => {
      if (this.hasPack(id)) return
      const first = (this.#lastKey.get()?.key ?? 0) + 1
      const pack = this.#insertPack.insert(idBlob(id), sizeBytes, first, first - 1)
      this.#setLast.run(this.#insertObjects(pack, first, objects), pack)
      for (const file of files) {
        const { file: digest, recipe, sizeBytes: length } = file
        this.#insertRecipe.run(digestBlob(digest), pack, digestBlob(recipe), length)
      }
    })
  }

  removePack(packId: string): void {
    this.#db.transaction(() => {
      const pack = this.#selectPack.get(idBlob(packId))
      if (pack === undefined) return
      this.#deleteObjects.run(pack.first_object, pack.last_object)
      this.#deleteRecipes.run(pack.key)
      this.#deletePack.run(pack.key)
    })
  }

  /** In the order they were added. The list is a snapshot, so packs may be removed meanwhile. */
  packs(): Iterable<IndexedPack> {
    return this.#packs.all().map((row) => ({ id: idOfBlob(row.id), sizeBytes: row.size_bytes }))
  }

  *objectsOf(packId: string): Generator<IndexedObject, void> {
    const pack = this.#selectPack.get(idBlob(packId))
    if (pack === undefined) return
    for (let first = pack.first_object; first <= pack.last_object; first += rowsPerRead) {
      const last = Math.min(first + rowsPerRead - 1, pack.last_object)
      for (const row of this.#objects.all(first, last)) {
        yield { digest: digestOfBlob(row.digest), ...placeOf(row) }
      }
    }
  }

  filesOf(packId: string): Iterable<IndexedFile> {
    const pack = this.#selectPack.get(idBlob(packId))
    return pack === undefined ? [] : this.#files.all(pack.key).map(fileOf)
  }

  /** Answers the key of the last object. */
  #insertObjects(pack: number, first: number, objects: Iterable<IndexedObject>): number {
    let key = first - 1
    for (const { digest, kind, encoding, offset, storedBytes, sizeBytes } of objects) {
      key += 1
      const blob = digestBlob(digest)
      const place = [kind, encoding, offset, storedBytes, sizeBytes]
      this.#insertObject.run(key, prefixOf(blob), blob, pack, ...place)
    }
    return key
  }
}

/** A pack's objects are read in parts, so that the caller may write between two of them. */
const rowsPerRead = 4096

/** The first 48 bits: as many as a number of JavaScript takes without a bigint. */
function prefixOf(digest: Buffer): number {
  return digest.readUIntBE(0, 6)
}

function placeOf(row: ObjectRow): Omit<IndexedObject, 'digest'> {
  const { kind, encoding, offset, stored_bytes: storedBytes, size_bytes: sizeBytes } = row
  return { kind, encoding, offset, storedBytes, sizeBytes }
}

function fileOf({ file, recipe, size_bytes }: RecipeRow): IndexedFile {
  return { file: digestOfBlob(file), recipe: digestOfBlob(recipe), sizeBytes: size_bytes }
}
