/** MLflow's endpoints for versions of registered models. */

import type { RegisteredVersion } from '../../store/tracking/registry-results.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { versionUri } from './artifact-path.ts'
import {
  type Endpoint,
  reading,
  requireModel,
  requireVersion,
  type Services,
  writing,
} from './endpoint.ts'
import { type ListFields, searchList } from './list-search.ts'
import type { Message } from './message.ts'
import { modelSourceOf } from './model-source.ts'
import { invalidParameter } from './mlflow-error.ts'
import { pageOf } from './paging.ts'
import { numberVersions, promptTag, registryTags, stageRequired } from './registered-models.ts'
import { artifactOfModel, checkRegistryTag, modelOfArtifact } from './registry-names.ts'
import { archivedStage, sourceOf, wireModelVersion } from './registry-wire.ts'

const searchLimits = { most: 200_000, usual: 10_000 }

const fields: ListFields<RegisteredVersion> = {
  of: 'model versions',
  attributes: {
    name: ({ artifact }) => modelOfArtifact(artifact),
    version_number: ({ number }) => number,
    run_id: ({ run }) => run,
    source_path: sourceOf,
    creation_timestamp: ({ createdAtMs }) => createdAtMs,
    last_updated_timestamp: ({ updatedAtMs }) => updatedAtMs,
  },
  tag: ({ tags }, key) => tags.get(key) ?? (key === promptTag ? 'false' : undefined),
}

const usualOrder = ['last_updated_timestamp DESC']

/** The version that a request names; the model has numbers on all of its versions then. */
async function versionOf(message: Message, services: Services): Promise<RegisteredVersion> {
  const name = message.requiredText('name')
  const number = message.requiredText('version')
  await numberVersions(services, name)
  return requireVersion(services.tracking, name, number)
}

async function create(message: Message, services: Services): Promise<object> {
  const { tracking } = services
  const name = message.requiredText('name')
  const source = message.requiredText('source')
  const tags = registryTags(message)
  const runId = message.text('run_id') || undefined
  const { from, run, modelId } = modelSourceOf(tracking, source, runId)
  requireModel(tracking, name)
  await numberVersions(services, name)
  const version = await tracking.registry.register(artifactOfModel(name), {
    from,
    source,
    run,
    modelId: message.text('model_id') || modelId,
    runLink: message.text('run_link') || undefined,
    description: message.text('description') || undefined,
    tags,
  })
  return { model_version: wireModelVersion(version) }
}

async function update(message: Message, services: Services): Promise<object> {
  const { id } = await versionOf(message, services)
  const text = message.text('description') ?? ''
  await services.tracking.registry.describe({ kind: 'version', version: id }, text)
  return { model_version: wireModelVersion(await versionOf(message, services)) }
}

async function transition(message: Message, services: Services): Promise<object> {
  const stage = stageRequired(message.requiredText('stage'))
  const archives = message.boolean('archive_existing_versions') ?? false
  if (archives && !['Staging', 'Production'].includes(stage)) {
    throw invalidParameter(
      `Model version transition cannot archive existing model versions because '${stage}' is not ` +
        'an Active stage. Valid stages are Staging, Production',
    )
  }
  const version = await versionOf(message, services)
  const { registry } = services.tracking
  await registry.setStage(version, stage, archives ? archivedStage : undefined)
  return { model_version: wireModelVersion(await versionOf(message, services)) }
}

async function remove(message: Message, services: Services): Promise<object> {
  await services.tracking.registry.removeVersion(await versionOf(message, services))
  return {}
}

async function search(message: Message, services: Services): Promise<object> {
  await numberVersions(services)
  const order = message.texts('order_by')
  const found = searchList(services.tracking.registry.versions(), fields, {
    filter: message.text('filter') ?? '',
    orderBy: order.length === 0 ? usualOrder : order,
  })
  const { items, next } = pageOf(message, found, searchLimits)
  return {
    ...(items.length > 0 && { model_versions: items.map(wireModelVersion) }),
    ...(next !== undefined && { next_page_token: next }),
  }
}

async function setTag(message: Message, services: Services): Promise<object> {
  const version = await versionOf(message, services)
  const tag = { key: message.requiredText('key'), value: message.text('value') ?? '' }
  checkRegistryTag(tag)
  await tagVersion(services.tracking, version, tag.key, tag.value)
  return {}
}

async function deleteTag(message: Message, services: Services): Promise<object> {
  const version = await versionOf(message, services)
  const key = message.requiredText('key')
  if (version.tags.has(key)) await tagVersion(services.tracking, version, key, null)
  return {}
}

function tagVersion(
  tracking: Tracking,
  { id }: RegisteredVersion,
  key: string,
  value: string | null,
): Promise<void> {
  return tracking.registry.tag({ kind: 'version', version: id }, key, value)
}

export const modelVersionEndpoints: readonly Endpoint[] = [
  writing('POST', 'model-versions/create', create),
  reading('GET', 'model-versions/get', async (message, services) => ({
    model_version: wireModelVersion(await versionOf(message, services)),
  })),
  writing('PATCH', 'model-versions/update', update),
  writing('POST', 'model-versions/transition-stage', transition),
  writing('DELETE', 'model-versions/delete', remove),
  reading('GET', 'model-versions/search', search),
  reading('GET', 'model-versions/get-download-uri', async (message, services) => ({
    artifact_uri: versionUri((await versionOf(message, services)).id),
  })),
  writing('POST', 'model-versions/set-tag', setTag),
  writing('DELETE', 'model-versions/delete-tag', deleteTag),
]
