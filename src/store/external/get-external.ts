/**
 * Writes the bytes of an external version into a folder: read from where they are, checked against
 * what was recorded, put in place as a whole. No line of the lock file stands for the folder.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'

import { type Digest, digestOf } from '../../core/digest.ts'
import {
  decodeExternal,
  EtagStream,
  externalFileName,
  type ExternalListing,
  externalMetaKey,
  type ExternalObject,
} from '../../core/external-objects.ts'
import type { TreeItem } from '../../core/tree/build.ts'
import { comparePaths } from '../../core/tree/name-order.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { blocksOf } from '../../objects/file-blocks.ts'
import { IgnoreRules } from '../../worktree/ignore-rules.ts'
import { materialize } from '../../worktree/materialize.ts'
import { everyPath, type PathSelection } from '../../worktree/path-selection.ts'
import { type Plan, planChanges, type ScannedFile, treeChanged } from '../../worktree/plan.ts'
import { joinPath, parentOf } from '../../worktree/relative-path.ts'
import { ensureLocal } from '../ensure-local.ts'
import { hashFiles } from '../hash-files.ts'
import type { StoreParts } from '../parts.ts'
import { titleOf } from '../paths.ts'
import { onlyFile } from '../tree-items.ts'
import { lookIntoFolder, type UserPath } from '../user-path.ts'
import { limitsOf } from '../write-out.ts'
import { ReadAhead } from './read-ahead.ts'
import { checkUnchanged, type ExternalReading, withExternal } from './read-external.ts'

export type GetExternalRequest = {
  readonly listing: ExternalListing
  /** Absolute: the folder. */
  readonly path: string
  readonly selection: PathSelection
  readonly force: boolean | undefined
  readonly signal: AbortSignal | undefined
}

export type GottenExternal = {
  readonly files: number
  readonly sizeBytes: number
  readonly fetchedBytes: number
  readonly requests: number
}

/**
 * The listing of an external version, which is fetched if it is not here; `undefined` for a version
 * of bytes that the store has.
 *
 * @throws {MlstoreError} `CORRUPT`
 */
export async function externalListingOf(
  parts: StoreParts,
  version: VersionRow,
  signal: AbortSignal | undefined,
): Promise<ExternalListing | undefined> {
  const { meta = {} } = version.record
  if (version.shape !== 'file' || !Object.hasOwn(meta, externalMetaKey)) return undefined
  await ensureLocal(parts, version, everyPath, signal)
  const file = onlyFile(parts, version.root)
  if (file?.path !== externalFileName) return undefined
  const where = `${version.artifact}: ${externalFileName}`
  const bytes: Uint8Array[] = []
  for await (const piece of parts.objects.readFile(file.digest, { signal })) {
    bytes.push(Uint8Array.from(piece))
  }
  return decodeExternal(Buffer.concat(bytes), where)
}

/**
 * Makes the folder hold what the listing names.
 *
 * @throws {MlstoreError} `WORKING_TREE_CHANGED` for other files in the way, `DIGEST_MISMATCH` and
 * `OBJECT_MISSING` for objects that changed; then nothing was written.
 */
export async function getExternal(
  parts: StoreParts,
  request: GetExternalRequest,
): Promise<GottenExternal> {
  const { listing, selection, signal } = request
  const objects = listing.objects.filter(({ path }) => selection.includes(path))
  const plan = await planFor(parts, request, objects)
  const requests = await withExternal(parts, listing.uri, async (folder) => {
    const reading: ExternalReading = { clock: parts.clock, folder, signal }
    if (plan.writtenFiles > 0) await checkUnchanged(reading, { ...listing, objects })
    await write(parts, { request, plan, objects }, reading)
    return folder.requests
  })
  const { files, sizeBytes, writtenBytes: fetchedBytes } = plan
  return { files, sizeBytes, fetchedBytes, requests }
}

async function planFor(
  parts: StoreParts,
  { path, force, signal }: GetExternalRequest,
  objects: readonly ExternalObject[],
): Promise<Plan> {
  const kind = parts.fs.lstat(path)?.kind
  if (kind !== undefined && kind !== 'directory') throw treeChanged([titleOf(parts, path)])
  const found = lookIntoFolder(parts, path, { rules: IgnoreRules.none(), odd: 'report', signal })
  const plan = await planChanges({
    disk: kind === undefined ? undefined : found.entries,
    target: [itemsOf(objects)],
    digestsOf: (files) => digestsOnDisk(parts, { found, objects, signal }, files),
    titleOf: (inside) => joinPath(titleOf(parts, path), inside),
    limits: limitsOf(parts, path),
    force,
    signal,
  })
  found.index.flush()
  return plan
}

/** Files and the folders around them, in tree order. */
function itemsOf(objects: readonly ExternalObject[]): TreeItem[] {
  const folders = new Set<string>()
  for (const { path } of objects) {
    for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) folders.add(folder)
  }
  const directories = Array.from(folders, (path): TreeItem => ({ kind: 'directory', path }))
  const files = objects.map((object): TreeItem => {
    const { path, sizeBytes: size } = object
    return { kind: 'file', path, digest: nameOfContent(object), size, exec: false }
  })
  return [...directories, ...files].sort((a, b) => comparePaths(a.path, b.path))
}

/** The digest of the bytes where it is known; else a name for what the ETag stands for. */
function nameOfContent({ path, sizeBytes, etag, sha256 }: ExternalObject): Digest {
  return sha256 ?? digestOf(Buffer.from(JSON.stringify([path, sizeBytes, etag])))
}

type OnDisk = {
  readonly found: UserPath
  readonly objects: readonly ExternalObject[]
  readonly signal: AbortSignal | undefined
}

/** What is on disk, by the names of the contents: a file that is right is not fetched again. */
async function digestsOnDisk(
  parts: StoreParts,
  { found, objects, signal }: OnDisk,
  files: readonly ScannedFile[],
): Promise<Digest[]> {
  const { folder, index } = found
  const wanted = new Map(objects.map((object) => [object.path, object]))
  const digests = await hashFiles(parts, folder, files, { index, signal })
  const named: Digest[] = []
  for (const [number, { path }] of files.entries()) {
    const object = wanted.get(path)
    const isIt = object !== undefined && (await isMd5(parts, join(folder, path), object.etag))
    const digest = isIt ? nameOfContent(object) : digests[number]
    if (digest !== undefined) named.push(digest)
  }
  return named
}

/** Whether an ETag is the MD5 of a file, as it mostly is of what was sent in one piece. */
async function isMd5(parts: StoreParts, path: string, etag = ''): Promise<boolean> {
  if (!/^[0-9a-f]{32}$/.test(etag)) return false
  const file = parts.fs.open(path, 'read')
  try {
    const stream = new EtagStream()
    for await (const block of blocksOf(file, { reuse: true })) stream.update(block)
    return stream.matches(etag)
  } finally {
    file.close()
  }
}

type Writing = {
  readonly request: GetExternalRequest
  readonly plan: Plan
  readonly objects: readonly ExternalObject[]
}

async function write(
  parts: StoreParts,
  { request, plan, objects }: Writing,
  reading: ExternalReading,
): Promise<void> {
  const { temporaries, progress } = parts
  const byName = new Map(objects.map((object) => [nameOfContent(object), object]))
  const objectOf = (name: Digest): ExternalObject => {
    const object = byName.get(name)
    assert(object !== undefined, 'the plan is of these objects')
    return object
  }
  const wanted = Array.from(plan.steps).flatMap((step) =>
    step.op === 'write' ? [objectOf(step.content.digest)] : [],
  )
  using ahead = new ReadAhead(reading, wanted)
  const task = progress.start('download', { files: plan.writtenFiles, bytes: plan.writtenBytes })
  try {
    await materialize(parts.fs, {
      root: request.path,
      steps: plan.steps,
      content: (name) => ahead.content(objectOf(name)),
      id: temporaries.name(),
      isAbandoned: (id) => temporaries.isAbandoned(id),
      onProgress: (step) => task.advance(step),
      signal: request.signal,
    })
  } finally {
    task.end()
  }
}
