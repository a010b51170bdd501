/**
 * Reading the model registry: artifacts `model/NAME` and those of their versions that have numbers.
 *
 * What a registry keeps apart from tags (descriptions, stages, that there is a model before its
 * first version) is a tag here, under the names that `import` uses too.
 */

import { isJsonObject } from '../../core/canonical-json.ts'
import type { Digest } from '../../core/digest.ts'
import { formatTagTarget, type TagTarget } from '../../core/events/tag-target.ts'
import type { ArtifactName } from '../../core/names.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { StoreParts } from '../parts.ts'
import type { RegisteredModel, RegisteredVersion, Texts } from './registry-results.ts'

type CatalogParts = Pick<StoreParts, 'catalog'>

export const modelType = 'model'
export const descriptionTag = 'mlflow.note.content'
export const stageTag = 'stage'
/** On an artifact: since when there is such a model, whether it has versions or not. */
export const registeredTag = 'mlflow.registeredAt'

export type NumberedRow = { readonly row: VersionRow; readonly number: number }

/** All that have versions, or were registered without one, by name. */
export function modelArtifacts({ catalog }: CatalogParts): ArtifactName[] {
  const withVersions = catalog.versions.artifacts(modelType).map(({ artifact }) => artifact)
  const registered = catalog.tags.artifactsWith(registeredTag)
  return [...new Set([...withVersions, ...registered])].sort()
}

/** `undefined`: there is no such model. */
export function registeredModel(
  parts: CatalogParts,
  artifact: ArtifactName,
): RegisteredModel | undefined {
  const { catalog } = parts
  const tags = catalog.tags.of({ kind: 'artifact', artifact })
  const registeredAt = tags.get(registeredTag)
  const oldest = catalog.versions.list(artifact).at(-1)
  const createdAt = registeredAt ?? oldest?.createdAt
  if (createdAt === undefined) return undefined
  const versions = registeredVersions(parts, artifact)
  const createdAtMs = Date.parse(createdAt)
  const describedAtMs = lastSetAtMs(parts, { kind: 'artifact', artifact }, descriptionTag)
  const changes = versions.map(({ updatedAtMs }) => updatedAtMs)
  return {
    artifact,
    createdAtMs,
    updatedAtMs: Math.max(createdAtMs, describedAtMs, ...changes),
    description: tags.get(descriptionTag),
    tags: without(tags, [descriptionTag, registeredTag]),
    aliases: new Map(
      versions
        .flatMap(({ aliases, number }) => aliases.map((alias) => [alias, number] as const))
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ),
    latest: latestOfStages(versions),
  }
}

/** The versions that have numbers, the highest first. */
export function registeredVersions(
  parts: CatalogParts,
  artifact: ArtifactName,
): RegisteredVersion[] {
  const { numbered } = versionRows(parts, artifact)
  return described(parts, numbered)
}

/** `undefined`: no version has the number, or it was removed. */
export function registeredVersion(
  parts: CatalogParts,
  artifact: ArtifactName,
  number: number,
): RegisteredVersion | undefined {
  const { catalog } = parts
  const subject = catalog.numbers.owner(artifact, number)?.subject
  const row = versionOfSubject(parts, subject)
  if (row === undefined || row.isRemoved || row.artifact !== artifact) return undefined
  return described(parts, [{ row, number }])[0]
}

/** The versions of a model that are not removed: with numbers, the highest first; and without. */
export function versionRows(
  { catalog }: CatalogParts,
  artifact: ArtifactName,
): { readonly numbered: NumberedRow[]; readonly others: VersionRow[] } {
  const numbers = new Map(catalog.numbers.list(artifact).map((row) => [row.subject, row.number]))
  const numbered: NumberedRow[] = []
  const others: VersionRow[] = []
  for (const row of catalog.versions.list(artifact)) {
    const number = numbers.get(subjectOf(row.id))
    if (number === undefined) others.push(row)
    else numbered.push({ row, number })
  }
  return { numbered: numbered.toSorted((a, b) => b.number - a.number), others }
}

export function subjectOf(version: Digest): string {
  return formatTagTarget({ kind: 'version', version })
}

function versionOfSubject(
  { catalog }: CatalogParts,
  subject: string | undefined,
): VersionRow | undefined {
  const [, digest] = /^version:(.*)$/.exec(subject ?? '') ?? []
  return digest === undefined ? undefined : catalog.versions.withDigestPrefix(digest, 1)[0]
}

function described(parts: CatalogParts, rows: readonly NumberedRow[]): RegisteredVersion[] {
  const ids = rows.map(({ row }) => row.id)
  const tags = parts.catalog.tags.ofVersions(ids)
  const aliases = parts.catalog.aliases.ofVersions(ids)
  return rows.map(({ row, number }) => {
    const { id, artifact } = row
    const own = tags.get(id) ?? new Map<string, string>()
    const createdAtMs = Date.parse(row.createdAt)
    const target: TagTarget = { kind: 'version', version: id }
    const changes = [descriptionTag, stageTag].map((key) => lastSetAtMs(parts, target, key))
    return {
      id,
      artifact,
      number,
      createdAtMs,
      updatedAtMs: Math.max(createdAtMs, ...changes),
      stage: own.get(stageTag),
      description: own.get(descriptionTag),
      tags: without(own, [descriptionTag, stageTag]),
      aliases: aliases.get(id) ?? [],
      run: row.run ?? undefined,
      ...saidOf(row),
    }
  })
}

/** What the client said of a version when it registered it. */
function saidOf({ record }: VersionRow): Pick<RegisteredVersion, 'source' | 'runLink' | 'modelId'> {
  const facts = record.meta?.['mlflow']
  const text = (key: string): string | undefined => {
    const value = isJsonObject(facts) ? facts[key] : undefined
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return { source: text('source'), runLink: text('runLink'), modelId: text('modelId') }
}

function latestOfStages(versions: readonly RegisteredVersion[]): RegisteredVersion[] {
  const latest = new Map<string | undefined, RegisteredVersion>()
  for (const version of versions) {
    if (!latest.has(version.stage)) latest.set(version.stage, version)
  }
  return [...latest.values()]
}

/** 0: never. */
function lastSetAtMs({ catalog }: CatalogParts, target: TagTarget, key: string): number {
  const [last] = catalog.tags.history(target, key)
  return last === undefined ? 0 : Date.parse(last.at)
}

function without(tags: Texts, keys: readonly string[]): Texts {
  return new Map([...tags].filter(([key]) => !keys.includes(key)))
}
