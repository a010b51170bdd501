/** `search --kind runs` and `run list`: runs that match, a page at a time. */

import { parseQuery } from '../../core/query/parse.ts'
import { pageLimit } from '../page-limit.ts'
import type { StoreParts } from '../parts.ts'
import type { ListRunsRequest } from './requests.ts'
import { resolveExperiment } from './resolve-experiment.ts'
import type { RunPage } from './results.ts'
import { runSummaries } from './run-summaries.ts'

/** Runs of a page, where the caller says nothing. */
const limitDefault = 100

/**
 * Runs that match, newest first unless the query orders them.
 *
 * A page that follows another goes on where that one ended, also if runs were started meanwhile.
 */
export function searchRuns(
  parts: Pick<StoreParts, 'catalog' | 'identity' | 'machine'>,
  request: ListRunsRequest = {},
): RunPage {
  const { query = '', experiments = [], view = 'active', pageToken } = request
  const ids = experiments.map((text) => resolveExperiment(parts, text, view).id)
  const page = parts.catalog.searchRuns(parseQuery(query), {
    ...(ids.length > 0 && { experiments: ids }),
    view,
    limit: pageLimit(request.limit) ?? limitDefault,
    after: pageToken,
  })
  return { runs: runSummaries(parts, page.rows), nextPageToken: page.next }
}
