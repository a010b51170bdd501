/** The `meta` table: small notes that commands leave for later ones. Losing them costs only time. */

import type { Database } from './database.ts'

export class MetaTable {
  readonly #select
  readonly #upsert
  readonly #delete

  constructor(db: Database) {
    this.#select = db.query<{ value: string }>('SELECT value FROM meta WHERE name = ?')
    this.#upsert = db.query(
      `INSERT INTO meta (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    )
    this.#delete = db.query('DELETE FROM meta WHERE name = ?')
  }

  get(name: string): string | undefined {
    return this.#select.get(name)?.value
  }

  set(name: string, value: string): void {
    this.#upsert.run(name, value)
  }

  delete(name: string): void {
    this.#delete.run(name)
  }
}
