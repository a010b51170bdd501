/** MLflow's endpoints for experiments. */

import type { TrackedExperiment } from '../../store/tracking/results.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { isMlstoreError } from '../../errors.ts'
import {
  type Endpoint,
  reading,
  requireActiveExperiment,
  requireExperiment,
  writing,
} from './endpoint.ts'
import { searchExperiments } from './experiment-search.ts'
import { checkExperimentName, checkExperimentTag } from './limits.ts'
import type { Message } from './message.ts'
import { doesNotExist, MlflowError } from './mlflow-error.ts'
import { pageOf, viewOf } from './paging.ts'
import { pairsOf } from './pairs.ts'
import { experimentWireId, wireExperiment } from './wire.ts'

const searchResultsMax = 50_000
const searchResultsDefault = 1000

async function create(message: Message, tracking: Tracking): Promise<object> {
  const name = message.requiredText('name')
  checkExperimentName(name)
  checkLocation(message.text('artifact_location'))
  const tags = pairsOf(message, 'tags')
  for (const tag of tags) checkExperimentTag(tag)
  const known = new Map(tags.map(({ key, value }) => [key, value]))
  const id = await tracking.createExperiment({ name, tags: known }).catch((error: unknown) => {
    throw named(error, name)
  })
  return { experiment_id: experimentWireId(id) }
}

/** Bytes of runs lie in the store: what a client names as another place is not kept silently. */
function checkLocation(location: string | undefined): void {
  if (location === undefined || location === '') return
  throw new MlflowError(
    'INVALID_PARAMETER_VALUE',
    'Invalid artifact_location: files of runs lie in the store, and a push brings them to its remote.',
  )
}

function named(error: unknown, name: string): unknown {
  if (!isMlstoreError(error, 'LABEL_TAKEN')) return error
  return new MlflowError('RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.`)
}

function byName(message: Message, tracking: Tracking): object {
  const name = message.requiredText('experiment_name')
  const experiment = tracking.experimentByName(name)
  if (experiment === undefined) {
    throw doesNotExist(`Could not find experiment with name '${name}'`)
  }
  return { experiment: wireExperiment(experiment) }
}

async function remove(message: Message, tracking: Tracking): Promise<object> {
  const experiment = requireView(message, tracking, false)
  await tracking.removeExperiment(experiment.id)
  return {}
}

async function restore(message: Message, tracking: Tracking): Promise<object> {
  const experiment = requireView(message, tracking, true)
  await tracking.restoreExperiment(experiment.id)
  return {}
}

/** One that is removed already cannot be found to be removed, and the other way round. */
function requireView(message: Message, tracking: Tracking, removed: boolean): TrackedExperiment {
  const id = message.requiredText('experiment_id')
  const experiment = requireExperiment(tracking, id)
  if (experiment.removed !== removed) throw doesNotExist(`No Experiment with id=${id} exists`)
  return experiment
}

async function rename(message: Message, tracking: Tracking): Promise<object> {
  const id = message.requiredText('experiment_id')
  const name = message.requiredText('new_name')
  checkExperimentName(name)
  const experiment = requireExperiment(tracking, id)
  if (experiment.removed) {
    throw new MlflowError('INVALID_STATE', 'Cannot rename a non-active experiment.')
  }
  await tracking.renameExperiment(experiment.id, name).catch((error: unknown) => {
    throw named(error, name)
  })
  return {}
}

function search(message: Message, tracking: Tracking): object {
  const view = viewOf(message, 'view_type')
  const ofView = tracking
    .experiments()
    .filter(({ removed }) => view === 'all' || removed === (view === 'removed'))
  const filter = message.text('filter') ?? ''
  const found = searchExperiments(ofView, { filter, orderBy: message.texts('order_by') })
  const limits = { most: searchResultsMax, usual: searchResultsDefault }
  const { items, next } = pageOf(message, found, limits)
  return {
    ...(items.length > 0 && { experiments: items.map(wireExperiment) }),
    ...(next !== undefined && { next_page_token: next }),
  }
}

async function setTag(message: Message, tracking: Tracking): Promise<object> {
  const id = message.requiredText('experiment_id')
  const key = message.requiredText('key')
  const value = message.text('value') ?? ''
  checkExperimentTag({ key, value })
  const experiment = requireActiveExperiment(tracking, id)
  await tracking.tagExperiment(experiment.id, key, value)
  return {}
}

async function deleteTag(message: Message, tracking: Tracking): Promise<object> {
  const id = message.requiredText('experiment_id')
  const key = message.requiredText('key')
  const experiment = requireActiveExperiment(tracking, id)
  if (!experiment.tags.has(key)) {
    throw doesNotExist(`No tag with name: ${key} in experiment with id ${id}`)
  }
  await tracking.tagExperiment(experiment.id, key, null)
  return {}
}

export const experimentEndpoints: readonly Endpoint[] = [
  writing('POST', 'experiments/create', (message, { tracking }) => create(message, tracking)),
  reading('GET', 'experiments/get', (message, { tracking }) => ({
    experiment: wireExperiment(requireExperiment(tracking, message.requiredText('experiment_id'))),
  })),
  reading('GET', 'experiments/get-by-name', (message, { tracking }) => byName(message, tracking)),
  reading('GET', 'experiments/search', (message, { tracking }) => search(message, tracking)),
  reading('POST', 'experiments/search', (message, { tracking }) => search(message, tracking)),
  writing('POST', 'experiments/update', (message, { tracking }) => rename(message, tracking)),
  writing('POST', 'experiments/delete', (message, { tracking }) => remove(message, tracking)),
  writing('POST', 'experiments/restore', (message, { tracking }) => restore(message, tracking)),
  writing('POST', 'experiments/set-experiment-tag', (message, { tracking }) =>
    setTag(message, tracking),
  ),
  writing('POST', 'experiments/delete-experiment-tag', (message, { tracking }) =>
    deleteTag(message, tracking),
  ),
]
