/**
 * `status`: the locked paths against the working tree, and this store against its remotes.
 */

import { compareWithTree, type TreeDifference } from './compare-tree.ts'
import { lockedPaths, type LockedPath } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { absolutePath } from './paths.ts'
import type { StatusRequest } from './requests.ts'
import type { PathState, StatusResult } from './results.ts'
import { conflictsWith } from './sync/conflicts.ts'
import { fetchRemote } from './sync/fetch.ts'

/** What differs; with `fetch`, the remotes are asked first. */
export async function status(
  parts: StoreParts,
  request: StatusRequest = {},
): Promise<StatusResult> {
  const { signal } = request
  const remotes = parts.config().remotes()
  const behind = request.fetch === true ? await fetchAll(parts, signal) : []
  const paths = []
  for (const line of lockedPaths(parts)) {
    const difference = await differenceOf(parts, line, signal)
    const { added, removed, changed } = difference
    const { path, artifact, label } = line
    paths.push({ path, artifact, label, state: stateOf(difference), added, removed, changed })
  }
  return {
    paths,
    unpushed: remotes.flatMap(({ name }) => unpushedTo(parts, name)),
    behind,
    conflicts: remotes.flatMap(({ name }) => conflictsWith(parts, name)),
  }
}

/** The lines of the lock whose paths hold something else by now. */
export async function changedPaths(
  parts: StoreParts,
  signal: AbortSignal | undefined,
): Promise<LockedPath[]> {
  const changed: LockedPath[] = []
  for (const line of lockedPaths(parts)) {
    if (stateOf(await differenceOf(parts, line, signal)) === 'changed') changed.push(line)
  }
  return changed
}

function differenceOf(
  parts: StoreParts,
  line: LockedPath,
  signal: AbortSignal | undefined,
): Promise<TreeDifference> {
  return compareWithTree(parts, { path: absolutePath(parts, line.path), root: line.root, signal })
}

function stateOf(difference: TreeDifference): PathState {
  if (!difference.isThere) return 'missing'
  const { added, removed, changed, isTreeUnknown } = difference
  const isSame = added.length === 0 && removed.length === 0 && changed.length === 0
  return isSame && !isTreeUnknown ? 'unchanged' : 'changed'
}

function unpushedTo(parts: StoreParts, name: string): StatusResult['unpushed'][number][] {
  const repoId = parts.catalog.remotes.byName(name)?.repoId
  const events = parts.catalog.events.unpushed(repoId)
  const versions = events.flatMap((event) => {
    if (event.type !== 'version.add') return []
    const label = parts.catalog.labels.of(event.version) ?? event.version.slice(0, 12)
    return [`${event.record.artifact}@${label}`]
  })
  return [{ remote: name, versions, events: events.length }]
}

async function fetchAll(
  parts: StoreParts,
  signal: AbortSignal | undefined,
): Promise<StatusResult['behind'][number][]> {
  const behind = []
  for (const { name } of parts.config().remotes()) {
    const { entries } = await fetchRemote(parts, name, signal)
    behind.push({ remote: name, entries })
  }
  return behind
}
