/** Reading JSON that this store wrote itself, after a checksum said that nothing changed it. */

import { corrupt } from '../../errors.ts'
import type { JsonValue } from '../canonical-json.ts'

/**
 * Parses without asking whether the text is canonical, which would take longer than the rest.
 *
 * @throws {MlstoreError} `CORRUPT`
 */
export function parseKnownJson(text: string, where: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch (error) {
    throw corrupt(where, 'it is not JSON', error)
  }
}
