/** Removing runs, and taking that back. */

import type { EventFields } from '../../core/events/event.ts'
import { appendEvents } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'
import { resolveRun } from './resolve-run.ts'
import type { RunSummary } from './results.ts'
import { runSummary } from './run-summaries.ts'

/** Removes runs by tombstones; one that is removed already stays so. */
export async function removeRuns(
  parts: StoreParts,
  which: readonly string[],
  { reason }: { readonly reason?: string | undefined } = {},
): Promise<RunSummary[]> {
  const runs = idsOf(parts, which)
  await appendEvents(parts, () =>
    runs
      .filter((run) => parts.catalog.runs.removals(run).length === 0)
      .map((run): EventFields => ({
        type: 'run.remove',
        run,
        ...(reason === undefined ? {} : { reason }),
      })),
  )
  return runs.map((run) => runSummary(parts, run))
}

/**
 * Takes the removal of runs back; one that is not removed stays as it is. A run of a removed
 * experiment comes back with the experiment.
 */
export async function restoreRuns(
  parts: StoreParts,
  which: readonly string[],
): Promise<RunSummary[]> {
  const runs = idsOf(parts, which)
  await appendEvents(parts, () =>
    runs.flatMap((run) =>
      parts.catalog.runs
        .removals(run)
        .map((over): EventFields => ({ type: 'run.restore', run, over })),
    ),
  )
  return runs.map((run) => runSummary(parts, run))
}

function idsOf(parts: StoreParts, which: readonly string[]): string[] {
  return [...new Set(which.map((text) => resolveRun(parts, text).id))]
}
