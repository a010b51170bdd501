/**
 * A remote in use: which one, opened, and how far its log is known here.
 */

import { MlstoreError } from '../../errors.ts'
import type { LogHead } from '../../core/log/entry.ts'
import type { ConfiguredRemote } from '../config.ts'
import type { OpenRemote, StoreParts } from '../parts.ts'

export type RemoteSession = OpenRemote & {
  readonly configured: ConfiguredRemote
  readonly name: string
}

/**
 * Opens the named remote, or the default one, for as long as `work` runs.
 *
 * @throws {MlstoreError} `NOT_FOUND` without such a remote.
 */
export async function withRemote<Result>(
  parts: StoreParts,
  name: string | undefined,
  work: (session: RemoteSession) => Promise<Result>,
): Promise<Result> {
  const config = parts.config()
  const configured = name === undefined ? config.defaultRemote() : config.remote(name)
  if (configured === undefined) {
    const names = config.remotes().map((remote) => remote.name)
    throw new MlstoreError(
      'NOT_FOUND',
      names.length === 0 ? 'There is no remote.' : 'There is no default remote.',
      {
        hint:
          names.length === 0
            ? 'Add one: `mlstore remote add origin s3://BUCKET/PREFIX` (or file:///FOLDER).'
            : `Name one (${names.join(', ')}), or set it: \`mlstore config set default-remote NAME\`.`,
      },
    )
  }
  const opened = await parts.openRemote(configured)
  try {
    return await work({ ...opened, configured, name: configured.name })
  } finally {
    await opened.remote.close()
  }
}

/** How far the log of this repository is known here. */
export function knownHead(parts: StoreParts, repoId: string): LogHead {
  const head = parts.catalog.remotes.head(repoId)
  if (head !== undefined) return head
  throw new MlstoreError('NOT_FOUND', `Repository ${repoId} was never seen here.`)
}
