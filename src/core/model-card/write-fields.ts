/** Values of a table of fields as they are stored: JSON with the documented names, in their order. */

import type { JsonObject, JsonValue } from '../canonical-json.ts'
import type { FieldTable } from './field.ts'
import { snakeCase } from './field-names.ts'
import type { FieldValues } from './read-fields.ts'

/** Leaves out what is optional and not there, and what is secret. */
export function writeFields(table: FieldTable, values: FieldValues): JsonObject {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, entry]): [string, JsonValue][] => {
      const value = values[name]
      if (entry.kind === 'group') {
        return isObject(value) ? [[snakeCase(name), writeFields(entry.fields, value)]] : []
      }
      return !entry.isSecret && isWritten(value) ? [[snakeCase(name), value]] : []
    }),
  )
}

/** What a field gives is JSON, or there is nothing; secrets were left out. */
function isWritten(value: unknown): value is JsonValue {
  return value !== undefined
}

function isObject(value: unknown): value is FieldValues {
  return typeof value === 'object' && value !== null
}
