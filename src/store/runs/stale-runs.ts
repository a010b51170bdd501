/** Runs that say they go on, while the process that they belonged to is gone. */

import type { JsonObject } from '../../core/canonical-json.ts'
import type { RunRow } from '../../catalog/runs/run-table.ts'
import type { StoreParts } from '../parts.ts'

type StaleParts = Pick<StoreParts, 'catalog' | 'identity' | 'machine'>

/**
 * Ids of those among the runs that are stale.
 *
 * Only processes of this computer can be asked for: a run of another one is taken at its word, and
 * so is one that names no process, as it may be logged into by many.
 */
export function staleRuns(parts: StaleParts, rows: readonly RunRow[]): ReadonlySet<string> {
  const running = rows.filter(({ status }) => status === 'RUNNING').map(({ id }) => id)
  if (running.length === 0) return new Set()
  const processes = [...parts.catalog.runs.processesOf(running)]
  return new Set(processes.filter(([, process]) => isGone(parts, process)).map(([id]) => id))
}

function isGone({ identity, machine }: StaleParts, { host, pid, started }: JsonObject): boolean {
  if (host !== identity.host || typeof pid !== 'number') return false
  const startTime = machine.startTime(pid)
  if (startTime === undefined) return true
  // 0: the system does not tell. Else another start means another process with the same number.
  return startTime !== 0 && typeof started === 'number' && started !== 0 && started !== startTime
}
