/** `rm` and `restore`: versions leave and come back by tombstones; bytes go with `gc`. */

import type { EventFields } from '../core/events/event.ts'
import { parseReference } from '../core/reference.ts'
import { invalidArgument, MlstoreError } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { appendEvents } from './append-events.ts'
import { lockedPaths } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import type { RemoveRequest } from './requests.ts'
import { resolveReference } from './resolve.ts'
import type { RemovedVersion } from './results.ts'

/**
 * Deletes a version, or with `all` every version of an artifact.
 *
 * @throws {MlstoreError} `REFUSED` when an alias, the lock file or another version uses one and
 * `force` is not set.
 */
export async function remove(parts: StoreParts, request: RemoveRequest): Promise<RemovedVersion[]> {
  const versions = versionsToRemove(parts, request)
  if (request.force !== true) refuseUsed(parts, versions)
  const removed = versions.map((version) => removedVersion(parts, version))
  if (request.dryRun === true) return removed
  const because = request.reason === undefined ? {} : { reason: request.reason }
  await appendEvents(parts, () =>
    versions
      .filter(({ id }) => parts.catalog.versions.get(id)?.removedBy === undefined)
      .map(({ id }): EventFields => ({ type: 'version.remove', version: id, ...because })),
  )
  return removed
}

/** Takes a deletion back, as long as no gc has freed the bytes. */
export async function restore(parts: StoreParts, text: string): Promise<RemovedVersion[]> {
  const reference = parseReference(text)
  if (reference.selector === undefined) throw invalidArgument('Name the version: type/name@X.')
  const version = resolveReference(parts, reference)
  await appendEvents(parts, () =>
    parts.catalog.removals
      .of(version.id)
      .map((over): EventFields => ({ type: 'version.restore', version: version.id, over })),
  )
  return [removedVersion(parts, version)]
}

function versionsToRemove(parts: StoreParts, request: RemoveRequest): VersionRow[] {
  const reference = parseReference(request.reference)
  if (request.all === true) {
    if (reference.selector !== undefined)
      throw invalidArgument('`--all` takes type/name without @X.')
    resolveReference(parts, reference)
    return parts.catalog.versions.list(reference.artifact, {})
  }
  if (reference.selector === undefined) {
    throw invalidArgument(
      `Which version of ${reference.artifact}?`,
      'Name it: type/name@X; `--all` deletes every version.',
    )
  }
  return [resolveReference(parts, reference)]
}

function refuseUsed(parts: StoreParts, versions: readonly VersionRow[]): void {
  const ids = new Set(versions.map((version) => version.id))
  const aliases = parts.catalog.aliases.ofVersions([...ids])
  const uses = versions.flatMap(({ id, record }) => {
    const title = `${record.artifact}@${parts.catalog.labels.of(id) ?? id.slice(0, 12)}`
    const users = parts.catalog.versions.usedBy(id).filter((user) => !ids.has(user))
    return [
      ...(aliases.get(id) ?? []).map((alias) => `${title} is ${record.artifact}@${alias}`),
      ...lockedPaths(parts)
        .filter((line) => line.version === id)
        .map((line) => `${title} is locked for ${line.path}`),
      ...users.map((user) => `${title} is an input of version ${user.slice(0, 12)}`),
    ]
  })
  if (uses.length === 0) return
  throw new MlstoreError('REFUSED', `Still in use: ${uses.join('; ')}.`, {
    hint: '`--force` deletes it all the same.',
    details: { uses },
  })
}

function removedVersion(parts: StoreParts, { id, record }: VersionRow): RemovedVersion {
  const label = parts.catalog.labels.of(id) ?? null
  return { artifact: record.artifact, label, digest: id, sizeBytes: record.size }
}
