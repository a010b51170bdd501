/**
 * Writing a version into the working tree: plan against what is there, then apply.
 *
 * Which files mlstore may replace follows from what it wrote to the path last
 * (`.mlstore/worktree.json`); everything else on disk is the user's and stays, or stops the work.
 */

import { basename, dirname, join } from 'node:path'

import type { Digest } from '../core/digest.ts'
import type { TreeItem } from '../core/tree/build.ts'
import { type PathEntry, walkTree } from '../core/tree/walk.ts'
import { corrupt, notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { foldsCase, type NameLimits } from '../worktree/name-guard.ts'
import { fileSystemTime } from '../worktree/file-system-time.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import { materialize } from '../worktree/materialize.ts'
import { everyPath, type PathSelection } from '../worktree/path-selection.ts'
import { type Plan, planChanges, type ScannedFile } from '../worktree/plan.ts'
import { scanFolder, type ScanEntry } from '../worktree/scan.ts'
import { StatIndex } from '../worktree/stat-index.ts'
import { hashFiles } from './hash-files.ts'
import { nodeSource } from './node-source.ts'
import type { StoreParts } from './parts.ts'

export type WriteOutRequest = {
  readonly version: VersionRow
  /** Absolute: the folder for a tree, the file itself for a version of one file. */
  readonly path: string
  /** Root of the tree that mlstore wrote there last. */
  readonly previousRoot: Digest | undefined
  readonly selection?: PathSelection | undefined
  readonly force?: boolean | undefined
  readonly hardlink?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Writes a version whose objects are here; returns what the plan was. */
export async function writeOut(parts: StoreParts, request: WriteOutRequest): Promise<Plan> {
  await parts.codec.open()
  const isFile = request.version.record.shape === 'file'
  const place = isFile ? filePlace(parts, request) : treePlace(parts, request)
  const time = timeOf(parts, place.root)
  const stats = new StatIndex(parts.catalog.stats, place.root, time)
  const { signal, force } = request
  const plan = await planChanges({
    disk: place.disk,
    previous: place.previous,
    target: place.target,
    digestsOf: (files) => hashFiles(parts, place.root, files, { index: stats, signal }),
    force,
    limits: limitsOf(parts, place.root),
    signal,
  })
  stats.flush()
  await apply(parts, request, place.root, plan)
  return plan
}

async function apply(
  parts: StoreParts,
  request: WriteOutRequest,
  root: string,
  plan: Plan,
): Promise<void> {
  const task = parts.progress.start('write', { files: plan.writtenFiles, bytes: plan.writtenBytes })
  const { objects, fs, ids, catalog } = parts
  try {
    await materialize(fs, {
      root,
      steps: plan.steps,
      content: (digest) => objects.readSmallFile(digest) ?? objects.readFile(digest),
      link:
        request.hardlink === true
          ? (digest, path) => objects.loose.linkOut(digest, path, 'hardlink')
          : undefined,
      id: ids.id(),
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
  readonly root: string
  readonly disk: AsyncIterable<readonly ScanEntry[]> | readonly (readonly ScanEntry[])[] | undefined
  readonly previous: Iterable<readonly TreeItem[]>
  readonly target: Iterable<readonly TreeItem[]>
}

function treePlace(parts: StoreParts, request: WriteOutRequest): Place {
  const { fs } = parts
  const { path, version, previousRoot, selection = everyPath, signal } = request
  const isThere = fs.lstat(path) !== undefined
  if (!isThere) fs.makeDirectory(dirname(path))
  const rules = IgnoreRules.top()
  return {
    root: path,
    disk: isThere ? scanFolder(fs, path, rules, { odd: 'report', signal }) : undefined,
    previous: previousRoot === undefined ? [] : treeItems(parts, previousRoot, selection),
    target: treeItems(parts, version.record.root, selection),
  }
}

function filePlace(parts: StoreParts, request: WriteOutRequest): Place {
  const { path, version, previousRoot } = request
  const root = dirname(path)
  parts.fs.makeDirectory(root)
  const name = basename(path)
  return {
    root,
    disk: [scanOne(parts.fs, root, name)],
    previous: previousRoot === undefined ? [] : [[onlyFile(parts, previousRoot, name)]],
    target: [[onlyFile(parts, version.record.root, name)]],
  }
}

export function scanOne(fs: FileSystem, root: string, name: string): ScanEntry[] {
  const stat = fs.lstat(join(root, name))
  if (stat === undefined) return []
  if (stat.kind === 'file') return [{ kind: 'file', path: name, stat }]
  if (stat.kind === 'link') {
    return [{ kind: 'link', path: name, target: fs.readLink(join(root, name)) }]
  }
  return [{ kind: stat.kind, path: name }]
}

/** The one file of a version of shape `file`, under the name it shall have. */
export function onlyFile(parts: StoreParts, root: Digest, name: string): TreeItem {
  const [first] = walkTree(nodeSource(parts), root)
  if (first?.entry.kind !== 'file') throw corrupt(`tree ${root}`, 'it is not one file')
  const { digest, size, exec } = first.entry
  return { kind: 'file', path: name, digest, size, exec }
}

const itemsPerBatch = 1024

/** Items of a tree in order, in batches; an empty directory is an item like any other. */
export function* treeItems(
  parts: Pick<StoreParts, 'objects'>,
  root: Digest,
  selection: PathSelection,
): Generator<TreeItem[]> {
  let batch: TreeItem[] = []
  for (const found of walkTree(nodeSource(parts), root, { filter: withParents(selection) })) {
    batch.push(itemOf(found))
    if (batch.length < itemsPerBatch) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** The folders around what is selected belong to it. */
function withParents(selection: PathSelection): PathSelection {
  if (selection === everyPath) return selection
  return {
    ...selection,
    includes: (path) => selection.includes(path) || selection.mayBeIn(path),
  }
}

function itemOf({ path, entry }: PathEntry): TreeItem {
  if (entry.kind === 'file') {
    return { kind: 'file', path, digest: entry.digest, size: entry.size, exec: entry.exec }
  }
  if (entry.kind === 'link') return { kind: 'link', path, target: entry.target }
  return { kind: 'directory', path }
}

function timeOf(parts: StoreParts, root: string): bigint {
  const { fs, layout, ids } = parts
  let folder = root
  while (fs.lstat(folder) === undefined) {
    if (dirname(folder) === folder) throw notFound(root)
    folder = dirname(folder)
  }
  return fileSystemTime(fs, { folder, scratch: layout.temporary, id: ids.id() })
}

function limitsOf(parts: StoreParts, root: string): NameLimits {
  const folder = parts.fs.lstat(root) === undefined ? dirname(root) : root
  return { foldsCase: foldsCase(parts.fs, folder, parts.ids.id()), windows: false }
}

export type { ScannedFile }
