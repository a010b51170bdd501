/**
 * Writing versions into the working tree: plan against what is there, then apply.
 *
 * Which files mlstore may replace follows from what it wrote to the path last
 * (`.mlstore/worktree.json`); everything else on disk is the user's and stays, or stops the work.
 */

import { basename } from 'node:path'

import type { Digest } from '../core/digest.ts'
import type { TreeItem } from '../core/tree/build.ts'
import { corrupt, isMlstoreError } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { nearestFolder } from '../worktree/file-system-time.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import { materialize } from '../worktree/materialize.ts'
import type { Batches } from '../worktree/merge.ts'
import { foldsCase, type NameLimits } from '../worktree/name-guard.ts'
import type { PathSelection } from '../worktree/path-selection.ts'
import { type Plan, planChanges } from '../worktree/plan.ts'
import { joinPath } from '../worktree/relative-path.ts'
import type { ScanEntry } from '../worktree/scan.ts'
import type { ArrivingFiles } from './arriving-files.ts'
import { hashFiles } from './hash-files.ts'
import type { StoreParts } from './parts.ts'
import { titleOf } from './paths.ts'
import { entriesBelow, itemsBelow, onlyFile, treeItems } from './tree-items.ts'
import { lookAtFile, lookIntoFolder, type UserPath } from './user-path.ts'

export type WriteOutRequest = {
  /** Its objects are here. */
  readonly version: VersionRow
  /** Absolute: the folder for a tree, the file itself for a version of one file. */
  readonly path: string
  /** Root of the tree that mlstore wrote there last, as far as its nodes are here. */
  readonly previousRoot: Digest | undefined
  /** Default: everything. */
  readonly selection?: PathSelection | undefined
  /** Replaces what mlstore did not write. Default: false. */
  readonly force?: boolean | undefined
  /** Links instead of copies where the store has whole files. Default: false. */
  readonly hardlink?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What is to be done; nothing was changed yet. */
export type PlannedWrite = {
  readonly request: Pick<WriteOutRequest, 'hardlink' | 'signal'>
  /** The folder that the plan's paths are relative to. */
  readonly folder: string
  readonly plan: Plan
}

/**
 * Compares what is at the path with what shall be there.
 *
 * @throws {MlstoreError} `WORKING_TREE_CHANGED`; `details.paths` are relative to the repository,
 * or absolute outside of it.
 */
export async function planWriteOut(
  parts: StoreParts,
  request: WriteOutRequest,
): Promise<PlannedWrite> {
  const { signal, force } = request
  const place = placeOf(parts, request)
  const { folder, index } = place.found
  const plan = await planChanges({
    disk: place.disk,
    previous: place.previous,
    target: place.target,
    digestsOf: (files) => hashFiles(parts, folder, files, { index, signal }),
    titleOf: (path) => joinPath(titleOf(parts, folder), path),
    limits: limitsOf(parts, folder),
    force,
    signal,
  })
  index.flush()
  return { request, folder, plan }
}

/**
 * Does what was planned; returns when it is durable.
 *
 * @param arrived Files that a download has written already.
 */
export async function applyWriteOut(
  parts: StoreParts,
  planned: PlannedWrite,
  arrived?: ArrivingFiles,
): Promise<void> {
  const { request, folder, plan } = planned
  await parts.codec.open()
  const task = parts.progress.start('write', { files: plan.writtenFiles, bytes: plan.writtenBytes })
  const { objects, fs, temporaries, catalog } = parts
  const place = async (digest: Digest, path: string): Promise<boolean> => {
    if (arrived?.place(digest, path) === true) return true
    return request.hardlink === true && objects.loose.linkOut(digest, path, 'hardlink')
  }
  try {
    await materialize(fs, {
      root: folder,
      steps: plan.steps,
      content: (digest) => objects.readSmallFile(digest) ?? objects.readFile(digest),
      place: request.hardlink === true || arrived !== undefined ? place : undefined,
      id: temporaries.name(),
      isAbandoned: (id) => temporaries.isAbandoned(id),
      onProgress: (step) => task.advance(step),
      onRows: (rows) => catalog.stats.put(rows),
      signal: request.signal,
    })
  } finally {
    task.end()
  }
}

/** What is on disk, what mlstore wrote, and what shall be there, below one folder. */
type Place = {
  readonly found: UserPath
  readonly disk: Batches<ScanEntry> | undefined
  readonly previous: Batches<TreeItem>
  readonly target: Batches<TreeItem>
}

function placeOf(parts: StoreParts, request: WriteOutRequest): Place {
  const kind = parts.fs.lstat(request.path)?.kind
  const isFile = request.version.shape === 'file'
  if (kind === 'directory') return isFile ? fileOverFolder(parts, request) : tree(parts, request)
  if (isFile) return file(parts, request)
  return kind === undefined ? tree(parts, request) : folderOverFile(parts, request)
}

/** A folder, new or with something in it. */
function tree(parts: StoreParts, request: WriteOutRequest): Place {
  const { path, version, previousRoot, selection } = request
  const found = lookForWriting(parts, request)
  return {
    found,
    disk: parts.fs.lstat(path) === undefined ? undefined : found.entries,
    previous: previousRoot === undefined ? [] : treeItems(parts, previousRoot, selection),
    target: treeItems(parts, version.root, selection),
  }
}

/** One file, in a folder of the user or in one that is still to be made. */
function file(parts: StoreParts, request: WriteOutRequest): Place {
  const found = lookAtFile(parts, request.path)
  return {
    found,
    disk: parts.fs.lstat(found.folder) === undefined ? undefined : found.entries,
    previous: previousFile(parts, request),
    target: [[fileOf(parts, request)]],
  }
}

/** The path held a folder, and shall be a file. */
function fileOverFolder(parts: StoreParts, request: WriteOutRequest): Place {
  const { path, previousRoot } = request
  const name = basename(path)
  const inside = lookForWriting(parts, request)
  return {
    found: lookAtFile(parts, path),
    disk: entriesBelow(name, inside.entries),
    previous: previousRoot === undefined ? [] : itemsBelow(name, treeItems(parts, previousRoot)),
    target: [[fileOf(parts, request)]],
  }
}

/** The path held a file, a link or something else, and shall be a folder. */
function folderOverFile(parts: StoreParts, request: WriteOutRequest): Place {
  const { path, version, selection } = request
  const found = lookAtFile(parts, path)
  return {
    found,
    disk: found.entries,
    previous: previousFile(parts, request),
    target: itemsBelow(basename(path), treeItems(parts, version.root, selection)),
  }
}

/** Ignored files count: they may be in the way, and must not be lost. */
function lookForWriting(parts: StoreParts, { path, signal }: WriteOutRequest): UserPath {
  return lookIntoFolder(parts, path, { rules: IgnoreRules.none(), odd: 'report', signal })
}

function previousFile(
  parts: StoreParts,
  { path, previousRoot }: WriteOutRequest,
): readonly (readonly TreeItem[])[] {
  const known = previousRoot === undefined ? undefined : onlyFile(parts, previousRoot)
  return known === undefined ? [] : [[{ ...known, path: basename(path) }]]
}

/** The one file of the version, under the name it shall have. */
function fileOf(parts: StoreParts, { version, path }: WriteOutRequest): TreeItem {
  const found = onlyFile(parts, version.root)
  if (found === undefined) throw corrupt(`tree ${version.root}`, 'it is not one file')
  return { ...found, path: basename(path) }
}

/** What names the file system at a folder cannot tell apart. */
export function limitsOf({ fs, temporaries }: StoreParts, folder: string): NameLimits {
  const existing = nearestFolder(fs, folder)
  try {
    return { foldsCase: foldsCase(fs, existing, temporaries.name()), windows: false }
  } catch (error) {
    // Where nothing can be written, nothing has to be told apart.
    if (isMlstoreError(error, 'REFUSED')) return { foldsCase: false, windows: false }
    throw error
  }
}
