/**
 * `status`: the locked paths against the working tree, and this store against its remotes.
 */

import { isLocalArtifact } from '../core/local-files.ts'
import { type CompareRequest, compareWithTree } from './compare-tree.ts'
import { ExclusionsOfPaths } from './exclusions.ts'
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
  return {
    paths: await statusOfPaths(parts, signal),
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
  const statuses = await statusOfPaths(parts, signal)
  const changed = new Set(statuses.filter(({ state }) => state === 'changed').map(pathOf))
  return lockedPaths(parts).filter(({ path }) => changed.has(path))
}

function pathOf({ path }: { readonly path: string }): string {
  return path
}

async function statusOfPaths(
  parts: StoreParts,
  signal: AbortSignal | undefined,
): Promise<LockedPathStatus[]> {
  const lines = lockedPaths(parts)
  if (lines.length === 0) return []
  const exclusions = new ExclusionsOfPaths(parts)
  const statuses: LockedPathStatus[] = []
  for (const line of lines) {
    statuses.push(await statusOf(parts, line, { rules: exclusions.rulesOf(line), signal }))
  }
  return statuses
}

async function statusOf(
  parts: StoreParts,
  { path, artifact, label, root }: LockedPath,
  options: Pick<CompareRequest, 'rules' | 'signal'>,
): Promise<LockedPathStatus> {
  const absolute = absolutePath(parts, path)
  const kind = parts.fs.lstat(absolute)?.kind
  if (kind === undefined) {
    return { path, artifact, label, state: 'missing', added: [], removed: [], changed: [] }
  }
  const request = { ...options, path: absolute, isFolder: kind === 'directory', root }
  const { isSame, added, removed, changed } = await compareWithTree(parts, request)
  return { path, artifact, label, state: isSame ? 'unchanged' : 'changed', added, removed, changed }
}

type Unpushed = StatusResult['unpushed'][number]

function unpushedTo(parts: StoreParts, remote: string): Unpushed {
  const { remotes, events, outgoing, versions } = parts.catalog
  const repoId = remotes.byName(remote)?.repoId
  const titles = outgoing.versions(repoId).flatMap((id) => {
    const artifact = versions.get(id)?.artifact ?? 'unknown'
    return isLocalArtifact(artifact) ? [] : [`${artifact}@${labelOrDigest(parts, id)}`]
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
