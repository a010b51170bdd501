/** `get`: writes a version, or parts of one, into the working tree; fetches what is missing. */

import { join, resolve } from 'node:path'

import { parseReference } from '../core/reference.ts'
import { notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { everyPath, selectPaths } from '../worktree/path-selection.ts'
import { lineOf } from './add.ts'
import { ensureLocal } from './ensure-local.ts'
import { lockedPaths, lockPath } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { absolutePath, pathInRepository, stateKey } from './paths.ts'
import type { GetRequest } from './requests.ts'
import { resolveReference } from './resolve.ts'
import type { GetResult } from './results.ts'
import { noteWritten, readWorktreeState } from './worktree-state.ts'
import { writeOut } from './write-out.ts'

/** Writes the version that the request names. */
export async function get(parts: StoreParts, request: GetRequest): Promise<GetResult> {
  const reference = parseReference(request.reference)
  const version = resolveReference(parts, reference)
  const wanted = [
    ...(request.paths ?? []),
    ...(reference.path === undefined ? [] : [reference.path]),
  ]
  const selection = selectPaths(wanted)
  const path = targetOf(parts, request, version)
  const fetchedBytes = await ensureLocal(parts, version, selection, request.signal)
  const state = readWorktreeState(parts)
  const plan = await writeOut(parts, {
    version,
    path,
    previousRoot: state.get(stateKey(parts, path)),
    selection,
    force: request.force,
    hardlink: request.hardlink,
    signal: request.signal,
  })
  if (plan.files === 0 && wanted.length > 0) {
    throw notFound(
      `${request.reference} has nothing at ${wanted.join(', ')}.`,
      `\`mlstore ls -r ${version.record.artifact}@${version.id.slice(0, 12)}\` lists what it has.`,
    )
  }
  // Parts of a version are a look inside, not what the path holds from now on.
  if (selection === everyPath) await note(parts, request, version, path)
  return {
    artifact: version.record.artifact,
    label: parts.catalog.labels.of(version.id) ?? null,
    digest: version.id,
    path,
    files: plan.files,
    sizeBytes: plan.sizeBytes,
    fetchedBytes,
  }
}

async function note(
  parts: StoreParts,
  request: GetRequest,
  version: VersionRow,
  path: string,
): Promise<void> {
  const inRepository = pathInRepository(parts, path)
  await parts.write(() => {
    if (inRepository === undefined || request.noLock === true) {
      noteWritten(parts, new Map([[stateKey(parts, path), version.record.root]]))
    } else {
      lockPath(parts, lineOf(parts, inRepository, version))
    }
  }, request.signal)
}

/** The folder or file to write: `-o`, else the lock's path for the artifact, else `./NAME`. */
function targetOf(parts: StoreParts, request: GetRequest, version: VersionRow): string {
  const { artifact, shape } = version.record
  if (request.output === undefined) {
    const line = lockedPaths(parts).find((each) => each.artifact === artifact)
    if (line !== undefined) return absolutePath(parts, line.path)
  }
  const name = artifact.slice(artifact.lastIndexOf('/') + 1)
  const path = realTarget(parts, resolve(parts.cwd, request.output ?? name))
  if (shape === 'tree') return path
  const isFolder =
    request.output?.endsWith('/') === true || parts.fs.lstat(path)?.kind === 'directory'
  return isFolder ? join(path, fileNameOf(parts, version)) : path
}

/** The path with links in the folders above it resolved; it itself need not be there. */
function realTarget(parts: StoreParts, path: string): string {
  const { fs } = parts
  let above = path
  const below: string[] = []
  while (fs.lstat(above) === undefined) {
    const parent = resolve(above, '..')
    below.unshift(above.slice(parent.length).replace(/^\/+/, ''))
    above = parent
  }
  return join(fs.realPath(above), ...below)
}

/** The name the file had when it was added; the tree is not read for it before it is here. */
function fileNameOf(parts: StoreParts, version: VersionRow): string {
  const line = lockedPaths(parts).find((each) => each.artifact === version.record.artifact)
  const path = line?.path ?? version.record.artifact
  return path.slice(path.lastIndexOf('/') + 1)
}
