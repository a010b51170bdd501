/** Registered models and their versions, in the words of MLflow's protocol. */

import type { RegisteredModel, RegisteredVersion } from '../../store/tracking/registry-results.ts'
import { versionUri } from './artifact-path.ts'
import { aliasToWire, modelOfArtifact } from './registry-names.ts'
import { wirePairs } from './wire.ts'

/** By their names in lower case. */
const stages: ReadonlyMap<string, string> = new Map(
  ['None', 'Staging', 'Production', 'Archived'].map((stage) => [stage.toLowerCase(), stage]),
)

export const stageNames: readonly string[] = [...stages.values()]
export const noStage = 'None'
export const archivedStage = 'Archived'

/** `undefined`: there is no such stage. */
export function stageOfWire(text: string): string | undefined {
  return stages.get(text.toLowerCase())
}

/** A stage that MLflow does not know is none there. */
export function wireStage({ stage }: RegisteredVersion): string {
  return stageOfWire(stage ?? noStage) ?? noStage
}

export function wireModel(model: RegisteredModel): object {
  const aliases = Array.from(model.aliases, ([alias, number]) => {
    return { alias: aliasToWire(alias), version: String(number) }
  })
  const tags = wirePairs(model.tags)
  return {
    name: modelOfArtifact(model.artifact),
    creation_timestamp: model.createdAtMs,
    last_updated_timestamp: model.updatedAtMs,
    ...(model.description !== undefined && { description: model.description }),
    ...(model.latest.length > 0 && { latest_versions: model.latest.map(wireModelVersion) }),
    ...(tags.length > 0 && { tags }),
    ...(aliases.length > 0 && { aliases }),
  }
}

export function wireModelVersion(version: RegisteredVersion): object {
  const tags = wirePairs(version.tags)
  const aliases = version.aliases.map(aliasToWire)
  return {
    name: modelOfArtifact(version.artifact),
    version: String(version.number),
    creation_timestamp: version.createdAtMs,
    last_updated_timestamp: version.updatedAtMs,
    current_stage: wireStage(version),
    description: version.description ?? '',
    source: sourceOf(version),
    run_id: version.run ?? '',
    status: 'READY',
    ...(tags.length > 0 && { tags }),
    run_link: version.runLink ?? '',
    ...(aliases.length > 0 && { aliases }),
    ...(version.modelId !== undefined && { model_id: version.modelId }),
  }
}

/** A version that no client registered says where its own files are. */
export function sourceOf({ source, id }: RegisteredVersion): string {
  return source ?? versionUri(id)
}
