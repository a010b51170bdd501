/** `rm` and `restore`: versions leave and come back by tombstones; bytes go with `gc`. */

import type { EventFields } from '../core/events/event.ts'
import { parseReference } from '../core/reference.ts'
import { invalidArgument, MlstoreError } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { everyPath } from '../worktree/path-selection.ts'
import { appendEvents } from './append-events.ts'
import { isComplete, remotesWith } from './ensure-local.ts'
import { lockedPaths } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { lineageUsers } from './provenance.ts'
import type { RemoveRequest } from './requests.ts'
import { requireArtifact, resolveAnyVersion, resolveReference } from './resolve.ts'
import type { RemovedVersion } from './results.ts'
import { shortDigest, versionTitle } from './version-title.ts'

/**
 * Deletes a version, or with `all` every version of an artifact.
 *
 * @throws {MlstoreError} `REFUSED` when an alias, the lock file, a run or another version uses one
 * and `force` is not set. What only says something about it, as a profile does, is no use.
 */
export async function remove(parts: StoreParts, request: RemoveRequest): Promise<RemovedVersion[]> {
  const { force = false, dryRun = false, reason } = request
  let versions = versionsToRemove(parts, request)
  if (!force) refuseUsed(parts, versions)
  const because = reason === undefined ? {} : { reason }
  if (!dryRun) {
    await appendEvents(parts, () => {
      versions = versions.filter(({ id }) => parts.catalog.versions.get(id)?.isRemoved === false)
      if (!force) refuseUsed(parts, versions)
      return versions.map(({ id }) => ({ type: 'version.remove', version: id, ...because }))
    })
  }
  return versions.map((version) => removedVersion(parts, version))
}

/**
 * Takes a deletion back; a version that is not deleted stays as it is.
 *
 * @throws {MlstoreError} `OBJECT_MISSING` when a gc has freed the bytes and no remote has them.
 */
export async function restore(parts: StoreParts, text: string): Promise<RemovedVersion[]> {
  const reference = parseReference(text)
  if (reference.selector === undefined) throw invalidArgument('Name the version: type/name@X.')
  const version = resolveAnyVersion(parts, reference)
  const { id } = version
  if (!isComplete(parts, version, everyPath) && remotesWith(parts, version).length === 0) {
    throw new MlstoreError(
      'OBJECT_MISSING',
      `The bytes of ${versionTitle(parts, version)} are gone: a gc freed them.`,
      { hint: 'Add the files again, if someone still has them.' },
    )
  }
  await appendEvents(parts, () => {
    const removals = parts.catalog.removals.of(id)
    return removals.map((over): EventFields => ({ type: 'version.restore', version: id, over }))
  })
  return [removedVersion(parts, version)]
}

function versionsToRemove(
  parts: StoreParts,
  { reference: text, all }: RemoveRequest,
): VersionRow[] {
  const reference = parseReference(text)
  const { artifact, selector, path } = reference
  if (path !== undefined) throw invalidArgument('Files of a version cannot be deleted alone.')
  if (all === true) {
    if (selector !== undefined) throw invalidArgument('`--all` takes type/name without @X.')
    requireArtifact(parts, artifact)
    return parts.catalog.versions.list(artifact)
  }
  if (selector !== undefined) return [resolveReference(parts, reference)]
  throw invalidArgument(
    `Which version of ${artifact}?`,
    'Name it: type/name@X; `--all` deletes every version.',
  )
}

function refuseUsed(parts: StoreParts, versions: readonly VersionRow[]): void {
  const { aliases } = parts.catalog
  const ids = new Set(versions.map(({ id }) => id))
  const aliasesOf = aliases.ofVersions([...ids])
  const lines = lockedPaths(parts)
  const uses = versions.flatMap((version) => {
    const { id, artifact } = version
    const title = versionTitle(parts, version)
    const users = lineageUsers(parts, id)
    return [
      ...(aliasesOf.get(id) ?? []).map((alias) => `${title} is ${artifact}@${alias}`),
      ...lines
        .filter((line) => line.version === id)
        .map((line) => `${title} is locked for ${line.path}`),
      ...users.versions
        .filter((user) => !ids.has(user.version))
        .map((user) => `${title} is an input of version ${user.name ?? shortDigest(user.version)}`),
      ...users.runs.map(({ run, name }) => `${title} was read by run ${name ?? run}`),
    ]
  })
  if (uses.length === 0) return
  const more = uses.length > usesShownMax ? `; and ${uses.length - usesShownMax} more uses` : ''
  const shown = uses.slice(0, usesShownMax).join('; ')
  throw new MlstoreError('REFUSED', `Still in use: ${shown}${more}.`, {
    hint: '`--force` deletes it all the same.',
    details: { uses },
  })
}

/** A data set may have been read by thousands of runs. */
const usesShownMax = 10

function removedVersion(
  parts: StoreParts,
  { id, artifact, sizeBytes }: VersionRow,
): RemovedVersion {
  return { artifact, label: parts.catalog.labels.of(id) ?? null, digest: id, sizeBytes }
}
