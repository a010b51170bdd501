/** `get`: writes a version, or parts of one, into the working tree; fetches what is missing. */

import { join } from 'node:path'

import { externalFileName, type ExternalListing } from '../core/external-objects.ts'
import { nameOf } from '../worktree/relative-path.ts'
import { parseReference } from '../core/reference.ts'
import { invalidArgument, isMlstoreError, notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { everyPath, type PathSelection, selectPaths } from '../worktree/path-selection.ts'
import { ensureLocal } from './ensure-local.ts'
import { externalListingOf, getExternal } from './external/get-external.ts'
import { lineOf, lockedPaths, lockFileName, lockPath } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { absolutePath, pathInRepository, realTarget, stateKey } from './paths.ts'
import { previousRoot } from './previous-root.ts'
import type { GetRequest } from './requests.ts'
import { resolveReference } from './resolve.ts'
import type { GetResult } from './results.ts'
import { ambientRun } from './runs/ambient-run.ts'
import { recordInputs } from './runs/input-links.ts'
import { onlyFile } from './tree-items.ts'
import { shortDigest } from './version-title.ts'
import { noteWritten } from './worktree-state.ts'
import { applyWriteOut, planWriteOut } from './write-out.ts'

/** Writes the version that the request names. */
export async function get(parts: StoreParts, request: GetRequest): Promise<GetResult> {
  const { signal } = request
  const run = ambientRun(parts)
  const reference = parseReference(request.reference)
  const version = resolveReference(parts, reference)
  const inside = reference.path === undefined ? [] : [reference.path]
  const wanted = [...(request.paths ?? []), ...inside]
  const asked = { request, version, wanted, selection: selectPaths(wanted) }
  // The list of what is elsewhere is a file of the version, to be had as such.
  const isListWanted = wanted.includes(externalFileName)
  const listing = isListWanted ? undefined : await externalListingOf(parts, version, signal)
  const gotten =
    listing === undefined ? await getStored(parts, asked) : await getListed(parts, asked, listing)
  if (run !== undefined) await recordInputs(parts, run, [version.id], signal)
  const label = parts.catalog.labels.of(version.id) ?? null
  return { artifact: version.artifact, label, digest: version.id, ...gotten }
}

type Asked = {
  readonly request: GetRequest
  readonly version: VersionRow
  /** Parts of the version; none: all of it. */
  readonly wanted: readonly string[]
  readonly selection: PathSelection
}

type Gotten = Omit<GetResult, 'artifact' | 'label' | 'digest'>

/** Bytes that the store has, or a remote. */
async function getStored(parts: StoreParts, asked: Asked): Promise<Gotten> {
  const { request, version, wanted, selection } = asked
  const { force, hardlink, signal } = request
  // What the lock says is looked up before anything is fetched, since it may be an error.
  const locked = request.output === undefined ? lockedTarget(parts, version) : undefined
  const fetched = await ensureLocal(parts, version, selection, signal)
  const path = locked ?? newTarget(parts, request, version)
  const planned = await planWriteOut(parts, {
    version,
    path,
    previousRoot: await previousRoot(parts, path, signal),
    selection,
    force,
    hardlink,
    signal,
  })
  const { files, sizeBytes } = planned.plan
  if (files === 0 && wanted.length > 0) throw nothingAt(asked)
  await applyWriteOut(parts, planned)
  // Parts of a version are a look inside, not what the path holds from now on.
  if (selection === everyPath) await note(parts, request, version, path)
  const { receivedBytes: fetchedBytes, requests } = fetched
  return { path, files, sizeBytes, fetchedBytes, requests }
}

/** Bytes that lie in a bucket or folder of the user. */
async function getListed(
  parts: StoreParts,
  asked: Asked,
  listing: ExternalListing,
): Promise<Gotten> {
  const { request, version, selection } = asked
  const { output = nameOf(version.artifact), force, signal } = request
  const path = realTarget(parts, output)
  const gotten = await getExternal(parts, { listing, path, selection, force, signal })
  if (gotten.files === 0) throw nothingAt(asked)
  return { path, ...gotten }
}

/** The path that the lock has for the artifact, if it has one. */
function lockedTarget(parts: StoreParts, { artifact }: VersionRow): string | undefined {
  const paths = lockedPaths(parts).filter((line) => line.artifact === artifact)
  const [first, ...others] = paths.map((line) => line.path)
  if (others.length === 0) return first === undefined ? undefined : absolutePath(parts, first)
  throw invalidArgument(
    `${lockFileName} has ${artifact} at several paths: ${[first, ...others].join(', ')}.`,
    'Say which one with `-o PATH`.',
  )
}

/** What `-o` says, else `./NAME`. A version of one file goes into a folder that is there. */
function newTarget(
  parts: StoreParts,
  { output }: GetRequest,
  { artifact, shape, root }: VersionRow,
): string {
  const path = realTarget(parts, output ?? nameOf(artifact))
  if (shape === 'tree') return path
  const isFolder = output?.endsWith('/') === true || parts.fs.lstat(path)?.kind === 'directory'
  return isFolder ? join(path, onlyFile(parts, root)?.path ?? nameOf(artifact)) : path
}

async function note(
  parts: StoreParts,
  { noLock, signal }: GetRequest,
  version: VersionRow,
  path: string,
): Promise<void> {
  const inRepository = noLock === true ? undefined : pathInRepository(parts, path)
  try {
    await parts.write(() => {
      if (inRepository !== undefined) lockPath(parts, lineOf(parts, inRepository, version))
      else noteWritten(parts, new Map([[stateKey(parts, path), version.root]]))
    }, signal)
  } catch (error) {
    // From a store that can only be read: the files then count as the user's.
    if (inRepository !== undefined || !isMlstoreError(error, 'REFUSED')) throw error
  }
}

function nothingAt({ request, version, wanted }: Asked): Error {
  return notFound(
    `${request.reference} has nothing at ${wanted.join(', ')}.`,
    `\`mlstore ls -r ${version.artifact}@${shortDigest(version.id)}\` lists what it has.`,
  )
}
