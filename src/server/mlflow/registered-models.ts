/** MLflow's endpoints for registered models. */

import { isMlstoreError } from '../../errors.ts'
import type { RegisteredModel, RegisteredVersion } from '../../store/tracking/registry-results.ts'
import {
  type Endpoint,
  reading,
  requireModel,
  requireVersion,
  requireVersionByAlias,
  type Services,
  writing,
} from './endpoint.ts'
import { type ListFields, searchList } from './list-search.ts'
import type { Message } from './message.ts'
import { invalidParameter, MlflowError } from './mlflow-error.ts'
import { pageOf } from './paging.ts'
import { pairsOf } from './pairs.ts'
import {
  aliasOfWire,
  artifactOfModel,
  checkModelName,
  checkRegistryTag,
  modelOfArtifact,
  newAliasOfWire,
} from './registry-names.ts'
import { stageNames, stageOfWire, wireModel, wireModelVersion, wireStage } from './registry-wire.ts'

const searchLimits = { most: 1000, usual: 100 }

/** A prompt is a registered model with this tag; models without it are none. */
export const promptTag = 'mlflow.prompt.is_prompt'

const fields: ListFields<RegisteredModel> = {
  of: 'registered models',
  attributes: {
    name: ({ artifact }) => modelOfArtifact(artifact),
    creation_timestamp: ({ createdAtMs }) => createdAtMs,
    last_updated_timestamp: ({ updatedAtMs }) => updatedAtMs,
  },
  tag: ({ tags }, key) => tags.get(key) ?? (key === promptTag ? 'false' : undefined),
}

/** The model that a request names, with numbers on all of its versions. */
async function modelOf(message: Message, services: Services): Promise<RegisteredModel> {
  const name = message.requiredText('name')
  await numberVersions(services, name)
  return requireModel(services.tracking, name)
}

/** A version that somebody added has no number until the registry is asked for it. */
export async function numberVersions(
  { tracking, readOnly }: Services,
  name?: string,
): Promise<void> {
  if (readOnly) return
  await tracking.registry.numberVersions(name === undefined ? undefined : artifactOfModel(name))
}

async function create(message: Message, { tracking }: Services): Promise<object> {
  const name = message.requiredText('name')
  checkModelName(name)
  const tags = registryTags(message)
  const made = tracking.registry.create(artifactOfModel(name), {
    description: message.text('description'),
    tags,
  })
  return { registered_model: wireModel(await made.catch((error: unknown) => taken(error, name))) }
}

/** The tags of what is to be made. Prompts are kept in the registry by MLflow, and not here. */
export function registryTags(message: Message): Map<string, string> {
  const tags = pairsOf(message, 'tags')
  for (const tag of tags) checkRegistryTag(tag)
  const texts = new Map(tags.map(({ key, value }) => [key, value]))
  if (texts.get(promptTag)?.toLowerCase() !== 'true') return texts
  throw new MlflowError('FEATURE_DISABLED', 'Prompts are not kept by this server.')
}

function taken(error: unknown, name: string): never {
  if (!isMlstoreError(error, 'LABEL_TAKEN')) throw error
  throw new MlflowError(
    'RESOURCE_ALREADY_EXISTS',
    `Registered Model (name=${name}) already exists.`,
  )
}

async function update(message: Message, services: Services): Promise<object> {
  const { artifact } = await modelOf(message, services)
  const text = message.text('description') ?? ''
  await services.tracking.registry.describe({ kind: 'artifact', artifact }, text)
  return { registered_model: wireModel(await modelOf(message, services)) }
}

async function rename(message: Message, services: Services): Promise<object> {
  const { artifact } = await modelOf(message, services)
  const name = message.requiredText('new_name')
  checkModelName(name, 'new_name')
  const renamed = services.tracking.registry.rename(artifact, artifactOfModel(name))
  return {
    registered_model: wireModel(await renamed.catch((error: unknown) => taken(error, name))),
  }
}

async function remove(message: Message, { tracking }: Services): Promise<object> {
  await tracking.registry.remove(requireModel(tracking, message.requiredText('name')).artifact)
  return {}
}

async function search(message: Message, services: Services): Promise<object> {
  await numberVersions(services)
  const found = searchList(services.tracking.registry.models(), fields, {
    filter: message.text('filter') ?? '',
    orderBy: message.texts('order_by'),
  })
  const { items, next } = pageOf(message, found, searchLimits)
  return {
    ...(items.length > 0 && { registered_models: items.map(wireModel) }),
    ...(next !== undefined && { next_page_token: next }),
  }
}

async function latestVersions(message: Message, services: Services): Promise<object> {
  const { latest } = await modelOf(message, services)
  const asked = message.texts('stages').map(stageRequired)
  const stages = asked.length === 0 ? stageNames : asked
  const versions = latest.filter((version) => stages.includes(wireStage(version)))
  return versions.length > 0 ? { model_versions: versions.map(wireModelVersion) } : {}
}

export function stageRequired(text: string): string {
  const stage = stageOfWire(text)
  if (stage !== undefined) return stage
  throw invalidParameter(
    `Invalid Model Version stage: ${text}. Value must be one of ${stageNames.join(', ')}.`,
  )
}

async function setTag(message: Message, { tracking }: Services): Promise<object> {
  const { artifact } = requireModel(tracking, message.requiredText('name'))
  const tag = { key: message.requiredText('key'), value: message.text('value') ?? '' }
  checkRegistryTag(tag)
  await tracking.registry.tag({ kind: 'artifact', artifact }, tag.key, tag.value)
  return {}
}

async function deleteTag(message: Message, { tracking }: Services): Promise<object> {
  const { artifact, tags } = requireModel(tracking, message.requiredText('name'))
  const key = message.requiredText('key')
  if (tags.has(key)) await tracking.registry.tag({ kind: 'artifact', artifact }, key, null)
  return {}
}

async function setAlias(message: Message, services: Services): Promise<object> {
  const { tracking } = services
  const name = message.requiredText('name')
  const alias = newAliasOfWire(message.requiredText('alias'))
  await numberVersions(services, name)
  const { artifact, id } = requireVersion(tracking, name, message.requiredText('version'))
  await tracking.registry.setAlias(artifact, alias, id)
  return {}
}

async function deleteAlias(message: Message, { tracking }: Services): Promise<object> {
  const { artifact } = requireModel(tracking, message.requiredText('name'))
  await tracking.registry.setAlias(artifact, aliasOfWire(message.requiredText('alias')), null)
  return {}
}

async function byAlias(message: Message, services: Services): Promise<RegisteredVersion> {
  const name = message.requiredText('name')
  await numberVersions(services, name)
  return requireVersionByAlias(services.tracking, name, message.requiredText('alias'))
}

export const registeredModelEndpoints: readonly Endpoint[] = [
  writing('POST', 'registered-models/create', create),
  reading('GET', 'registered-models/get', async (message, services) => ({
    registered_model: wireModel(await modelOf(message, services)),
  })),
  writing('PATCH', 'registered-models/update', update),
  writing('POST', 'registered-models/rename', rename),
  writing('DELETE', 'registered-models/delete', remove),
  reading('GET', 'registered-models/search', search),
  reading('GET', 'registered-models/get-latest-versions', latestVersions),
  reading('POST', 'registered-models/get-latest-versions', latestVersions),
  writing('POST', 'registered-models/set-tag', setTag),
  writing('DELETE', 'registered-models/delete-tag', deleteTag),
  writing('POST', 'registered-models/alias', setAlias),
  writing('DELETE', 'registered-models/alias', deleteAlias),
  reading('GET', 'registered-models/alias', async (message, services) => ({
    model_version: wireModelVersion(await byAlias(message, services)),
  })),
]
