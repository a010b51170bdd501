/** Bringing the catalog up to date for a check, which goes on where a command would stop. */

import { isMlstoreError } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import { isDamagedDatabase } from './reindex.ts'

/**
 * Applies what is new, as far as it can be: damage in the journal, or settings that cannot be read,
 * are found again by the check, and named.
 *
 * @throws {MlstoreError} If the catalog is damaged, or of a newer mlstore.
 */
export function catchUpForCheck(parts: StoreParts): void {
  // Opened, and asked: whatever keeps that from working is the catalog's own.
  void parts.catalog.position
  try {
    parts.catchUp()
  } catch (error) {
    if (!isMlstoreError(error) || isDamagedDatabase(error)) throw error
  }
}
