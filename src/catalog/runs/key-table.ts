/**
 * The `run_key` table: names of params and metrics, which repeat in every run.
 *
 * While a batch of records is applied the keys are remembered, as twenty of them are looked up
 * for each run. No longer: after the transaction another process may number them anew.
 */

import type { Database } from '../database.ts'

export class KeyTable {
  readonly #select
  readonly #insert
  readonly #known = new Map<string, number>()

  constructor(db: Database) {
    this.#select = db.query<{ key: number }>('SELECT key FROM run_key WHERE name = ?')
    this.#insert = db.query('INSERT INTO run_key (name) VALUES (?)')
  }

  /** `undefined`: no param and no metric has the name. */
  keyOf(name: string): number | undefined {
    return this.#select.get(name)?.key
  }

  /** The key of a name, which gets one if need be; only while a batch is applied. */
  ensure(name: string): number {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const key = this.keyOf(name) ?? this.#insert.insert(name)
    this.#known.set(name, key)
    return key
  }

  /** A batch begins: what was remembered may be of a state that is gone. */
  forget(): void {
    this.#known.clear()
  }
}
