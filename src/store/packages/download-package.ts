/**
 * Writes a package version out, whatever kind of repository it comes from.
 *
 *   open  ->  compare with what is there  ->  fetch into unseen files  ->  give them their names
 *
 * Nothing changes before every byte has arrived and was verified. Files that are there already
 * with the same content are not fetched; other content is an error unless `overwrite`. Files that
 * the package does not have stay.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'

import { refuseHostilePaths } from '../../core/packages/documents.ts'
import type { PackageFile, PackageId, PackagePart } from '../../core/packages/package.ts'
import { comparePaths } from '../../core/tree/name-order.ts'
import type { TreeItem } from '../../core/tree/build.ts'
import { type Digest, emptyDigest } from '../../core/digest.ts'
import { digestMismatch, throwIfAborted } from '../../errors.ts'
import type { Temporaries } from '../../objects/temporary.ts'
import type { FileSystem } from '../../ports/file-system.ts'
import type { OpenedPackage, PackageRepository } from '../../ports/package-repository.ts'
import type { Progress } from '../../ports/progress.ts'
import { nearestFolder } from '../../worktree/file-system-time.ts'
import { IgnoreRules } from '../../worktree/ignore-rules.ts'
import { materialize } from '../../worktree/materialize.ts'
import { foldsCase } from '../../worktree/name-guard.ts'
import { type Plan, planChanges, type ScannedFile } from '../../worktree/plan.ts'
import { scanFolder } from '../../worktree/scan.ts'
import { hashLocalFile, hashSmallLocalFile } from './local-bytes.ts'
import { ReadAhead } from './read-ahead.ts'

export type DownloadRequest = {
  readonly id: PackageId
  /** A folder for each part that is wanted; absolute. */
  readonly targets: Readonly<Partial<Record<PackagePart, string>>>
  /** Replaces files that are there with other content. Default: false. */
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export type DownloadPlace = {
  readonly fs: FileSystem
  /** Names what is unfinished by this process. */
  readonly temporaries: Temporaries
  readonly progress: Progress
}

export type DownloadedFiles = Pick<OpenedPackage, 'info'> & {
  readonly files: number
  readonly sizeBytes: number
  readonly fetchedBytes: number
}

/**
 * Downloads what has a target.
 *
 * @throws {MlstoreError} `NOT_FOUND`; `WORKING_TREE_CHANGED` with the paths in the way in
 * `details.paths`; `INVALID_ARGUMENT` for a manifest that leads elsewhere; `DIGEST_MISMATCH`.
 */
export async function downloadPackage(
  place: DownloadPlace,
  repository: PackageRepository,
  request: DownloadRequest,
): Promise<DownloadedFiles> {
  const { id, targets, signal } = request
  const parts = wantedParts(targets)
  const opened = await repository.open(id, { parts: parts.map(([part]) => part), signal })
  refuseHostilePaths(opened.info.files)
  refuseFalseEmpty(opened.info.files)
  const planned: PlannedPart[] = []
  for (const [part, folder] of parts) {
    const files = opened.info.files.filter((file) => file.part === part)
    if (files.length === 0) continue
    planned.push({ folder, files, plan: await planPart(place, { folder, files }, request) })
  }
  for (const part of planned) await applyPart(place, opened, part, request)
  return {
    info: opened.info,
    files: planned.reduce((sum, { plan }) => sum + plan.files, 0),
    sizeBytes: planned.reduce((sum, { plan }) => sum + plan.sizeBytes, 0),
    fetchedBytes: opened.fetchedBytes(),
  }
}

/** Nothing is fetched for an empty file, so nothing else would find out. */
function refuseFalseEmpty(files: readonly PackageFile[]): void {
  const wrong = files.find(({ sizeBytes, digest }) => sizeBytes === 0 && digest !== emptyDigest)
  if (wrong !== undefined) throw digestMismatch(wrong.path, wrong.digest, emptyDigest)
}

type FilesOfPart = { readonly folder: string; readonly files: readonly PackageFile[] }
type PlannedPart = FilesOfPart & { readonly plan: Plan }

function wantedParts(targets: DownloadRequest['targets']): [PackagePart, string][] {
  return (['files', 'dependencies', 'code'] as const).flatMap((part) => {
    const folder = targets[part]
    return folder === undefined ? [] : [[part, folder]]
  })
}

async function planPart(
  { fs, temporaries }: DownloadPlace,
  { folder, files }: FilesOfPart,
  { overwrite, signal }: DownloadRequest,
): Promise<Plan> {
  const isThere = fs.lstat(folder) !== undefined
  const options = { odd: 'report', signal } as const
  return planChanges({
    disk: isThere ? scanFolder(fs, folder, IgnoreRules.none(), options) : undefined,
    target: [itemsOf(files)],
    digestsOf: (found) => digestsOfFiles(fs, folder, found, signal),
    titleOf: (path) => join(folder, path),
    limits: {
      foldsCase: foldsCase(fs, nearestFolder(fs, folder), temporaries.name()),
      windows: false,
    },
    force: overwrite,
    hint: 'Move them, choose another folder, or run the command again with `--overwrite` to lose them.',
    signal,
  })
}

/** The folders around the files are items too: what is on disk has them. */
function itemsOf(files: readonly PackageFile[]): TreeItem[] {
  const items = new Map<string, TreeItem>()
  for (const { path, digest, sizeBytes } of files) {
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      items.set(path.slice(0, end), { kind: 'directory', path: path.slice(0, end) })
    }
    items.set(path, { kind: 'file', path, digest, size: sizeBytes, exec: false })
  }
  return [...items.values()].sort((a, b) => comparePaths(a.path, b.path))
}

async function applyPart(
  { fs, temporaries, progress }: DownloadPlace,
  opened: OpenedPackage,
  { folder, files, plan }: PlannedPart,
  { signal }: DownloadRequest,
): Promise<void> {
  const byDigest = new Map<Digest, PackageFile>(files.map((file) => [file.digest, file]))
  const fileOf = (digest: Digest): PackageFile => {
    const file = byDigest.get(digest)
    assert(file !== undefined, 'a plan writes what the package has')
    return file
  }
  const task = progress.start('download', { files: plan.writtenFiles, bytes: plan.writtenBytes })
  await using ahead = new ReadAhead(opened, writtenDigests(plan).map(fileOf))
  try {
    await materialize(fs, {
      root: folder,
      steps: plan.steps,
      content: (digest) => ahead.read(fileOf(digest)),
      id: temporaries.name(),
      isAbandoned: (id) => temporaries.isAbandoned(id),
      onProgress: (step) => task.advance(step),
      signal,
    })
  } finally {
    task.end()
  }
}

/** Content that will be asked for, in order; that of empty files is not. */
function writtenDigests({ steps }: Plan): Digest[] {
  const digests: Digest[] = []
  for (const step of steps) {
    if (step.op === 'write' && step.content.sizeBytes > 0) digests.push(step.content.digest)
  }
  return digests
}

/** Without a store nothing is remembered of files: those of the right size are read. */
async function digestsOfFiles(
  fs: FileSystem,
  folder: string,
  files: readonly ScannedFile[],
  signal: AbortSignal | undefined,
): Promise<Digest[]> {
  const digests: Digest[] = []
  for (const { path, stat } of files) {
    throwIfAborted(signal)
    const file = { source: join(folder, path), stat }
    digests.push(hashSmallLocalFile(fs, file) ?? (await hashLocalFile(fs, file, signal)))
  }
  return digests
}
