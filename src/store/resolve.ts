/**
 * From what a user names to the version that is meant.
 *
 * `type/name` is the newest version; `@X` is an alias, a label or the start of a digest, in that
 * order. What matches nothing or several is an error that says what there is.
 */

import type { Digest } from '../core/digest.ts'
import { isDigestPrefix } from '../core/names.ts'
import { latestSelector } from '../core/names.ts'
import { parseReference, type Reference } from '../core/reference.ts'
import { MlstoreError, notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import type { StoreParts } from './parts.ts'

type ResolveParts = Pick<StoreParts, 'catalog'>

/** What a message lists at most. */
const listedMax = 10

/**
 * The version a reference means.
 *
 * @throws {MlstoreError} `NOT_FOUND`, `AMBIGUOUS_REFERENCE` or `INVALID_ARGUMENT`.
 */
export function resolveVersion(parts: ResolveParts, text: string): VersionRow {
  return resolveReference(parts, parseReference(text))
}

/** The same for a reference that was parsed. Removed versions are found only by digest or label. */
export function resolveReference({ catalog }: ResolveParts, reference: Reference): VersionRow {
  const { artifact, selector } = reference
  if (selector === undefined || selector === latestSelector) {
    return catalog.versions.newest(artifact) ?? noArtifact(catalog, artifact)
  }
  const alias = catalog.aliases.head(artifact, selector)?.to
  const ids =
    alias === undefined || alias === null ? named({ catalog }, artifact, selector) : [alias]
  const [id, ...others] = ids
  if (others.length > 0) throw ambiguous({ catalog }, reference, ids)
  const row = id === undefined ? undefined : catalog.versions.get(id)
  return row ?? noVersion({ catalog }, artifact, selector)
}

function named({ catalog }: ResolveParts, artifact: string, selector: string): readonly Digest[] {
  const labelled = catalog.versions.byLabel(artifact, selector)
  if (labelled.length > 0 || !isDigestPrefix(selector)) return labelled
  return catalog.versions.byDigestPrefix(artifact, selector.toLowerCase())
}

function ambiguous(
  parts: ResolveParts,
  reference: Reference,
  ids: readonly Digest[],
): MlstoreError {
  const list = ids.slice(0, listedMax).map((id) => {
    const row = parts.catalog.versions.get(id)
    return `${reference.artifact}@${id.slice(0, 12)} (${row?.record.createdAt ?? 'unknown'})`
  })
  return new MlstoreError(
    'AMBIGUOUS_REFERENCE',
    `${reference.artifact}@${reference.selector ?? ''} matches ${ids.length} versions: ${list.join(', ')}.`,
    { hint: 'Name one by its digest.', details: { versions: ids } },
  )
}

function noArtifact(catalog: ResolveParts['catalog'], artifact: string): never {
  const known: string[] = catalog.versions.artifacts().map((row) => row.artifact)
  const [, name = ''] = artifact.split('/')
  const near = known.filter(
    (each) => each.includes(name) || each.startsWith(artifact.split('/')[0] ?? ''),
  )
  throw notFound(
    `There is no ${artifact} here.`,
    near.length > 0
      ? `There is: ${near.slice(0, listedMax).join(', ')}.`
      : '`mlstore ls` lists the artifacts; `mlstore fetch` learns those of a remote.',
  )
}

function noVersion({ catalog }: ResolveParts, artifact: string, selector: string): never {
  const versions = catalog.versions.list(artifact, { limit: listedMax })
  if (versions.length === 0) return noArtifact(catalog, artifact)
  const labels = versions.map((row) => catalog.labels.of(row.id) ?? row.id.slice(0, 12))
  throw notFound(
    `${artifact} has no version, label or alias ${JSON.stringify(selector)}.`,
    `Its newest versions: ${labels.join(', ')}.`,
  )
}
