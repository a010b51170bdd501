/** `search`: versions and artifacts by name, label, alias, tags and metadata. */

import { parseQuery } from '../core/query/parse.ts'
import { pageLimit } from './page-limit.ts'
import type { StoreParts } from './parts.ts'
import type { SearchRequest } from './requests.ts'
import type { ArtifactPage, VersionPage, VersionSummary } from './results.ts'
import { summariesOf } from './summary.ts'

type SearchParts = Pick<StoreParts, 'catalog'>

/**
 * Versions that match, newest first unless the query orders them.
 *
 * @param query Such as `tags.stage = 'prod' and meta.f1 > 0.9`; empty: all versions.
 */
export function search(
  parts: SearchParts,
  query: string,
  options: Omit<SearchRequest, 'query'> = {},
): readonly VersionSummary[] {
  return searchVersions(parts, { ...options, query }).versions
}

/** A page of the versions that match, newest first unless the query orders them. */
export function searchVersions(parts: SearchParts, request: SearchRequest = {}): VersionPage {
  const page = parts.catalog.searchVersions(parseQuery(request.query ?? ''), options(request))
  return { versions: summariesOf(parts, page.rows), nextPageToken: page.next }
}

/** A page of the artifacts that match, by name unless the query orders them. */
export function searchArtifacts(parts: SearchParts, request: SearchRequest = {}): ArtifactPage {
  const { catalog } = parts
  const page = catalog.searchArtifacts(parseQuery(request.query ?? ''), options(request))
  const tags = catalog.tags.ofArtifacts(page.rows)
  const artifacts = catalog.versions
    .artifactsNamed(page.rows)
    .map(({ latestLabel, ...summary }) => ({
      ...summary,
      latest: latestLabel ?? null,
      tags: Object.fromEntries(tags.get(summary.artifact) ?? []),
    }))
  return { artifacts, nextPageToken: page.next }
}

function options({ type, limit, pageToken }: SearchRequest): {
  readonly type: string | undefined
  readonly limit: number | undefined
  readonly after: string | undefined
} {
  return { type, limit: pageLimit(limit), after: pageToken }
}
