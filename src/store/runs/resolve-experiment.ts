/** From what a user calls an experiment to the experiment that is meant. */

import type { ExperimentRow, View } from '../../catalog/runs/experiment-table.ts'
import { MlstoreError, notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'

/** What a message lists at most. */
const listedMax = 10

/**
 * The experiment of this name, or else the one whose id begins so (8 hex digits or more).
 *
 * @param view `active` leaves removed ones out; otherwise they are found too, after the others.
 * @throws {MlstoreError} `NOT_FOUND`; `AMBIGUOUS_REFERENCE`, listing those that are meant.
 */
export function resolveExperiment(
  { catalog: { experiments } }: Pick<StoreParts, 'catalog'>,
  text: string,
  view: View = 'active',
): ExperimentRow {
  const named =
    experiments.byName(text) ??
    (view === 'active' ? undefined : experiments.byName(text, 'removed'))
  if (named !== undefined) return named
  const prefix = text.toLowerCase()
  const ids = /^[0-9a-f]{8,32}$/.test(prefix) ? experiments.find(prefix) : []
  const byId = new Map(ids.flatMap((id) => experiments.get(id) ?? []).map((row) => [row.id, row]))
  const [row, ...others] = byId.values()
  if (row === undefined)
    throw noExperiment(
      experiments.all(view).map(({ name }) => name),
      text,
    )
  if (others.length === 0) return row
  const list = [row, ...others].map(({ id, name }) => `${id.slice(0, 12)} (${name})`)
  throw new MlstoreError(
    'AMBIGUOUS_REFERENCE',
    `${JSON.stringify(text)} may be several experiments: ${list.join(', ')}.`,
    { hint: 'Name one by more of its id.', details: { experiments: [...byId.keys()] } },
  )
}

function noExperiment(names: readonly string[], text: string): MlstoreError {
  return notFound(
    `There is no experiment ${JSON.stringify(text)} here.`,
    names.length > 0
      ? `There is: ${names.slice(0, listedMax).join(', ')}.`
      : '`mlstore run start --experiment NAME` makes one; `mlstore fetch` learns those of a remote.',
  )
}
