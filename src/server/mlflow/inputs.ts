/** MLflow's endpoints for what runs read: data sets, described by the client. */

import { isId } from '../../core/ids.ts'
import type { DataSet } from '../../core/runs/data-set.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import type { DataSetInput } from '../../store/tracking/data-sets.ts'
import { type Endpoint, reading, requireActiveRun, writing } from './endpoint.ts'
import { checkDataSet, checkRunId } from './limits.ts'
import type { Message } from './message.ts'
import { invalidParameter, MlflowError } from './mlflow-error.ts'
import { pairsOf } from './pairs.ts'
import { experimentIdOfWire } from './wire.ts'

const experimentsMax = 20
const summariesMax = 1000

/** As what the run read it. */
const contextTag = 'mlflow.data.context'

async function logInputs(message: Message, tracking: Tracking): Promise<object> {
  const run = message.requiredText('run_id')
  const inputs = message.messages('datasets').map(inputOf)
  checkRunId(run)
  for (const { dataSet } of inputs) checkDataSet(dataSet)
  requireActiveRun(tracking, run)
  if (message.messages('models').length > 0) {
    throw new MlflowError('FEATURE_DISABLED', 'Models as inputs of runs are not kept yet.')
  }
  await tracking.dataSets.log(run, inputs)
  return {}
}

function inputOf(message: Message): DataSetInput {
  const tags = new Map(pairsOf(message, 'tags').map(({ key, value }) => [key, value]))
  const described = message.message('dataset')
  const text = (name: string): string => described?.text(name) ?? ''
  const dataSet = {
    name: text('name'),
    digest: text('digest'),
    sourceType: text('source_type'),
    source: text('source'),
    schema: text('schema'),
    profile: text('profile'),
    tags,
  }
  return { dataSet, role: tags.get(contextTag) || undefined }
}

async function searchDataSets(message: Message, tracking: Tracking): Promise<object> {
  const ids = message.texts('experiment_ids')
  if (ids.length === 0) {
    throw invalidParameter('SearchDatasets request must specify at least one experiment_id.')
  }
  if (ids.length > experimentsMax) {
    throw invalidParameter(
      `SearchDatasets request cannot specify more than ${experimentsMax} experiment_ids. ` +
        `Received ${ids.length} experiment_ids.`,
    )
  }
  const found = new Map<string, object>()
  for (const id of new Set(ids)) {
    // One that nobody knows has none: pages ask for many at once.
    for (const dataSet of await ofExperiment(tracking, id)) {
      const summary = summaryOf(id, dataSet)
      found.set(JSON.stringify(summary), summary)
    }
  }
  const summaries = [...found.values()].slice(0, summariesMax)
  return summaries.length > 0 ? { dataset_summaries: summaries } : {}
}

async function ofExperiment(tracking: Tracking, wireId: string): Promise<DataSet[]> {
  const id = experimentIdOfWire(wireId)
  return isId(id) ? tracking.dataSets.ofExperiment(id) : []
}

function summaryOf(experiment: string, { name, digest, tags }: DataSet): object {
  const context = tags.get(contextTag)
  return { experiment_id: experiment, name, digest, ...(context && { context }) }
}

export const inputEndpoints: readonly Endpoint[] = [
  writing('POST', 'runs/log-inputs', (message, { tracking }) => logInputs(message, tracking)),
  reading('POST', 'experiments/search-datasets', (message, { tracking }) =>
    searchDataSets(message, tracking),
  ),
]
