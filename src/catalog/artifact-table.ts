/** The `artifact` table: names as integer keys, and what `ls` shows without counting. */

import { type ArtifactName, parseArtifactName } from '../core/names.ts'
import type { Database } from './database.ts'

type ArtifactRow = {
  readonly key: number
  readonly name: string
  readonly versions: number
  readonly size_bytes: number
}

export type ArtifactSummary = {
  readonly artifact: ArtifactName
  /** Versions that are not removed. */
  readonly versions: number
  /** Bytes of all of them, counted as if nothing were shared. */
  readonly sizeBytes: number
}

export class ArtifactTable {
  readonly #select
  readonly #insert
  readonly #count
  readonly #list
  readonly #listOfType
  readonly #named

  constructor(db: Database) {
    this.#select = db.query<{ key: number }>('SELECT key FROM artifact WHERE name = ?')
    this.#insert = db.query('INSERT INTO artifact (name) VALUES (?)')
    this.#count = db.query(
      'UPDATE artifact SET versions = versions + ?, size_bytes = size_bytes + ? WHERE key = ?',
    )
    this.#list = db.query<ArtifactRow>(
      `SELECT * FROM artifact WHERE versions > 0 AND NOT (name >= 'run/' AND name < 'run0')
       ORDER BY name`,
    )
    this.#listOfType = db.query<ArtifactRow>(
      `SELECT * FROM artifact WHERE versions > 0 AND name >= @type || '/' AND name < @type || '0'
       ORDER BY name`,
    )
    this.#named = db.query<ArtifactRow>(
      `SELECT artifact.* FROM json_each(?) AS wanted
       CROSS JOIN artifact ON artifact.name = wanted.value ORDER BY wanted.key`,
    )
  }

  /** The artifact's key; `undefined` if nothing was ever said about it. */
  keyOf(artifact: string): number | undefined {
    return this.#select.get(artifact)?.key
  }

  /** The artifact's key, made if there is none. */
  ensure(artifact: ArtifactName): number {
    return this.keyOf(artifact) ?? this.#insert.insert(artifact)
  }

  /** Adds to the counts; negative numbers take away. */
  count(key: number, versions: number, sizeBytes: number): void {
    this.#count.run(versions, sizeBytes, key)
  }

  /**
   * Artifacts with versions that are not removed, by name.
   *
   * @param type Only those of this type: the first segment of the name. Default: all but the files
   *   of runs, of the type `run`: there may be thousands, and runs are listed as runs.
   */
  list(type?: string): ArtifactSummary[] {
    const rows = type === undefined ? this.#list.all() : this.#listOfType.all({ type })
    return rows.map(summaryOf)
  }

  /** Those with these names that are known, in the order of the names. */
  named(names: readonly ArtifactName[]): ArtifactSummary[] {
    return this.#named.all(JSON.stringify(names)).map(summaryOf)
  }
}

function summaryOf({ name, versions, size_bytes }: ArtifactRow): ArtifactSummary {
  return { artifact: parseArtifactName(name), versions, sizeBytes: size_bytes }
}
