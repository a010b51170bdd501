/**
 * `status`: the locked paths against the working tree, and this store against its remotes.
 */

import { compareWithTree } from './compare-tree.ts'
import { type LockedPath, lockedPaths } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { absolutePath } from './paths.ts'
import type { StatusRequest } from './requests.ts'
import type { LockedPathStatus, StatusResult } from './results.ts'
import { labelOrDigest } from './version-title.ts'

/** What differs; with `fetch`, the remotes are asked first. */
export async function status(
  parts: StoreParts,
  request: StatusRequest = {},
): Promise<StatusResult> {
  const { signal } = request
  const names = parts
    .config()
    .remotes()
    .map(({ name }) => name)
  const behind = request.fetch === true ? await fetchAll(parts, names, signal) : []
  const paths: LockedPathStatus[] = []
  for (const line of lockedPaths(parts)) paths.push(await statusOf(parts, line, signal))
  return {
    paths,
    unpushed: names.map((name) => unpushedTo(parts, name)),
    behind,
    conflicts: await conflicts(parts, names),
  }
}

/** The lines of the lock whose paths hold something else by now. */
export async function changedPaths(
  parts: StoreParts,
  signal: AbortSignal | undefined,
): Promise<LockedPath[]> {
  const changed: LockedPath[] = []
  for (const line of lockedPaths(parts)) {
    if ((await statusOf(parts, line, signal)).state === 'changed') changed.push(line)
  }
  return changed
}

async function statusOf(
  parts: StoreParts,
  { path, artifact, label, root }: LockedPath,
  signal: AbortSignal | undefined,
): Promise<LockedPathStatus> {
  const absolute = absolutePath(parts, path)
  const kind = parts.fs.lstat(absolute)?.kind
  if (kind === undefined) {
    return { path, artifact, label, state: 'missing', added: [], removed: [], changed: [] }
  }
  const request = { path: absolute, isFolder: kind === 'directory', root, signal }
  const { isSame, added, removed, changed } = await compareWithTree(parts, request)
  return { path, artifact, label, state: isSame ? 'unchanged' : 'changed', added, removed, changed }
}

type Unpushed = StatusResult['unpushed'][number]

function unpushedTo(parts: StoreParts, remote: string): Unpushed {
  const { remotes, events, outgoing, versions } = parts.catalog
  const repoId = remotes.byName(remote)?.repoId
  const titles = outgoing.versions(repoId).map((id) => {
    const artifact = versions.get(id)?.artifact ?? 'unknown'
    return `${artifact}@${labelOrDigest(parts, id)}`
  })
  return { remote, versions: titles, events: events.unpushedCount(repoId) }
}

async function conflicts(
  parts: StoreParts,
  names: readonly string[],
): Promise<StatusResult['conflicts']> {
  if (names.length === 0) return []
  const { conflictsWith } = await import('./sync/conflicts.ts')
  return names.flatMap((name) => conflictsWith(parts, name))
}

type Behind = StatusResult['behind'][number]

async function fetchAll(
  parts: StoreParts,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Behind[]> {
  const { fetchRemote } = await import('./sync/fetch.ts')
  const behind: Behind[] = []
  for (const remote of names) {
    const { entries } = await fetchRemote(parts, remote, signal)
    behind.push({ remote, entries })
  }
  return behind
}
