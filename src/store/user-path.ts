/**
 * A path of the user, looked at: what is there, and what is known of the files' digests.
 *
 * The one place that scans working trees for the use cases, so that all of them judge the age of
 * files by the same clock and agree on what a path holds.
 */

import { basename, dirname, join } from 'node:path'

import { invalidArgument, isMlstoreError, notFound } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { fileSystemTime } from '../worktree/file-system-time.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import type { Batches } from '../worktree/merge.ts'
import { type ScanEntry, scanFolder, type ScanOptions } from '../worktree/scan.ts'
import { StatIndex } from '../worktree/stat-index.ts'
import type { StoreParts } from './parts.ts'

/** What a user named: a file or a folder. */
export type Source = {
  /** Absolute, without links. */
  readonly path: string
  readonly isFolder: boolean
}

/**
 * Makes sure that a path is a file or a folder.
 *
 * @param path Absolute, without links in the folders above it.
 * @param title What the user called it.
 * @throws {MlstoreError} `NOT_FOUND`; `INVALID_ARGUMENT` for links, devices, sockets and fifos.
 */
export function sourceAt(fs: FileSystem, path: string, title: string): Source {
  const kind = fs.lstat(path)?.kind
  if (kind === 'file' || kind === 'directory') return { path, isFolder: kind === 'directory' }
  if (kind === undefined) throw notFound(`${title} is not there.`)
  if (kind === 'link') throw invalidArgument(`${title} is a link.`, 'Name what it points at.')
  throw invalidArgument(
    `${title} is a device, a socket or a fifo.`,
    'A version holds files, folders and links.',
  )
}

export type LookOptions = ScanOptions & {
  /** Default: what `.mlstoreignore` files say. */
  readonly rules?: IgnoreRules | undefined
}

export type UserPath = {
  /** The folder itself, or the one that holds the file. */
  readonly folder: string
  /** What is there; paths are relative to `folder`. Nothing is scanned before it is asked for. */
  readonly entries: Batches<ScanEntry>
  readonly index: StatIndex
  /** The file system's time before the first look. */
  readonly timeNs: bigint
}

/** Looks into a folder. */
export function lookIntoFolder(
  parts: StoreParts,
  folder: string,
  { rules = IgnoreRules.top(), ...options }: LookOptions = {},
): UserPath {
  const timeNs = timeOf(parts, folder)
  const index = new StatIndex(parts.catalog.stats, folder, timeNs)
  return { folder, timeNs, index, entries: scanFolder(parts.fs, folder, rules, options) }
}

/** Looks at a single file or link, or at nothing, at `path`. */
export function lookAtFile(parts: StoreParts, path: string): UserPath {
  const folder = dirname(path)
  const timeNs = timeOf(parts, folder)
  const index = new StatIndex(parts.catalog.stats, folder, timeNs, 'each')
  return { folder, timeNs, index, entries: [scanOne(parts.fs, folder, basename(path))] }
}

/** Looks at what a user named. */
export function lookAt(parts: StoreParts, source: Source, options: LookOptions = {}): UserPath {
  const { path, isFolder } = source
  return isFolder ? lookIntoFolder(parts, path, options) : lookAtFile(parts, path)
}

function scanOne(fs: FileSystem, folder: string, name: string): ScanEntry[] {
  const path = join(folder, name)
  const stat = fs.lstat(path)
  if (stat === undefined) return []
  if (stat.kind === 'file') return [{ kind: 'file', path: name, stat }]
  if (stat.kind === 'link') return [{ kind: 'link', path: name, target: fs.readLink(path) }]
  return [{ kind: stat.kind, path: name }]
}

/** Where the store cannot be written, no file counts as old enough to be remembered. */
function timeOf({ fs, layout, temporaries }: StoreParts, folder: string): bigint {
  try {
    return fileSystemTime(fs, { folder, scratch: layout.temporary, id: temporaries.name() })
  } catch (error) {
    if (isMlstoreError(error, 'REFUSED')) return 0n
    throw error
  }
}
