/** MLflow's endpoints for runs: their lives and what finds them. */

import { isId } from '../../core/ids.ts'
import { withoutCredentials } from '../../core/runs/redaction.ts'
import { isRunStatus, type RunStatus } from '../../core/runs/run-status.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import {
  type Endpoint,
  reading,
  requireActiveExperiment,
  requireActiveRun,
  requireRun,
  writing,
} from './endpoint.ts'
import { checkedTag } from './limits.ts'
import { invalidValue, type Message } from './message.ts'
import { invalidParameter } from './mlflow-error.ts'
import { maxResultsOf, viewOf } from './paging.ts'
import { pairsOf } from './pairs.ts'
import {
  defaultExperimentWireId,
  experimentIdOfWire,
  parentRunTag,
  runNameTag,
  wireRun,
  wireRunInfo,
  wireRuns,
} from './wire.ts'

const searchLimits = { most: 50_000, usual: 1000 }

const sourceTag = 'mlflow.source.name'

/** Git keeps the URL as it was cloned, and that may hold a token. */
const remoteUrlTag = 'mlflow.source.git.repoURL'

/** In the order of their numbers in the protocol. */
const statuses: readonly RunStatus[] = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']

async function create(message: Message, tracking: Tracking): Promise<object> {
  const wireId = message.text('experiment_id') || defaultExperimentWireId
  const experiment = requireActiveExperiment(tracking, wireId)
  const tags = tagsOf(message)
  const name = nameOf(message.text('run_name'), tags.get(runNameTag))
  const parent = tags.get(parentRunTag)
  const run = await tracking.startRun({
    experimentId: experiment.id,
    name,
    nameTag: runNameTag,
    startedAtMs: message.integer('start_time'),
    parent: parent !== undefined && isId(parent) ? parent : undefined,
    source: tags.get(sourceTag),
    tags,
  })
  return { run: wireRun(run) }
}

function nameOf(name: string | undefined, tag: string | undefined): string | undefined {
  if (name && tag && name !== tag) {
    throw invalidParameter(
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values " +
        `(run_name='${name}', mlflow.runName='${tag}').`,
    )
  }
  return name || tag || undefined
}

function tagsOf(message: Message): Map<string, string> {
  const checked = pairsOf(message, 'tags').map((tag, i) => checkedTag(tag, `tags[${i}].`))
  return new Map(checked.map((tag) => [tag.key, safeTagValue(tag.key, tag.value)]))
}

/** What is kept of a tag's value. */
export function safeTagValue(key: string, value: string): string {
  return key === remoteUrlTag ? withoutCredentials(value) : value
}

async function update(message: Message, tracking: Tracking): Promise<object> {
  const id = message.requiredText('run_id', 'run_uuid')
  requireActiveRun(tracking, id)
  const run = await tracking.changeRun(id, {
    status: statusOf(message),
    endedAtMs: message.integer('end_time'),
    name: message.text('run_name') || undefined,
    nameTag: runNameTag,
  })
  return { run_info: wireRunInfo(run) }
}

function statusOf(message: Message): RunStatus | undefined {
  const word = message.text('status')
  if (word === undefined) return undefined
  if (isRunStatus(word)) return word
  const status = statuses[Number(word) - 1]
  if (status === undefined) throw invalidValue('status', word)
  return status
}

async function remove(message: Message, tracking: Tracking): Promise<object> {
  const { id } = requireRun(tracking, message.requiredText('run_id'))
  await tracking.removeRun(id)
  return {}
}

async function restore(message: Message, tracking: Tracking): Promise<object> {
  const { id } = requireRun(tracking, message.requiredText('run_id'))
  await tracking.restoreRun(id)
  return {}
}

async function get(message: Message, tracking: Tracking): Promise<object> {
  const run = requireRun(tracking, message.requiredText('run_id', 'run_uuid'))
  const [wire] = await wireRuns(tracking, [run])
  return { run: wire }
}

async function search(message: Message, tracking: Tracking): Promise<object> {
  const experiments = message.texts('experiment_ids').map(experimentIdOfWire).filter(isId)
  // Of no experiment there are no runs.
  if (experiments.length === 0) return {}
  const order = message.texts('order_by')
  const orderBy = order.length === 0 ? '' : ` order by ${order.join(', ')}`
  const page = tracking.searchRuns({
    experiments,
    query: `${message.text('filter') ?? ''}${orderBy}`,
    view: viewOf(message, 'run_view_type'),
    limit: maxResultsOf(message, searchLimits),
    pageToken: message.text('page_token') || undefined,
  })
  return {
    ...(page.runs.length > 0 && { runs: await wireRuns(tracking, page.runs) }),
    ...(page.nextPageToken !== null && { next_page_token: page.nextPageToken }),
  }
}

export const runEndpoints: readonly Endpoint[] = [
  writing('POST', 'runs/create', (message, { tracking }) => create(message, tracking)),
  writing('POST', 'runs/update', (message, { tracking }) => update(message, tracking)),
  writing('POST', 'runs/delete', (message, { tracking }) => remove(message, tracking)),
  writing('POST', 'runs/restore', (message, { tracking }) => restore(message, tracking)),
  reading('GET', 'runs/get', (message, { tracking }) => get(message, tracking)),
  reading('POST', 'runs/search', (message, { tracking }) => search(message, tracking)),
]
