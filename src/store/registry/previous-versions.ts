/** The versions before a version. */

import { parseQuery } from '../../core/query/parse.ts'
import { parseReference } from '../../core/reference.ts'
import { pageLimit } from '../page-limit.ts'
import type { StoreParts } from '../parts.ts'
import { resolveAnyVersion } from '../resolve.ts'
import type { VersionSummary } from '../results.ts'
import { summariesOf } from '../summary.ts'
import type { PreviousVersionsRequest } from './requests.ts'

/** Versions of the same artifact that are older, newest first unless the query orders them. */
export function previousVersions(
  parts: Pick<StoreParts, 'catalog'>,
  reference: string,
  { query = '', count = 1 }: PreviousVersionsRequest = {},
): VersionSummary[] {
  const { id, artifact } = resolveAnyVersion(parts, parseReference(reference))
  const page = parts.catalog.searchVersions(parseQuery(query), {
    artifact,
    before: id,
    limit: count === 'all' ? undefined : pageLimit(count),
  })
  return summariesOf(parts, page.rows)
}
