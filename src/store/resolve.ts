/**
 * From what a user names to the version that is meant.
 *
 * `type/name` is the newest version; `@X` is an alias, a label or the start of a digest, in that
 * order. What matches nothing or several is an error that says what there is.
 */

import type { Digest } from '../core/digest.ts'
import { isDigestPrefix, latestSelector } from '../core/names.ts'
import { parseReference, type Reference } from '../core/reference.ts'
import { MlstoreError, notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import type { StoreParts } from './parts.ts'
import { shortDigest, versionTitle } from './version-title.ts'

type ResolveParts = Pick<StoreParts, 'catalog'>

/** What a message lists at most. */
const listedMax = 10

/**
 * The version a reference means, one that was not deleted.
 *
 * @throws {MlstoreError} `NOT_FOUND`, naming who deleted it if so; `AMBIGUOUS_REFERENCE`;
 * `INVALID_ARGUMENT`.
 */
export function resolveVersion(parts: ResolveParts, text: string): VersionRow {
  return resolveReference(parts, parseReference(text))
}

/** The same for a reference that was parsed. */
export function resolveReference(parts: ResolveParts, reference: Reference): VersionRow {
  const rows = candidates(parts, reference)
  const live = rows.filter((row) => !row.isRemoved)
  if (live.length === 0) throw deletedVersion(parts, chosen(parts, reference, rows))
  return chosen(parts, reference, live)
}

/** The version a reference means, deleted or not: for looking at it and for taking it back. */
export function resolveAnyVersion(parts: ResolveParts, reference: Reference): VersionRow {
  return chosen(parts, reference, candidates(parts, reference))
}

/** @throws {MlstoreError} `NOT_FOUND` unless the artifact has a version that is not deleted. */
export function requireArtifact({ catalog }: ResolveParts, artifact: string): void {
  if (catalog.versions.newest(artifact) === undefined) noArtifact(catalog, artifact)
}

/** The error for a version that was deleted: by whom, when, and how to take it back. */
export function deletedVersion(
  { catalog }: ResolveParts,
  version: VersionRow,
  title: string = versionTitle({ catalog }, version),
): MlstoreError {
  const removal =
    version.removedBy === undefined ? undefined : catalog.events.get(version.removedBy)
  const by = removal === undefined ? '' : ` by ${removal.by} at ${removal.at}`
  return notFound(
    `${title} was deleted${by}.`,
    `\`mlstore restore ${version.artifact}@${shortDigest(version.id)}\` takes that back.`,
  )
}

/** What a reference may mean, at least one version. */
function candidates({ catalog }: ResolveParts, reference: Reference): readonly VersionRow[] {
  const { artifact, selector } = reference
  if (selector === undefined || selector === latestSelector) {
    const newest = catalog.versions.newest(artifact) ?? noArtifact(catalog, artifact)
    return [newest]
  }
  const rows = named(catalog, artifact, selector).flatMap((id) => catalog.versions.get(id) ?? [])
  return rows.length > 0 ? rows : noVersion(catalog, artifact, selector)
}

type Catalog = ResolveParts['catalog']

function named(catalog: Catalog, artifact: string, selector: string): readonly Digest[] {
  const alias = catalog.aliases.head(artifact, selector)?.to
  if (alias !== undefined && alias !== null) return [alias]
  const labelled = catalog.versions.byLabel(artifact, selector)
  const prefix = selector.toLowerCase()
  if (labelled.length > 0 || !isDigestPrefix(prefix)) return labelled
  return catalog.versions.byDigestPrefix(artifact, prefix)
}

function chosen(
  { catalog }: ResolveParts,
  { artifact, selector = latestSelector }: Reference,
  rows: readonly VersionRow[],
): VersionRow {
  const [row, ...others] = rows
  if (row === undefined) return noVersion(catalog, artifact, selector)
  if (others.length === 0) return row
  const list = rows
    .slice(0, listedMax)
    .map(({ id, createdAt }) => `${artifact}@${shortDigest(id)} (${createdAt})`)
  throw new MlstoreError(
    'AMBIGUOUS_REFERENCE',
    `${artifact}@${selector} matches ${rows.length} versions: ${list.join(', ')}.`,
    { hint: 'Name one by its digest.', details: { versions: rows.map(({ id }) => id) } },
  )
}

function noArtifact(catalog: Catalog, artifact: string): never {
  const [deleted] = catalog.versions.list(artifact, { removed: true, limit: 1 })
  if (deleted !== undefined) throw deletedVersion({ catalog }, deleted, `Every ${artifact}`)
  const near = similarArtifacts(catalog, artifact)
  throw notFound(
    `There is no ${artifact} here.`,
    near.length > 0
      ? `There is: ${near.slice(0, listedMax).join(', ')}.`
      : '`mlstore ls` lists the artifacts; `mlstore fetch` learns those of a remote.',
  )
}

/** Artifacts of the same type, or with the same name. */
function similarArtifacts(catalog: Catalog, artifact: string): string[] {
  const [type = '', ...name] = artifact.split('/')
  const known: string[] = catalog.versions.artifacts().map((row) => row.artifact)
  return known.filter((each) => each.startsWith(`${type}/`) || each.endsWith(`/${name.join('/')}`))
}

function noVersion(catalog: Catalog, artifact: string, selector: string): never {
  const versions = catalog.versions.list(artifact, { limit: listedMax })
  if (versions.length === 0) return noArtifact(catalog, artifact)
  const labels = catalog.labels.ofVersions(versions.map(({ id }) => id))
  const names = versions.map(({ id }) => labels.get(id) ?? shortDigest(id))
  throw notFound(
    `${artifact} has no version, label or alias ${JSON.stringify(selector)}.`,
    `Its newest versions: ${names.join(', ')}.`,
  )
}
