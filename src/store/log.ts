/** `log`: the versions of an artifact. */

import { parseReference } from '../core/reference.ts'
import type { StoreParts } from './parts.ts'
import { resolveReference } from './resolve.ts'
import type { VersionSummary } from './results.ts'
import { summariesOf } from './summary.ts'

/**
 * Versions of an artifact, newest first; with `@X`, from that version on.
 *
 * @param options.limit Default: all.
 */
export function log(
  parts: StoreParts,
  text: string,
  { limit }: { readonly limit?: number | undefined } = {},
): VersionSummary[] {
  const reference = parseReference(text)
  const from = resolveReference(parts, reference).id
  return summariesOf(parts, parts.catalog.versions.list(reference.artifact, { from, limit }))
}
