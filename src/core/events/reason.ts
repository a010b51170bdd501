/** Why somebody did it: what removals and moves of aliases may say. */

import type { Fields } from '../json-shape.ts'

/** Reads the field `reason`, for spreading into what else the event says. */
export function readReason(fields: Fields): { readonly reason?: string } {
  return fields.has('reason') ? { reason: fields.string('reason') } : {}
}
