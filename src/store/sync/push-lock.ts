/** One store runs one push to a remote at a time: others wait for it. */

import { join } from 'node:path'

import type { StoreParts } from '../parts.ts'
import type { RemoteSession } from './session.ts'

/**
 * Runs `work` as this store's only push to the remote.
 *
 * @throws {MlstoreError} `STORE_LOCKED` when another one goes on for longer than the time-out.
 */
export async function withPushLock<Result>(
  parts: StoreParts,
  session: RemoteSession,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  parts.fs.makeDirectory(parts.layout.pushes)
  const name = Buffer.from(session.name, 'utf8').toString('hex')
  return parts.withLock(join(parts.layout.pushes, `lock-${name}.sqlite`), work, signal)
}
