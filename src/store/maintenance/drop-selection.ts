/** Which versions a drop is about, and why some of them are kept all the same. */

import type { VersionRow } from '../../catalog/version-row.ts'
import type { Digest } from '../../core/digest.ts'
import { parseReference } from '../../core/reference.ts'
import { invalidArgument } from '../../errors.ts'
import { lockedPaths, lockFileName } from '../lock-file.ts'
import type { StoreParts } from '../parts.ts'
import type { DropRequest } from '../requests.ts'
import { resolveReference } from '../resolve.ts'
import { type PlacedVersion, placedVersions } from './placed-versions.ts'

export type DropSelection = {
  /** To be dropped, if a remote proves to have them. */
  readonly candidates: readonly VersionRow[]
  /** Selected and kept, with the reason in words. */
  readonly kept: ReadonlyMap<VersionRow, string>
}

/** @throws {MlstoreError} `NOT_FOUND`, `AMBIGUOUS_REFERENCE` or `INVALID_ARGUMENT`. */
export function selectForDrop(parts: StoreParts, request: DropRequest): DropSelection {
  const named = (request.references ?? []).map((reference) => resolveWhole(parts, reference))
  const isNamed = new Set(named.map(({ id }) => id))
  const newest = newestOf(parts, request.keepLast)
  const locked = lockedVersions(parts)
  const candidates: VersionRow[] = []
  const kept = new Map<VersionRow, string>()
  for (const version of placedVersions(parts)) {
    const { row } = version
    if (named.length > 0 && !isNamed.has(row.id)) continue
    // Without its root nothing of its content was ever here, or nobody could tell what.
    if (!parts.objects.has(row.root)) continue
    const isLocked = locked.has(row.id) || locked.has(row.root)
    const reason = reasonToKeep(version, {
      isNewest: newest.has(row.id),
      isLocked: isLocked && !isNamed.has(row.id),
    })
    if (reason === undefined) candidates.push(row)
    else kept.set(row, reason)
  }
  return { candidates, kept }
}

function resolveWhole(parts: StoreParts, text: string): VersionRow {
  const reference = parseReference(text)
  if (reference.path === undefined) return resolveReference(parts, reference)
  throw invalidArgument(`${text} names a part of a version.`, 'Only whole versions can be dropped.')
}

function newestOf({ catalog }: StoreParts, keepLast: number | undefined): Set<Digest> {
  if (keepLast === undefined || keepLast === 0) return new Set()
  const newest = catalog.versions
    .artifacts()
    .flatMap(({ artifact }) => catalog.versions.list(artifact, { limit: keepLast }))
  return new Set(newest.map(({ id }) => id))
}

/** Ids and roots: a version with the root of a locked one holds the same files. */
function lockedVersions(parts: StoreParts): Set<Digest> {
  return new Set(lockedPaths(parts).flatMap(({ version, root }) => [version, root]))
}

type Guards = { readonly isNewest: boolean; readonly isLocked: boolean }

function reasonToKeep(
  { isOnRemote }: PlacedVersion,
  { isNewest, isLocked }: Guards,
): string | undefined {
  if (!isOnRemote) return 'it is on no remote'
  if (isNewest) return 'it is one of the newest'
  return isLocked ? `${lockFileName} names it` : undefined
}
