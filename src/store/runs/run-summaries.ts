/** Runs as results show them: what lists need, with one look-up a table and not one a run. */

import assert from 'node:assert/strict'

import type { RunRow } from '../../catalog/runs/run-table.ts'
import type { StoreParts } from '../parts.ts'
import type { RunSummary } from './results.ts'
import { staleRuns } from './stale-runs.ts'

type SummaryParts = Pick<StoreParts, 'catalog' | 'identity' | 'machine'>

/** Summaries in the order of the rows. */
export function runSummaries(parts: SummaryParts, rows: readonly RunRow[]): RunSummary[] {
  const { catalog } = parts
  const ids = rows.map((row) => row.id)
  const params = catalog.params.ofRuns(ids)
  const metrics = catalog.metrics.ofRuns(ids)
  const tags = catalog.tags.ofRuns(ids)
  const stale = staleRuns(parts, rows)
  return rows.map((row) => ({
    run: row.id,
    name: row.name,
    experiment: row.experimentName,
    experimentId: row.experiment,
    status: row.status,
    stale: stale.has(row.id),
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    durationMs: durationOf(row),
    user: row.by,
    parent: row.parent,
    params: Object.fromEntries(params.get(row.id) ?? []),
    metrics: Object.fromEntries(
      Array.from(metrics.get(row.id) ?? [], ([key, { last }]) => [key, last]),
    ),
    tags: Object.fromEntries(tags.get(row.id) ?? []),
    removed: row.removed,
  }))
}

/** The run as the catalog has it, which was caught up. */
export function runSummary(parts: SummaryParts, id: string): RunSummary {
  const row = parts.catalog.runs.get(id)
  assert(row !== undefined, 'the run has started')
  const [summary] = runSummaries(parts, [row])
  assert(summary !== undefined, 'one row has one summary')
  return summary
}

/** Clocks may jump back: no run takes less than no time. */
function durationOf({ startedAt, endedAt }: RunRow): number | null {
  return endedAt === null ? null : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt))
}
