/** The `version_meta` table: metadata flattened to paths and single values, for search. */

import {
  isJsonArray,
  isJsonObject,
  type UserObject,
  type UserValue,
} from '../core/canonical-json.ts'
import type { Database } from './database.ts'

/** One value of the metadata: `{"a":{"b":[1,2]}}` has two, both at `a`, `b`. */
export type MetaValue = {
  /** The keys that lead to it. */
  readonly path: readonly string[]
  readonly value: null | boolean | number | string
}

export class VersionMetaTable {
  readonly #insert

  constructor(db: Database) {
    this.#insert = db.query(
      'INSERT INTO version_meta (path, version, ordinal, kind, value) VALUES (?, ?, ?, ?, ?)',
    )
  }

  insert(version: number, meta: UserObject): void {
    for (const [ordinal, { path, value }] of [...flattenMeta(meta)].entries()) {
      const stored = typeof value === 'boolean' ? Number(value) : value
      this.#insert.run(metaPathText(path), version, ordinal, kindOf(value), stored)
    }
  }
}

/** Every single value; empty objects and arrays have none. */
export function* flattenMeta(value: UserValue, path: readonly string[] = []): Generator<MetaValue> {
  if (isJsonArray(value)) {
    for (const item of value) yield* flattenMeta(item, path)
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      yield* flattenMeta(member, [...path, key])
    }
  } else yield { path, value }
}

/** How `version_meta.path` spells a path: no key can be mistaken for two. */
export function metaPathText(path: readonly string[]): string {
  return JSON.stringify(path)
}

function kindOf(value: MetaValue['value']): string {
  if (value === null) return 'null'
  return typeof value === 'string' ? 'text' : typeof value
}
