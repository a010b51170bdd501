/** Values on their way into a statement: never part of its text. */

import { invalidArgument } from '../../errors.ts'
import type { SqlValue } from '../database.ts'

/** Below what SQLite takes; a query with more was not written by a person. */
const parametersMax = 10_000

export class Parameters {
  readonly #values: Record<string, SqlValue>
  #count = 0

  /** @param fixed Values that the SQL names itself. */
  constructor(fixed: Readonly<Record<string, SqlValue>>) {
    this.#values = { ...fixed }
  }

  /** Adds a value and answers the text that stands for it. */
  add(value: SqlValue): string {
    this.#count += 1
    if (this.#count > parametersMax) throw invalidArgument('query: it has too many values')
    const name = `p${this.#count}`
    this.#values[name] = value
    return `@${name}`
  }

  /** All of them, by name. */
  get values(): Readonly<Record<string, SqlValue>> {
    return this.#values
  }
}
