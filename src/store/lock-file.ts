/**
 * `mlstore.lock` of the repository: read, changed one line at a time, and kept beside `.gitignore`.
 */

import { type LockEntry, parseLockFile, serializeLockFile } from '../core/lock-file.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import type { StoreParts } from './parts.ts'
import { labelOrDigest } from './version-title.ts'
import { noteWritten } from './worktree-state.ts'

export const lockFileName = 'mlstore.lock'

/** One path and the version it holds. */
export type LockedPath = LockEntry

type LockParts = Pick<StoreParts, 'repository' | 'fs' | 'layout' | 'durableWrite'>

/** Every line, sorted by path; none where there is no lock file. */
export function lockedPaths({ repository }: Pick<StoreParts, 'repository'>): LockedPath[] {
  const text = repository.readText(lockFileName)
  return text === undefined ? [] : [...parseLockFile(text)]
}

/** The line that says the path holds this version. */
export function lineOf(
  parts: Pick<StoreParts, 'catalog'>,
  path: string,
  { id, artifact, root }: VersionRow,
): LockedPath {
  return { path, artifact, label: labelOrDigest(parts, id), version: id, root }
}

/**
 * Writes the version's label as it is now into the lines that name it. The caller holds the writer
 * lock and has read the lines under it.
 */
export function refreshLabel(
  parts: Pick<StoreParts, 'repository' | 'catalog'>,
  lines: readonly LockedPath[],
  { id }: VersionRow,
): void {
  const label = labelOrDigest(parts, id)
  if (lines.every((line) => line.version !== id || line.label === label)) return
  const fresh = lines.map((line) => (line.version === id ? { ...line, label } : line))
  parts.repository.writeText(lockFileName, serializeLockFile(fresh))
}

/**
 * Says that a path holds a version, and makes git leave the path alone. The caller holds the
 * writer lock.
 */
export function lockPath(parts: LockParts, line: LockedPath): void {
  const others = lockedPaths(parts).filter((other) => other.path !== line.path)
  parts.repository.writeText(lockFileName, serializeLockFile([...others, line]))
  if (parts.repository.hasGit) parts.repository.addIgnoredPath(line.path)
  noteWritten(parts, new Map([[line.path, line.root]]))
}
