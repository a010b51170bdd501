/** Experiments: the names that runs are gathered under. */

import assert from 'node:assert/strict'

import type { EventFields } from '../../core/events/event.ts'
import { parseKey } from '../../core/names.ts'
import { invalidArgument, type MlstoreError } from '../../errors.ts'
import { appendEvents } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'
import type { ListExperimentsRequest } from './requests.ts'
import { resolveExperiment } from './resolve-experiment.ts'
import type { ExperimentListing } from './results.ts'

type CatalogParts = Pick<StoreParts, 'catalog'>

/** Experiments by name. */
export function listExperiments(
  { catalog }: CatalogParts,
  { view = 'active' }: ListExperimentsRequest = {},
): ExperimentListing[] {
  return catalog.experiments.all(view).map(({ id, name, runs, createdAt, lastRunAt, removed }) => ({
    experiment: id,
    name,
    runs,
    createdAt,
    lastRunAt,
    removed,
  }))
}

/** Makes an experiment. @throws {MlstoreError} `INVALID_ARGUMENT` if there is one of that name. */
export async function createExperiment(
  parts: StoreParts,
  name: string,
): Promise<ExperimentListing> {
  const experiment = parts.ids.id()
  await appendEvents(parts, () => {
    if (parts.catalog.experiments.byName(name) !== undefined) throw nameTaken(name)
    return [creation(parts, experiment, name)]
  })
  return listing(parts, experiment)
}

/** @param which Its name or id. */
export async function renameExperiment(
  parts: StoreParts,
  which: string,
  name: string,
): Promise<ExperimentListing> {
  parseKey('experiment', name)
  const { id } = resolveExperiment(parts, which)
  await appendEvents(parts, () => {
    const named = parts.catalog.experiments.byName(name)
    if (named !== undefined && named.id !== parts.catalog.experiments.get(id)?.id) {
      throw nameTaken(name)
    }
    const members = parts.catalog.experiments.members(id)
    return members.map((experiment) => ({ type: 'experiment.rename', experiment, name }))
  })
  return listing(parts, id)
}

/** Removes an experiment with its runs, until it is restored. */
export async function removeExperiment(
  parts: StoreParts,
  which: string,
  { reason }: { readonly reason?: string | undefined } = {},
): Promise<ExperimentListing> {
  const { id } = resolveExperiment(parts, which)
  await appendEvents(parts, () =>
    parts.catalog.experiments.members(id).map((experiment) => ({
      type: 'experiment.remove',
      experiment,
      ...(reason === undefined ? {} : { reason }),
    })),
  )
  return listing(parts, id)
}

/** Takes the removal of an experiment back. */
export async function restoreExperiment(
  parts: StoreParts,
  which: string,
): Promise<ExperimentListing> {
  const { id } = resolveExperiment(parts, which, 'removed')
  await appendEvents(parts, () =>
    parts.catalog.experiments
      .removals(id)
      .map(({ experiment, event }) => ({ type: 'experiment.restore', experiment, over: event })),
  )
  return listing(parts, id)
}

/** The id of the experiment, and the event that makes it if there is none of the name. */
export function ensureExperiment(
  parts: StoreParts,
  name: string,
): { readonly id: string; readonly events: EventFields[] } {
  const known = parts.catalog.experiments.byName(name)
  if (known !== undefined) return { id: known.id, events: [] }
  const id = parts.ids.id()
  return { id, events: [creation(parts, id, name)] }
}

/** A removed experiment of the name is to be restored, not doubled. */
function creation({ catalog }: CatalogParts, experiment: string, name: string): EventFields {
  parseKey('experiment', name)
  if (catalog.experiments.byName(name, 'removed') !== undefined) {
    throw invalidArgument(
      `Experiment ${JSON.stringify(name)} was removed.`,
      `\`mlstore experiment restore ${name}\` takes that back; or choose another name.`,
    )
  }
  return { type: 'experiment.create', experiment, name }
}

function listing({ catalog }: CatalogParts, id: string): ExperimentListing {
  const canonical = catalog.experiments.get(id)?.id
  const found = listExperiments({ catalog }, { view: 'all' }).find(
    ({ experiment }) => experiment === canonical,
  )
  assert(found !== undefined, 'what was appended is in the catalog')
  return found
}

function nameTaken(name: string): MlstoreError {
  return invalidArgument(
    `There is an experiment ${JSON.stringify(name)} already.`,
    'Choose another name.',
  )
}
