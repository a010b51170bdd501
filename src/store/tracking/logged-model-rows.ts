/** Reading logged models: drafts, and versions of `logged-model/NAME`. */

import { isJsonObject, parseUserJson } from '../../core/canonical-json.ts'
import { decodeForeignName } from '../../core/foreign-names.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { corrupt } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { DraftFacts, LoggedModel } from './registry-results.ts'

type CatalogParts = Pick<StoreParts, 'catalog'>

/** On the run that a draft is: what is said of it, as JSON. */
export const draftTag = 'mlflow.loggedModel'

const type = 'logged-model'

export function encodeDraft(facts: DraftFacts): string {
  return JSON.stringify(facts)
}

export function loggedModels(parts: CatalogParts): LoggedModel[] {
  const { catalog } = parts
  const drafts = catalog.tags.runsWith(draftTag).flatMap((id) => draftModel(parts, id) ?? [])
  const versions = catalog.versions
    .artifacts(type)
    .flatMap(({ artifact }) => catalog.versions.list(artifact))
  return [...drafts, ...versions.flatMap((row) => sealedModel(parts, row) ?? [])]
}

export function loggedModel(parts: CatalogParts, id: string): LoggedModel | undefined {
  const { catalog } = parts
  const draft = draftModel(parts, id)
  if (draft !== undefined) return draft
  const label = `m-${id}`
  for (const { artifact } of catalog.versions.artifacts(type)) {
    for (const version of catalog.versions.byLabel(artifact, label)) {
      const row = catalog.versions.get(version)
      if (row !== undefined && !row.isRemoved) return sealedModel(parts, row)
    }
  }
  return undefined
}

function draftModel(parts: CatalogParts, id: string): LoggedModel | undefined {
  const { catalog } = parts
  const tags = new Map(catalog.tags.of({ kind: 'run', run: id }))
  const text = tags.get(draftTag)
  if (text === undefined) return undefined
  tags.delete(draftTag)
  const draft = decodeDraft(text, id)
  return {
    id,
    name: draft.name,
    experimentId: draft.experimentId,
    createdAtMs: Date.parse(draft.createdAt),
    run: draft.run,
    type: draft.type,
    params: catalog.params.of(id),
    tags,
    version: undefined,
    draft,
  }
}

/** `undefined`: a version that is no model of MLflow. */
function sealedModel({ catalog }: CatalogParts, row: VersionRow): LoggedModel | undefined {
  const { meta = {} } = row.record
  const facts = meta['mlflow']
  if (!isJsonObject(facts)) return undefined
  const [, id] = /^m-([0-9a-f]{32})$/.exec(textOf(facts['modelId']) ?? '') ?? []
  if (id === undefined) return undefined
  const ofRun = row.run === null ? undefined : catalog.runs.get(row.run)?.experiment
  const params = isJsonObject(meta['params']) ? Object.entries(meta['params']) : []
  return {
    id,
    name: decodeForeignName(row.artifact.slice(type.length + 1)),
    experimentId: textOf(facts['experimentId']) ?? ofRun,
    createdAtMs: Date.parse(row.createdAt),
    run: row.run ?? undefined,
    type: textOf(facts['type']),
    params: new Map(params.map(([key, value]) => [key, textOf(value) ?? JSON.stringify(value)])),
    tags: catalog.tags.of({ kind: 'version', version: row.id }),
    version: row.id,
    draft: undefined,
  }
}

function decodeDraft(text: string, id: string): DraftFacts {
  const facts = parseUserJson(text, `the draft m-${id}`)
  if (!isJsonObject(facts)) throw corrupt(`the draft m-${id}`, 'it is no JSON object')
  const { outputOf } = facts
  return {
    name: textOf(facts['name']) ?? '',
    experimentId: textOf(facts['experimentId']) ?? '',
    createdAt: textOf(facts['createdAt']) ?? '',
    outputOf: Array.isArray(outputOf) ? outputOf.flatMap((each) => textOf(each) ?? []) : [],
    run: textOf(facts['run']),
    type: textOf(facts['type']),
    hasFailed: facts['hasFailed'] === true,
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
