/**
 * Makes the objects of a version present: what is missing here comes from a remote that has it.
 */

import type { Digest } from '../core/digest.ts'
import { walkTree } from '../core/tree/walk.ts'
import { isMlstoreError, MlstoreError } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { everyPath, type PathSelection } from '../worktree/path-selection.ts'
import { nodeSource } from './node-source.ts'
import type { StoreParts } from './parts.ts'
import { versionTitle } from './version-title.ts'
import { isWholeTree } from './whole-trees.ts'

/** What fetching took. */
export type TransferCost = { readonly receivedBytes: number; readonly requests: number }

/**
 * Fetches what the selection wants of the version and is not here.
 *
 * @returns What it cost; nothing when everything was here.
 * @throws {MlstoreError} `OBJECT_MISSING` when no remote has it.
 */
export async function ensureLocal(
  parts: StoreParts,
  version: VersionRow,
  selection: PathSelection,
  signal: AbortSignal | undefined,
): Promise<TransferCost> {
  if (isComplete(parts, version, selection)) return { receivedBytes: 0, requests: 0 }
  let failure: MlstoreError | undefined
  for (const remote of remotesWith(parts, version)) {
    const { downloadVersion } = await import('./sync/download-version.ts')
    try {
      return await downloadVersion(parts, { remote, version, selection, signal })
    } catch (error) {
      if (!isAboutOneRemote(error)) throw error
      failure ??= error
    }
  }
  throw failure ?? nowhere(parts, version)
}

/** Another remote may do better. */
function isAboutOneRemote(error: unknown): error is MlstoreError {
  return (
    isMlstoreError(error, 'OBJECT_MISSING') ||
    isMlstoreError(error, 'REMOTE_REPLACED') ||
    isMlstoreError(error, 'REMOTE_UNAVAILABLE') ||
    isMlstoreError(error, 'REMOTE_REFUSED')
  )
}

function nowhere(parts: StoreParts, version: VersionRow): MlstoreError {
  return new MlstoreError(
    'OBJECT_MISSING',
    `The bytes of ${versionTitle(parts, version)} are not here, and no remote has them.`,
    { hint: 'Whoever made it has to push it; then `mlstore fetch`.' },
  )
}

/** Names of the configured remotes that have the version, the default one first. */
export function remotesWith(parts: StoreParts, { id }: VersionRow): string[] {
  const { remotes, remoteVersions } = parts.catalog
  const config = parts.config()
  const first = config.defaultRemote()?.name
  return config
    .remotes()
    .map(({ name }) => name)
    .filter((name) => {
      const repoId = remotes.byName(name)?.repoId
      return repoId !== undefined && remoteVersions.find(repoId, id) !== undefined
    })
    .sort((a, b) => Number(b === first) - Number(a === first))
}

/** Whether every node the selection touches and every file it wants is here. */
export function isComplete(
  parts: Pick<StoreParts, 'objects' | 'catalog'>,
  version: VersionRow,
  selection: PathSelection,
): boolean {
  return isTreeComplete(parts, version.root, selection)
}

/** The same for a tree. */
export function isTreeComplete(
  parts: Pick<StoreParts, 'objects' | 'catalog'>,
  root: Digest,
  selection: PathSelection,
): boolean {
  if (selection === everyPath) return isWholeTree(parts, root)
  try {
    for (const { entry, path } of walkTree(nodeSource(parts), root, { filter: selection })) {
      if (entry.kind !== 'file' || !selection.includes(path)) continue
      if (!parts.objects.has(entry.digest)) return false
    }
    return true
  } catch (error) {
    if (isMlstoreError(error, 'OBJECT_MISSING')) return false
    throw error
  }
}
