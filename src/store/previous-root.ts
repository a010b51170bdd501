/** The tree that mlstore wrote to a path last, which tells its files from the user's. */

import type { Digest } from '../core/digest.ts'
import { isMlstoreError } from '../errors.ts'
import { noFiles } from '../worktree/path-selection.ts'
import { ensureLocal, isTreeComplete } from './ensure-local.ts'
import type { StoreParts } from './parts.ts'
import { stateKey } from './paths.ts'
import { readWorktreeState } from './worktree-state.ts'

/**
 * The root of that tree, with its nodes here.
 *
 * `undefined` if mlstore never wrote there, or if the tree can be had from nowhere any more: then
 * all that is there counts as the user's.
 */
export async function previousRoot(
  parts: StoreParts,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Digest | undefined> {
  const root = readWorktreeState(parts).get(stateKey(parts, path))
  const nodesOnly = noFiles('', true)
  if (root === undefined || isTreeComplete(parts, root, nodesOnly)) return root
  const [version] = parts.catalog.versions.byRoot(root)
  if (version === undefined) return undefined
  try {
    await ensureLocal(parts, version, nodesOnly, signal)
    return root
  } catch (error) {
    const isGone = isMlstoreError(error, 'OBJECT_MISSING')
    if (isGone || isMlstoreError(error, 'REMOTE_UNAVAILABLE')) return undefined
    throw error
  }
}
