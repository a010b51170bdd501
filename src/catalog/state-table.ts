/** The `state` table: how far the journal was applied. */

import type { Database } from './database.ts'

/** A place between two records of the journal; files count from 1. */
export type JournalPosition = { readonly file: number; readonly offset: number }

export class StateTable {
  readonly #select
  readonly #upsert

  constructor(db: Database) {
    this.#select = db.query<{ value: number }>('SELECT value FROM state WHERE name = ?')
    this.#upsert = db.query(
      `INSERT INTO state (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    )
  }

  /** Everything before this place is applied; the journal's start if nothing is. */
  get position(): JournalPosition {
    return { file: this.#get('journal.file') ?? 1, offset: this.#get('journal.offset') ?? 0 }
  }

  setPosition({ file, offset }: JournalPosition): void {
    this.#upsert.run('journal.file', file)
    this.#upsert.run('journal.offset', offset)
  }

  #get(name: string): number | undefined {
    return this.#select.get(name)?.value
  }
}
