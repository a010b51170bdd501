/** MLflow's endpoints for logged models, and what links runs to them. */

import type { LoggedModel } from '../../store/tracking/registry-results.ts'
import { filesOf } from './artifact-files.ts'
import { safePath } from './artifact-path.ts'
import { entriesOf } from './artifacts.ts'
import {
  type Endpoint,
  reading,
  requireActiveExperiment,
  requireActiveRun,
  requireLoggedModel,
  type Services,
  writing,
} from './endpoint.ts'
import { checkedTag } from './limits.ts'
import { type ListFields, searchList } from './list-search.ts'
import { invalidValue, type Message, missing } from './message.ts'
import { doesNotExist, invalidParameter } from './mlflow-error.ts'
import { pageOf } from './paging.ts'
import { pairsOf } from './pairs.ts'
import { experimentIdOfWire, experimentWireId, wirePairs } from './wire.ts'

const searchLimits = { most: 50_000, usual: 100 }

const historyTag = 'mlflow.log-model.history'

const statuses = { pending: 'PENDING', ready: 'READY', failed: 'UPLOAD_FAILED' } as const
const statusPrefix = 'LOGGED_MODEL_'

const fields: ListFields<LoggedModel> = {
  of: 'logged models',
  attributes: {
    name: ({ name }) => name,
    model_id: ({ id }) => `m-${id}`,
    model_type: ({ type }) => type,
    status: statusOf,
    source_run_id: ({ run }) => run,
    experiment_id: experimentOf,
    creation_timestamp: ({ createdAtMs }) => createdAtMs,
    creation_time: ({ createdAtMs }) => createdAtMs,
    last_updated_timestamp: ({ createdAtMs }) => createdAtMs,
  },
  tag: ({ tags }, key) => tags.get(key),
  param: ({ params }, key) => params.get(key),
}

async function create(message: Message, { tracking }: Services): Promise<object> {
  const { id: experimentId } = requireActiveExperiment(
    tracking,
    message.requiredText('experiment_id'),
  )
  const name = message.text('name')
  if (name !== undefined && (name === '' || /[/:.%"']/.test(name))) {
    throw invalidParameter(
      `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot ` +
        "contain the following characters: ('/', ':', '.', '%', '\"', \"'\")",
    )
  }
  const run = message.text('source_run_id') || undefined
  const model = await tracking.loggedModels.create({
    name,
    experimentId,
    run: run === undefined ? undefined : requireActiveRun(tracking, run).id,
    type: message.text('model_type') || undefined,
    params: new Map(pairsOf(message, 'params').map(({ key, value }) => [key, value])),
    tags: tagsOf(message),
  })
  return { model: wireLoggedModel(model) }
}

function tagsOf(message: Message): Map<string, string> {
  const tags = pairsOf(message, 'tags').map((tag, i) => checkedTag(tag, `tags[${i}].`))
  return new Map(tags.map(({ key, value }) => [key, value]))
}

async function finalize(message: Message, { tracking }: Services): Promise<object> {
  const { id } = modelOf(message, { tracking })
  const word = message.requiredText('status')
  const status = word.startsWith(statusPrefix) ? word.slice(statusPrefix.length) : word
  const isReady = status === statuses.ready || status === '2'
  const hasFailed = status === statuses.failed || status === '3'
  if (!isReady && !hasFailed) throw invalidValue('status', word)
  return { model: wireLoggedModel(await tracking.loggedModels.finalize(id, hasFailed)) }
}

async function remove(message: Message, { tracking }: Services): Promise<object> {
  await tracking.loggedModels.remove(modelOf(message, { tracking }).id)
  return {}
}

async function addParams(message: Message, { tracking }: Services): Promise<object> {
  const { id } = modelOf(message, { tracking })
  const params = pairsOf(message, 'params').map(({ key, value }) => [key, value] as const)
  await tracking.loggedModels.addParams(id, new Map(params))
  return {}
}

async function setTags(message: Message, { tracking }: Services): Promise<object> {
  await tracking.loggedModels.tag(modelOf(message, { tracking }).id, tagsOf(message))
  return {}
}

async function deleteTag(message: Message, { tracking }: Services): Promise<object> {
  const { id, tags } = modelOf(message, { tracking })
  const key = message.requiredText('tag_key')
  if (!tags.has(key)) throw doesNotExist(`No tag with key '${key}' found for model m-${id}.`)
  await tracking.loggedModels.tag(id, new Map([[key, null]]))
  return {}
}

function search(message: Message, { tracking }: Services): object {
  if (!message.has('experiment_ids')) throw missing('experiment_ids')
  const experiments = new Set(message.texts('experiment_ids').map(experimentIdOfWire))
  const ofThese = tracking.loggedModels
    .all()
    .filter(({ experimentId }) => experimentId !== undefined && experiments.has(experimentId))
  const orderBy = message.messages('order_by').map((each) => {
    const isAscending = each.boolean('ascending') ?? true
    return `${each.requiredText('field_name')} ${isAscending ? 'ASC' : 'DESC'}`
  })
  const filter = message.text('filter') ?? ''
  const found = searchList(ofThese, fields, { filter, orderBy })
  const { items, next } = pageOf(message, found, searchLimits)
  return {
    ...(items.length > 0 && { models: items.map(wireLoggedModel) }),
    ...(next !== undefined && { next_page_token: next }),
  }
}

/** Names in it are relative to the model. */
async function list(message: Message, { tracking }: Services): Promise<object> {
  const model = modelOf(message, { tracking })
  const folder = safePath(message.text('artifact_directory_path') ?? '')
  const files = await filesOf(tracking, { kind: 'model', model: model.id, path: folder })
  const start = folder === '' ? '' : `${folder}/`
  const entries = entriesOf(files, folder).map((each) => ({ ...each, path: start + each.path }))
  return { root_uri: uriOf(model), ...(entries.length > 0 && { files: entries }) }
}

/** A run says which models it made. */
async function addOutputs(message: Message, { tracking }: Services): Promise<object> {
  const run = requireActiveRun(tracking, message.requiredText('run_id'))
  const models = message
    .messages('models')
    .map((each) => requireLoggedModel(tracking, each.requiredText('model_id')))
  for (const { id } of models) await tracking.loggedModels.addOutput(id, run.id)
  return {}
}

/** Clients of MLflow 2 keep the models of a run in one of its tags. */
async function logModel(message: Message, { tracking }: Services): Promise<object> {
  const run = requireActiveRun(tracking, message.requiredText('run_id'))
  const model = parsed(message.requiredText('model_json'))
  if (typeof model !== 'object' || model === null) {
    throw invalidParameter('Malformed model info. model_json is no JSON object.')
  }
  const known = parsed(run.tags.get(historyTag) ?? '[]')
  const history = JSON.stringify([...(Array.isArray(known) ? known : []), model])
  await tracking.log(run.id, { tags: new Map([[historyTag, history]]) })
  return {}
}

/** `undefined`: it is no JSON. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

function modelOf(message: Message, { tracking }: Pick<Services, 'tracking'>): LoggedModel {
  return requireLoggedModel(tracking, message.requiredText('model_id'))
}

function wireLoggedModel(model: LoggedModel): object {
  const { id, name, createdAtMs, type, run } = model
  const tags = wirePairs(model.tags)
  const params = wirePairs(model.params)
  return {
    info: {
      model_id: `m-${id}`,
      experiment_id: experimentOf(model),
      name,
      creation_timestamp_ms: createdAtMs,
      last_updated_timestamp_ms: createdAtMs,
      artifact_uri: uriOf(model),
      status: statusPrefix + statusOf(model),
      model_type: type ?? '',
      source_run_id: run ?? '',
      ...(tags.length > 0 && { tags }),
    },
    data: params.length > 0 ? { params } : {},
  }
}

function statusOf({ draft }: LoggedModel): string {
  if (draft === undefined) return statuses.ready
  return draft.hasFailed === true ? statuses.failed : statuses.pending
}

function experimentOf({ experimentId }: LoggedModel): string {
  return experimentId === undefined ? '' : experimentWireId(experimentId)
}

function uriOf(model: LoggedModel): string {
  return `mlflow-artifacts:/${experimentOf(model) || '0'}/models/m-${model.id}/artifacts`
}

export const loggedModelEndpoints: readonly Endpoint[] = [
  writing('POST', 'logged-models', create),
  reading('POST', 'logged-models/search', search),
  reading('GET', 'logged-models/:model_id', (message, services) => ({
    model: wireLoggedModel(modelOf(message, services)),
  })),
  writing('PATCH', 'logged-models/:model_id', finalize),
  writing('DELETE', 'logged-models/:model_id', remove),
  writing('POST', 'logged-models/:model_id/params', addParams),
  writing('PATCH', 'logged-models/:model_id/tags', setTags),
  writing('DELETE', 'logged-models/:model_id/tags/:tag_key', deleteTag),
  reading('GET', 'logged-models/:model_id/artifacts/directories', list),
  writing('POST', 'runs/outputs', addOutputs),
  writing('POST', 'runs/log-model', logModel),
]
