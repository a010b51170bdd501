/** From what a user calls a run to the run that is meant. */

import type { RunRow } from '../../catalog/runs/run-table.ts'
import { MlstoreError, notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'

/** What a message lists at most. */
const listedMax = 10

/** Newest runs that are looked at for one that was perhaps meant, and how many are named. */
const nearLookedAt = 500
const nearNamed = 5

/** What a name or an id must share with the text to be perhaps meant. */
const nearStart = 3

type CatalogParts = Pick<StoreParts, 'catalog'>

/**
 * The run with this id, or whose id alone begins so (8 hex digits or more), or else the one run
 * of this name. Removed ones can be named by id. `run:` may stand before it.
 *
 * @throws {MlstoreError} `NOT_FOUND`, with runs that were perhaps meant; `AMBIGUOUS_REFERENCE`,
 * listing the runs that are meant.
 */
export function resolveRun({ catalog }: CatalogParts, reference: string): RunRow {
  const text = reference.replace(/^run:/, '')
  const found = isIdPrefix(text.toLowerCase()) ? catalog.runs.find(text.toLowerCase()) : []
  const byId = found.flatMap((id) => catalog.runs.get(id) ?? [])
  const rows = byId.length > 0 ? byId : catalog.runs.named(text)
  const [row, ...others] = rows
  if (row === undefined) throw noRun({ catalog }, text)
  if (others.length === 0) return row
  const list = rows.slice(0, listedMax).map(runTitle)
  throw new MlstoreError(
    'AMBIGUOUS_REFERENCE',
    `${JSON.stringify(text)} may be several runs: ${list.join(', ')}.`,
    { hint: 'Name one by more of its id.', details: { runs: rows.map(({ id }) => id) } },
  )
}

function noRun(parts: CatalogParts, text: string): MlstoreError {
  const near = similarRuns(parts, text)
  return notFound(
    `There is no run ${JSON.stringify(text)} here.`,
    near.length > 0
      ? `There is: ${near.map(runTitle).join(', ')}.`
      : '`mlstore run list` lists them; `mlstore fetch` learns those of a remote.',
  )
}

function similarRuns({ catalog }: CatalogParts, text: string): RunRow[] {
  const start = text.slice(0, nearStart).toLowerCase()
  if (start.length < nearStart) return []
  return catalog.runs
    .list({ limit: nearLookedAt })
    .filter(({ id, name }) => id.startsWith(start) || name.toLowerCase().includes(start))
    .slice(0, nearNamed)
}

/** `3f9a1c0417b2 (digits/brave-otter)` */
function runTitle({ id, name, experimentName }: RunRow): string {
  return `${id.slice(0, 12)} (${experimentName}/${name})`
}

function isIdPrefix(text: string): boolean {
  return /^[0-9a-f]{8,32}$/.test(text)
}
