/** RemoteIndex over the `remote_object`, `remote_recipe` and `remote_locator` tables. */

import type { Digest } from '../core/digest.ts'
import { isPackKind } from '../core/pack/format.ts'
import { corrupt } from '../errors.ts'
import type { RemoteIndex, RemoteObjectRow, RemoteRecipeRow } from '../ports/remote-index.ts'
import { digestBlob, digestOfBlob, idBlob, idOfBlob } from './blobs.ts'
import type { Database } from './database.ts'
import { noRemote, type RemoteTable } from './remote-table.ts'

type ObjectRow = {
  readonly kind: number
  readonly pack: Buffer
  readonly offset: number
  readonly stored_bytes: number
  readonly size_bytes: number
  readonly compressed: number
  readonly locator_bytes: number
  readonly locator_compressed: number
}

export class SqliteRemoteIndex implements RemoteIndex {
  readonly #db: Database
  readonly #remotes: RemoteTable
  readonly #object
  readonly #recipe
  readonly #locator
  readonly #putObject
  readonly #putRecipe
  readonly #putLocator

  constructor(db: Database, remotes: RemoteTable) {
    this.#db = db
    this.#remotes = remotes
    // Asked once an object: the remote's key is found inside, not by a query of its own.
    const remote = '(SELECT key FROM remote WHERE repo_id = ?)'
    this.#object = db.query<ObjectRow>(
      `SELECT * FROM remote_object WHERE remote = ${remote} AND digest = ?`,
    )
    this.#recipe = db.query<{ recipe: Buffer; size_bytes: number }>(
      `SELECT recipe, size_bytes FROM remote_recipe WHERE remote = ${remote} AND file = ?`,
    )
    this.#locator = db.query<{ locator: Buffer }>(
      `SELECT locator FROM remote_locator WHERE remote = ${remote} AND node = ?`,
    )
    this.#putObject = db.query(
      `INSERT OR REPLACE INTO remote_object VALUES (@remote, @digest, @kind, @pack, @offset,
         @storedBytes, @sizeBytes, @isCompressed, @locatorBytes, @isLocatorCompressed)`,
    )
    this.#putRecipe = db.query('INSERT OR REPLACE INTO remote_recipe VALUES (?, ?, ?, ?)')
    this.#putLocator = db.query('INSERT OR REPLACE INTO remote_locator VALUES (?, ?, ?)')
  }

  find(repoId: string, digest: Digest): RemoteObjectRow | undefined {
    const row = this.#object.get(idBlob(repoId), digestBlob(digest))
    if (row === undefined) return undefined
    const { kind } = row
    if (!isPackKind(kind)) throw corrupt('the catalog', `object ${digest} has the kind ${kind}`)
    return {
      digest,
      kind,
      packId: idOfBlob(row.pack),
      offset: row.offset,
      storedBytes: row.stored_bytes,
      sizeBytes: row.size_bytes,
      isCompressed: row.compressed === 1,
      locatorBytes: row.locator_bytes,
      isLocatorCompressed: row.locator_compressed === 1,
    }
  }

  findRecipe(repoId: string, file: Digest): RemoteRecipeRow | undefined {
    const row = this.#recipe.get(idBlob(repoId), digestBlob(file))
    return row && { file, recipe: digestOfBlob(row.recipe), sizeBytes: row.size_bytes }
  }

  findLocator(repoId: string, node: Digest): Uint8Array | undefined {
    return this.#locator.get(idBlob(repoId), digestBlob(node))?.locator
  }

  put(repoId: string, rows: Iterable<RemoteObjectRow>, recipes: Iterable<RemoteRecipeRow>): void {
    const remote = this.#key(repoId)
    this.#db.transaction(() => {
      for (const row of rows) this.#putRow(remote, row)
      for (const { file, recipe, sizeBytes } of recipes) {
        this.#putRecipe.run(remote, digestBlob(file), digestBlob(recipe), sizeBytes)
      }
    })
  }

  putLocators(
    repoId: string,
    locators: Iterable<readonly [node: Digest, locator: Uint8Array]>,
  ): void {
    const remote = this.#key(repoId)
    this.#db.transaction(() => {
      for (const [node, locator] of locators) {
        this.#putLocator.run(remote, digestBlob(node), locator)
      }
    })
  }

  #putRow(remote: number, row: RemoteObjectRow): void {
    this.#putObject.run({
      remote,
      digest: digestBlob(row.digest),
      kind: row.kind,
      pack: idBlob(row.packId),
      offset: row.offset,
      storedBytes: row.storedBytes,
      sizeBytes: row.sizeBytes,
      isCompressed: Number(row.isCompressed),
      locatorBytes: row.locatorBytes,
      isLocatorCompressed: Number(row.isLocatorCompressed),
    })
  }

  #key(repoId: string): number {
    return this.#remotes.keyOf(repoId) ?? noRemote
  }
}
