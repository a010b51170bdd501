/**
 * Fields as SQL: what a query may ask about one kind of thing.
 *
 * A field may have several values (labels, aliases, lists in metadata): a test holds if some value
 * passes it, so without a value none does. Keys are bound, never spelled into the statement.
 */

import type { Field, Query } from '../../core/query/query.ts'
import type { OrderColumn } from './keyset.ts'
import type { Parameters } from './parameters.ts'
import type { Predicate, ValueKind } from './predicates.ts'

export type SearchField = {
  readonly kind: ValueKind
  /** SQL: some value passes; 0 or 1, never NULL. */
  some(predicate: Predicate): string
  /** SQL: there is a value. */
  readonly exists: string
  /** What to sort by: smallest first, and last what has no value, whatever the direction. */
  order(isDescending: boolean): readonly OrderColumn[]
  /** SQL that selects the `key` of all that pass, from an index; only where there is one. */
  candidates?(predicate: Predicate): string
}

/** What is searched: its fields, and the SQL of the name that a word alone is part of. */
export type Searchable = {
  readonly name: string
  /** @throws {MlstoreError} `INVALID_ARGUMENT`, at the field, if there is none of that name. */
  field(query: Query, field: Field, parameters: Parameters): SearchField
}

/** Sorts by the SQL of a value, NULL last. */
export function nullsLast(sql: string, isDescending: boolean): OrderColumn[] {
  return [
    { sql: `((${sql}) IS NULL)`, isDescending: false },
    { sql, isDescending },
  ]
}

/** A field that is one column, or SQL for one. */
export function columnField(kind: ValueKind, sql: string): SearchField {
  return {
    kind,
    some: (predicate) => `coalesce((${sql}) IS NOT NULL AND ${predicate(sql)}, 0)`,
    exists: `((${sql}) IS NOT NULL)`,
    order: (isDescending) => nullsLast(sql, isDescending),
  }
}

/** How a query may spell the name of an attribute: `attributes."Run Name"` is `run_name`. */
export function attributeName(name: string): string {
  return name.toLowerCase().replaceAll(' ', '_')
}
