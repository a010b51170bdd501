/** `search`: versions by artifact name, label, alias, tags and metadata. */

import { parseQuery } from '../core/query/parse.ts'
import type { StoreParts } from './parts.ts'
import type { VersionSummary } from './results.ts'
import { summariesOf } from './summary.ts'

/**
 * Versions that match, newest first unless the query orders them.
 *
 * @param query Such as `tags.stage = 'prod' and meta.f1 > 0.9`; empty: all versions.
 */
export function search(
  parts: StoreParts,
  query: string,
  options: { readonly type?: string | undefined } = {},
): VersionSummary[] {
  return summariesOf(parts, parts.catalog.searchVersions(parseQuery(query), options).rows)
}
