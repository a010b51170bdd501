/**
 * `checkout`: makes the working tree what `mlstore.lock` says, without eating edits.
 */

import { resolve } from 'node:path'

import type { Digest } from '../core/digest.ts'
import { isDigest } from '../core/digest.ts'
import { MlstoreError, notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { everyPath } from '../worktree/path-selection.ts'
import { ensureLocal } from './ensure-local.ts'
import { lockedPaths, lockFileName, type LockedPath } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { absolutePath, pathInRepository } from './paths.ts'
import type { CheckoutRequest } from './requests.ts'
import type { CheckoutResult } from './results.ts'
import { noteWritten, readWorktreeState } from './worktree-state.ts'
import { writeOut } from './write-out.ts'

/** Checks out the locked paths, or those of them that the request names. */
export async function checkout(
  parts: StoreParts,
  request: CheckoutRequest = {},
): Promise<CheckoutResult> {
  const lines = chosenLines(parts, request.paths ?? [])
  const versions = lines.map((line) => lockedVersion(parts, line))
  const total = { files: 0, sizeBytes: 0, writtenFiles: 0, removedFiles: 0, fetchedBytes: 0 }
  for (const [index, line] of lines.entries()) {
    const version = versions[index]
    if (version === undefined) continue
    total.fetchedBytes += await ensureLocal(parts, version, everyPath, request.signal)
    const plan = await writeOut(parts, {
      version,
      path: absolutePath(parts, line.path),
      previousRoot: readWorktreeState(parts).get(line.path),
      force: request.force,
      signal: request.signal,
    })
    await parts.write(() => noteWritten(parts, new Map([[line.path, line.root]])), request.signal)
    total.files += plan.files
    total.sizeBytes += plan.sizeBytes
    total.writtenFiles += plan.writtenFiles
    total.removedFiles += plan.removedFiles
  }
  return { paths: lines.map((line) => line.path), ...total }
}

/** The version a line names; if it was deleted, any other with the same content. */
export function lockedVersion(parts: Pick<StoreParts, 'catalog'>, line: LockedPath): VersionRow {
  const { catalog } = parts
  const id: Digest | undefined = isDigest(line.version) ? line.version : undefined
  const named = id === undefined ? undefined : catalog.versions.get(id)
  if (named !== undefined && named.removedBy === undefined) return named
  const [same] = catalog.versions.byRoot(line.root)
  if (same !== undefined) return same
  const title = `${line.artifact}@${line.label}, which ${lockFileName} names for ${line.path},`
  if (named?.removedBy === undefined) {
    throw notFound(
      `${title} is not known here.`,
      'Run `mlstore pull`: a colleague may have pushed it.',
    )
  }
  const removal = catalog.events.get(named.removedBy)
  throw new MlstoreError(
    'NOT_FOUND',
    `${title} was deleted by ${removal?.by ?? 'someone'} at ${removal?.at ?? 'an unknown time'}.`,
    { hint: `\`mlstore restore ${line.artifact}@${line.version.slice(0, 12)}\` takes that back.` },
  )
}

function chosenLines(parts: StoreParts, paths: readonly string[]): LockedPath[] {
  const lines = lockedPaths(parts)
  if (paths.length === 0) return lines
  return paths.map((path) => {
    const wanted = pathInRepository(parts, resolve(parts.cwd, path))
    const line = lines.find((each) => each.path === wanted)
    if (line !== undefined) return line
    throw notFound(`${lockFileName} has no line for ${path}.`, '`mlstore status` lists its paths.')
  })
}
