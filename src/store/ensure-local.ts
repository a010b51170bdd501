/**
 * Makes the objects of a version present: what is missing here comes from a remote that has it.
 */

import { walkTree } from '../core/tree/walk.ts'
import { isMlstoreError, MlstoreError } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import type { PathSelection } from '../worktree/path-selection.ts'
import { nodeSource } from './node-source.ts'
import type { StoreParts } from './parts.ts'
import { downloadVersion } from './sync/download-version.ts'

/**
 * Fetches what the selection wants of the version and is not here.
 *
 * @returns Bytes received; 0 when everything was here.
 * @throws {MlstoreError} `OBJECT_MISSING` when no remote has it.
 */
export async function ensureLocal(
  parts: StoreParts,
  version: VersionRow,
  selection: PathSelection,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (isComplete(parts, version, selection)) return 0
  const failures: unknown[] = []
  for (const remote of remotesWith(parts, version)) {
    try {
      return await downloadVersion(parts, { remote, version, selection, signal })
    } catch (error) {
      if (!isMlstoreError(error, 'OBJECT_MISSING') && !isMlstoreError(error, 'REMOTE_UNAVAILABLE'))
        throw error
      failures.push(error)
    }
  }
  const [failure] = failures
  if (failure !== undefined) throw failure
  throw new MlstoreError(
    'OBJECT_MISSING',
    `${version.record.artifact} version ${version.id.slice(0, 12)} is not here, and no remote has it.`,
    { hint: 'Whoever made it has to push it; then `mlstore fetch`.' },
  )
}

/** Names of the configured remotes that have the version, the default one first. */
export function remotesWith(parts: StoreParts, version: VersionRow): string[] {
  const config = parts.config()
  const first = config.defaultRemote()?.name
  return config
    .remotes()
    .map((remote) => remote.name)
    .filter((name) => {
      const repoId = parts.catalog.remotes.byName(name)?.repoId
      return (
        repoId !== undefined && parts.catalog.remoteVersions.find(repoId, version.id) !== undefined
      )
    })
    .sort((a, b) => Number(b === first) - Number(a === first))
}

/** Whether every node the selection touches and every file it wants is here. */
export function isComplete(
  { objects }: Pick<StoreParts, 'objects'>,
  version: VersionRow,
  selection: PathSelection,
): boolean {
  try {
    for (const { entry, path } of walkTree(nodeSource({ objects }), version.record.root, {
      filter: selection,
    })) {
      if (entry.kind === 'file' && selection.includes(path) && !objects.has(entry.digest))
        return false
    }
    return true
  } catch (error) {
    if (isMlstoreError(error, 'OBJECT_MISSING')) return false
    throw error
  }
}
