/**
 * `pull`: fetches the log, then the bytes of what is wanted, then checks the lock out.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import { isMlstoreError, MlstoreError, notFound } from '../../errors.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { ArrivingFiles } from '../arriving-files.ts'
import { checkout, lockedVersion } from '../checkout.ts'
import { ensureLocal, isComplete } from '../ensure-local.ts'
import { lockedPaths } from '../lock-file.ts'
import type { StoreParts } from '../parts.ts'
import type { PullRequest } from '../requests.ts'
import { resolveVersion } from '../resolve.ts'
import type { PullResult } from '../results.ts'
import { ambientRun } from '../runs/ambient-run.ts'
import { recordInputs } from '../runs/input-links.ts'
import { catchUp } from './catch-up.ts'
import { downloadFrom, type DownloadFromRequest } from './download-version.ts'
import { runOfReference, sealedFilesOf } from './run-reference.ts'
import { type RemoteSession, withRemote } from './session.ts'

/** Brings the store and the working tree up to date with a remote. */
export async function pull(parts: StoreParts, request: PullRequest = {}): Promise<PullResult> {
  const { signal, force } = request
  const run = ambientRun(parts)
  const isWholeLock = (request.references ?? []).length === 0 && request.all !== true
  using arriving = isWholeLock ? new ArrivingFiles(parts) : undefined
  const fetched = await withRemote(parts, request.remote, async (session) => {
    const caughtUp = await catchUp(parts, session, { signal, forWriting: false })
    if (caughtUp === undefined) throw emptyRemote(session)
    const bytesReceived = await downloadAll(parts, session, request, arriving)
    return {
      remote: session.name,
      seq: caughtUp.head.seq,
      versions: caughtUp.versions,
      runs: caughtUp.runs,
      events: caughtUp.events,
      bytesReceived,
      requests: session.stats().requests,
    }
  })
  if (run !== undefined) {
    const named = (request.references ?? []).map((reference) => namedVersion(parts, reference).id)
    await recordInputs(parts, run, named, signal)
  }
  const written = isWholeLock ? await checkout(parts, { signal, force }, arriving) : undefined
  return { ...fetched, files: written?.writtenFiles ?? 0 }
}

/** Downloads the wanted versions that this remote has; others are `checkout`'s to find. */
async function downloadAll(
  parts: StoreParts,
  session: RemoteSession,
  request: PullRequest,
  arriving: ArrivingFiles | undefined,
): Promise<number> {
  const { signal } = request
  const repoId = parts.catalog.remotes.byName(session.name)?.repoId ?? ''
  let bytesReceived = 0
  for (const version of wantedVersions(parts, repoId, request)) {
    if (isComplete(parts, version, everyPath)) continue
    if (parts.catalog.remoteVersions.find(repoId, version.id) === undefined) continue
    const wanted = { version, selection: everyPath, arriving, signal }
    bytesReceived += await downloadOne(parts, session, wanted)
  }
  return bytesReceived
}

/** What is damaged on this remote may be whole on another. */
async function downloadOne(
  parts: StoreParts,
  session: RemoteSession,
  wanted: DownloadFromRequest,
): Promise<number> {
  try {
    return await downloadFrom(parts, session, wanted)
  } catch (error) {
    if (!isMlstoreError(error, 'OBJECT_MISSING')) throw error
    const { version, selection, signal } = wanted
    return (await ensureLocal(parts, version, selection, signal)).receivedBytes
  }
}

function wantedVersions(
  parts: StoreParts,
  repoId: string,
  request: PullRequest,
): readonly VersionRow[] {
  if (request.all === true) return parts.catalog.remoteVersions.all(repoId)
  const references = request.references ?? []
  if (references.length > 0) return references.map((reference) => namedVersion(parts, reference))
  return lockedPaths(parts).map((line) => lockedVersion(parts, line))
}

/** A version, or the files of a run. */
function namedVersion(parts: StoreParts, reference: string): VersionRow {
  const run = runOfReference(parts, reference)
  if (run === undefined) return resolveVersion(parts, reference)
  const files = sealedFilesOf(parts, run)
  if (files !== undefined) return files
  throw notFound(`Run ${run} has no files that were pushed.`, 'They are sealed when a run ends.')
}

function emptyRemote(session: RemoteSession): MlstoreError {
  return new MlstoreError('NOT_FOUND', `${session.remote.url} holds no repository.`, {
    hint: 'Check the URL; `mlstore push` from a store that has versions makes one there.',
  })
}
