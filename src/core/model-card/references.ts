/** What a card says about other attributes of its model version, and whether these are there. */

import type { FieldTable } from './field.ts'
import { snakeCase } from './field-names.ts'
import type { FieldValues } from './read-fields.ts'

export type CardReference = {
  /** In its written spelling: `model_test_files.inputs`. */
  readonly field: string
  /** Path of an attribute, or of a namespace that holds some. */
  readonly path: string
}

/** Every field of the table that names another attribute, in the order of the table. */
export function referencesOf(table: FieldTable, values: FieldValues, at = ''): CardReference[] {
  return Object.entries(table).flatMap(([name, entry]) => {
    const value = values[name]
    const field = at + snakeCase(name)
    if (entry.kind === 'field') {
      return entry.isReference && typeof value === 'string' ? [{ field, path: value }] : []
    }
    return isObject(value) ? referencesOf(entry.fields, value, `${field}.`) : []
  })
}

/** Those that lead to no attribute, and to no namespace with one in it. */
export function missingReferences(
  references: readonly CardReference[],
  attributePaths: Iterable<string>,
): CardReference[] {
  const there = new Set<string>()
  for (const path of attributePaths) {
    there.add(path)
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      there.add(path.slice(0, end))
    }
  }
  return references.filter(({ path }) => !there.has(path))
}

function isObject(value: unknown): value is FieldValues {
  return typeof value === 'object' && value !== null
}
