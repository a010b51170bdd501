/** Downloads a version, or parts of one, from a remote that is known to have it. */

import type { VersionRow } from '../../catalog/version-row.ts'
import { isMlstoreError, notFound } from '../../errors.ts'
import { everyPath, type PathSelection } from '../../worktree/path-selection.ts'
import type { TransferCost } from '../ensure-local.ts'
import type { ArrivingFiles } from '../arriving-files.ts'
import type { StoreParts } from '../parts.ts'
import { versionTitle } from '../version-title.ts'
import { catchUp } from './catch-up.ts'
import { transferConcurrency } from './transfer-limits.ts'
import { download } from './download.ts'
import { noteLearned } from './learn-packs.ts'
import { ObjectFetcher } from './object-fetcher.ts'
import { ObjectFinder } from './object-finder.ts'
import { type RemoteSession, withRemote } from './session.ts'

export type DownloadFromRequest = {
  readonly version: VersionRow
  readonly selection: PathSelection
  /** Takes what arrives of large files, for the checkout that follows. Default: nobody does. */
  readonly arriving?: ArrivingFiles | undefined
  readonly signal?: AbortSignal | undefined
}

export type DownloadVersionRequest = DownloadFromRequest & {
  /** Name of the remote. */
  readonly remote: string
}

/** Opens the remote for it. */
export function downloadVersion(
  parts: StoreParts,
  request: DownloadVersionRequest,
): Promise<TransferCost> {
  return withRemote(parts, request.remote, async (session) => {
    const receivedBytes = await downloadFrom(parts, session, request)
    return { receivedBytes, requests: session.stats().requests }
  })
}

/**
 * The same through a remote that is open; returns the bytes received.
 *
 * A gc may have moved things since the log was read (rule R4): what cannot be found is looked for
 * once more with the log as it is now.
 */
export async function downloadFrom(
  parts: StoreParts,
  session: RemoteSession,
  request: DownloadFromRequest,
): Promise<number> {
  await parts.codec.open()
  try {
    return await downloadOnce(parts, session, request)
  } catch (error) {
    if (!isMlstoreError(error, 'OBJECT_MISSING')) throw error
    await catchUp(parts, session, { signal: request.signal, forWriting: false })
    return downloadOnce(parts, session, request)
  }
}

async function downloadOnce(
  parts: StoreParts,
  session: RemoteSession,
  { version, selection, arriving, signal }: DownloadFromRequest,
): Promise<number> {
  const { catalog, codec, progress } = parts
  const { compute } = parts.objects
  const { remote, name } = session
  const repoId = catalog.remotes.byName(name)?.repoId ?? ''
  const place = catalog.remoteVersions.find(repoId, version.id)
  if (place === undefined) throw notFound(`${versionTitle(parts, version)} is not on ${name}.`)
  const concurrency = transferConcurrency(parts)
  const packs = catalog.remotePacks.needsOf(repoId, place)
  const finder = new ObjectFinder(parts, {
    remote,
    repoId,
    packs,
    concurrency,
    options: { signal },
  })
  const fetcher = new ObjectFetcher({ remote, codec, compute, concurrency, signal }, finder)
  const root = { digest: version.root, location: place.root }
  const task = progress.start('download')
  try {
    const result = await download(parts, { fetcher, root, selection, arriving, progress: task })
    if (result.isWhole && selection === everyPath) noteLearned(parts, repoId, version.id)
    return result.receivedBytes
  } finally {
    task.end()
  }
}
