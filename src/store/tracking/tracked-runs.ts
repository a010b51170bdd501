/** Runs and experiments as a tracking server shows them: every value with its step and time. */

import type { RunRow } from '../../catalog/runs/run-table.ts'
import type { ExperimentRow } from '../../catalog/runs/experiment-table.ts'
import type { StoreParts } from '../parts.ts'
import type { TrackedExperiment, TrackedRun } from './results.ts'

type CatalogParts = Pick<StoreParts, 'catalog'>

/** In the order of the rows, with one look-up a table and not one a run. */
export function trackedRuns({ catalog }: CatalogParts, rows: readonly RunRow[]): TrackedRun[] {
  const ids = rows.map(({ id }) => id)
  const params = catalog.params.ofRuns(ids)
  const metrics = catalog.metrics.ofRuns(ids)
  const tags = catalog.tags.ofRuns(ids)
  return rows.map((row) => ({
    id: row.id,
    experimentId: row.experiment,
    name: row.name,
    status: row.status,
    startedAtMs: Date.parse(row.startedAt),
    endedAtMs: row.endedAt === null ? null : Date.parse(row.endedAt),
    user: row.by,
    parent: row.parent,
    removed: row.removed,
    params: params.get(row.id) ?? new Map(),
    tags: tags.get(row.id) ?? new Map(),
    metrics: Array.from(metrics.get(row.id) ?? [], ([key, { last, lastStep, lastTime }]) => {
      return { key, value: last, step: lastStep, timeMs: lastTime }
    }),
  }))
}

export function trackedExperiment(
  { catalog }: CatalogParts,
  row: ExperimentRow,
): TrackedExperiment {
  const { id, name, createdAt, removed } = row
  const lastEventAt = catalog.experiments.lastEventAt(id) ?? createdAt
  return {
    id,
    name,
    createdAtMs: Date.parse(createdAt),
    updatedAtMs: Date.parse(lastEventAt),
    removed,
    tags: catalog.tags.of({ kind: 'experiment', experiment: id }),
  }
}
