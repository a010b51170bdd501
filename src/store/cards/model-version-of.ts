/** A version as the model version that it is a part of the history of, if it is one. */

import { idOfLabel, modelOfArtifact, numberInId } from '../../core/model-versions/names.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { attributesOf } from '../model-versions/attributes.ts'
import { type Successors, successorsOf } from '../model-versions/successors.ts'
import type { StoreParts } from '../parts.ts'

type ModelVersionState = {
  /** What bears its id: the label of its first version, the alias of its newest. */
  readonly name: string
  readonly successors: Successors
}

/** `undefined` unless the version is the newest of a model version. */
export function newestOfModelVersion(
  parts: StoreParts,
  { id, artifact }: VersionRow,
): ModelVersionState | undefined {
  const model = modelOfArtifact(artifact)
  if (model === undefined) return undefined
  const { labels, aliases } = parts.catalog
  const label = labels.of(id)
  const names = [
    ...(aliases.ofVersions([id]).get(id) ?? []),
    ...(label === undefined ? [] : [label]),
  ]
  for (const name of names) {
    if (numberInId(model, idOfLabel(name)) === undefined) continue
    const successors = successorsOf(parts, artifact, idOfLabel(name))
    if (successors?.heads.some((head) => head.id === id) === true) return { name, successors }
  }
  return undefined
}

/** Paths of attributes that are in no tree: their bytes are on one computer alone. */
export async function localPaths(parts: StoreParts, version: VersionRow): Promise<string[]> {
  const state = newestOfModelVersion(parts, version)
  if (state === undefined) return []
  const attributes = await attributesOf(parts, state.successors, version)
  return attributes.list().flatMap(({ path, localTo }) => (localTo === null ? [] : path))
}
