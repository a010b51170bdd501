/** From what a user calls a run to the run that is meant. */

import type { RunRow } from '../../catalog/runs/run-table.ts'
import { MlstoreError, notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'

/** What a message lists at most. */
const listedMax = 10

/**
 * The run with this id, or whose id alone begins so (8 hex digits or more), or else the one run
 * of this name. Removed ones can be named by id.
 *
 * @throws {MlstoreError} `NOT_FOUND`; `AMBIGUOUS_REFERENCE`, listing the runs that are meant.
 */
export function resolveRun({ catalog }: Pick<StoreParts, 'catalog'>, text: string): RunRow {
  const found = isIdPrefix(text.toLowerCase()) ? catalog.runs.find(text.toLowerCase()) : []
  const byId = found.flatMap((id) => catalog.runs.get(id) ?? [])
  const rows = byId.length > 0 ? byId : catalog.runs.named(text)
  const [row, ...others] = rows
  if (row === undefined) {
    throw notFound(
      `There is no run ${JSON.stringify(text)} here.`,
      '`mlstore run list` lists them; `mlstore fetch` learns those of a remote.',
    )
  }
  if (others.length === 0) return row
  const list = rows
    .slice(0, listedMax)
    .map(({ id, name, experimentName }) => `${id.slice(0, 12)} (${experimentName}/${name})`)
  throw new MlstoreError(
    'AMBIGUOUS_REFERENCE',
    `${JSON.stringify(text)} may be several runs: ${list.join(', ')}.`,
    { hint: 'Name one by more of its id.', details: { runs: rows.map(({ id }) => id) } },
  )
}

function isIdPrefix(text: string): boolean {
  return /^[0-9a-f]{8,32}$/.test(text)
}
