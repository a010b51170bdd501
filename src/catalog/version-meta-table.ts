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

/** Each value repeats its path, so a record of a few kilobytes could else become gigabytes. */
const valuesMax = 4000
const pathCharactersMax = 500
const textCharactersMax = 4000

export class VersionMetaTable {
  readonly #insert

  constructor(db: Database) {
    this.#insert = db.query(
      'INSERT INTO version_meta (path, version, ordinal, kind, value) VALUES (?, ?, ?, ?, ?)',
    )
  }

  /** Takes what search can find: of metadata that is more like a file, only the beginning. */
  insert(version: number, meta: UserObject): void {
    let ordinal = 0
    for (const { path, value } of flattenMeta(meta)) {
      if (ordinal === valuesMax) return
      const text = metaPathText(path)
      const isLong = typeof value === 'string' && value.length > textCharactersMax
      if (isLong || text.length > pathCharactersMax) continue
      const stored = typeof value === 'boolean' ? Number(value) : value
      this.#insert.run(text, version, ordinal, kindOf(value), stored)
      ordinal += 1
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
