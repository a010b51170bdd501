/** Downloads a version, or parts of one, from a remote that is known to have it. */

import { notFound } from '../../errors.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { PathSelection } from '../../worktree/path-selection.ts'
import type { StoreParts } from '../parts.ts'
import { catchUp } from './catch-up.ts'
import { download } from './download.ts'
import { ObjectFinder } from './object-finder.ts'
import { isMlstoreError } from '../../errors.ts'
import { transferConcurrency } from './concurrency.ts'
import { type RemoteSession, withRemote } from './session.ts'

export type DownloadVersionRequest = {
  /** Name of the remote. */
  readonly remote: string
  readonly version: VersionRow
  readonly selection: PathSelection
  readonly signal?: AbortSignal | undefined
}

/** Returns the bytes received. */
export function downloadVersion(
  parts: StoreParts,
  request: DownloadVersionRequest,
): Promise<number> {
  return withRemote(parts, request.remote, async (session) => {
    try {
      return await downloadFrom(parts, session, request)
    } catch (error) {
      if (!isMlstoreError(error, 'OBJECT_MISSING')) throw error
      // Rule R4: a gc may have moved things since the log was read. Look again, once.
      await catchUp(parts, session, { signal: request.signal, forWriting: false })
      return downloadFrom(parts, session, request)
    }
  })
}

/** The same through a remote that is open. */
export async function downloadFrom(
  parts: StoreParts,
  session: RemoteSession,
  request: Omit<DownloadVersionRequest, 'remote'>,
): Promise<number> {
  const { catalog, codec, progress } = parts
  await codec.open()
  const { version, selection, signal } = request
  const repoId = catalog.remotes.byName(session.name)?.repoId
  const location = repoId === undefined ? undefined : catalog.remoteVersions.find(repoId, version.id)
  if (repoId === undefined || location === undefined) {
    throw notFound(
      `${version.record.artifact} version ${version.id.slice(0, 12)} is not on ${session.name}.`,
    )
  }
  const concurrency = transferConcurrency(parts)
  const { remote } = session
  const task = progress.start('download')
  try {
    return await download(parts, {
      reader: { remote, codec, concurrency, signal },
      finder: new ObjectFinder(parts, {
        remote,
        repoId,
        packs: [...location.uses, location.root.packId],
        concurrency,
        options: { signal },
      }),
      root: { digest: version.record.root, location: location.root },
      selection,
      progress: task,
    })
  } finally {
    task.end()
  }
}
