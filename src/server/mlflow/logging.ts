/** MLflow's endpoints that log into a run: params, metrics, tags. */

import { pythonRepr } from '../../core/python-text.ts'
import { isMlstoreError } from '../../errors.ts'
import type { LoggedValues, TrackedMetric } from '../../store/tracking/results.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { type Endpoint, requireActiveRun, writing } from './endpoint.ts'
import {
  checkBatch,
  checkedParam,
  checkedTag,
  checkMetric,
  checkRunId,
  checkUniqueKeys,
  type Pair,
} from './limits.ts'
import { type Message, missing } from './message.ts'
import { doesNotExist, invalidParameter } from './mlflow-error.ts'
import { pairsOf } from './pairs.ts'
import { safeTagValue } from './runs.ts'
import { runNameTag } from './wire.ts'

async function logMetric(message: Message, tracking: Tracking): Promise<object> {
  const run = message.requiredText('run_id', 'run_uuid')
  const metric = metricOf(message, message.requiredInteger('timestamp'))
  checkMetric(metric)
  await log(tracking, run, { metrics: [metric] })
  return {}
}

async function logParam(message: Message, tracking: Tracking): Promise<object> {
  const run = message.requiredText('run_id', 'run_uuid')
  const key = message.requiredText('key')
  const param = checkedParam({ key, value: message.text('value') ?? '' })
  await log(tracking, run, { params: mapOf([param]) })
  return {}
}

async function setTag(message: Message, tracking: Tracking): Promise<object> {
  const run = message.requiredText('run_id', 'run_uuid')
  const key = message.requiredText('key')
  const tag = checkedTag({ key, value: message.text('value') ?? '' })
  await log(tracking, run, { tags: tagMap([tag]) })
  return {}
}

async function deleteTag(message: Message, tracking: Tracking): Promise<object> {
  const id = message.requiredText('run_id')
  const key = message.requiredText('key')
  const run = requireActiveRun(tracking, id)
  if (!run.tags.has(key)) throw doesNotExist(`No tag with name: ${key} in run with id ${id}`)
  await tracking.log(id, { tags: new Map([[key, null]]) })
  return {}
}

async function logBatch(message: Message, tracking: Tracking): Promise<object> {
  const run = message.requiredText('run_id')
  checkRunId(run)
  const given = message.messages('metrics')
  requireFields('metrics', given, ['key', 'value', 'timestamp'])
  requireFields('params', message.messages('params'), ['key'])
  requireFields('tags', message.messages('tags'), ['key'])
  const metrics = given.map((each) => metricOf(each, each.requiredInteger('timestamp')))
  for (const [i, metric] of metrics.entries()) checkMetric(metric, `metrics[${i}].`)
  const params = pairsOf(message, 'params').map((each, i) => checkedParam(each, `params[${i}].`))
  const tags = pairsOf(message, 'tags').map((each, i) => checkedTag(each, `tags[${i}].`))
  checkBatch(metrics.length, params.length, tags.length)
  checkUniqueKeys(params)
  await log(tracking, run, { metrics, params: mapOf(params), tags: tagMap(tags) }, changedInBatch)
  return {}
}

function requireFields(
  list: string,
  messages: readonly Message[],
  fields: readonly string[],
): void {
  for (const [i, each] of messages.entries()) {
    const field = fields.find((name) => !each.has(name) || each.isEmptyText(name))
    if (field !== undefined) throw missing(`${list}[${i}].${field}`)
  }
}

function metricOf(message: Message, timeMs: number): TrackedMetric {
  const key = message.requiredText('key')
  const value = message.requiredNumber('value')
  return { key, value, timeMs, step: message.integer('step') ?? 0 }
}

/** A run's name is one of its tags as well. */
async function log(
  tracking: Tracking,
  id: string,
  values: LoggedValues,
  changed = changedAlone,
): Promise<void> {
  requireActiveRun(tracking, id)
  await tracking.log(id, values).catch((error: unknown) => {
    throw paramError(error, id, changed)
  })
  const name = values.tags?.get(runNameTag)
  if (typeof name === 'string' && name !== '') await tracking.changeRun(id, { name })
}

type ChangedParam = { readonly key: string; readonly was: string; readonly now: string }

function paramError(error: unknown, run: string, changed: typeof changedAlone): unknown {
  if (!isMlstoreError(error, 'INVALID_ARGUMENT')) return error
  const { key, was, now } = error.details ?? {}
  if (typeof key !== 'string' || typeof was !== 'string' || typeof now !== 'string') return error
  const what = changed({ key, was, now }, run)
  return invalidParameter(`Changing param values is not allowed. ${what}`)
}

function changedAlone({ key, was, now }: ChangedParam, run: string): string {
  return (
    `Param with key='${key}' was already logged with value='${was}' for run ID='${run}'. ` +
    `Attempted logging new value '${now}'.`
  )
}

/** The first that changed: as nothing is logged, the others have not. */
function changedInBatch({ key, was, now }: ChangedParam, run: string): string {
  const list = pythonRepr([{ key, old_value: was, new_value: now }])
  return `Params were already logged='${list}' for run ID='${run}'.`
}

/** A run keeps its name when it is given none. */
function tagMap(tags: readonly Pair[]): Map<string, string> {
  return mapOf(tags.filter(({ key, value }) => key !== runNameTag || value !== ''))
}

function mapOf(pairs: readonly Pair[]): Map<string, string> {
  return new Map(pairs.map(({ key, value }) => [key, safeTagValue(key, value)]))
}

export const loggingEndpoints: readonly Endpoint[] = [
  writing('POST', 'runs/log-metric', (message, { tracking }) => logMetric(message, tracking)),
  writing('POST', 'runs/log-parameter', (message, { tracking }) => logParam(message, tracking)),
  writing('POST', 'runs/log-batch', (message, { tracking }) => logBatch(message, tracking)),
  writing('POST', 'runs/set-tag', (message, { tracking }) => setTag(message, tracking)),
  writing('POST', 'runs/delete-tag', (message, { tracking }) => deleteTag(message, tracking)),
]
