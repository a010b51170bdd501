/** One store runs one push to a repository at a time: others wait for it. */

import { join } from 'node:path'

import type { StoreParts } from '../parts.ts'

/**
 * Runs `work` as this store's only push to the repository, whatever names and URLs it has.
 *
 * @throws {MlstoreError} `STORE_LOCKED` when another one goes on for longer than the time-out.
 */
export async function withPushLock<Result>(
  parts: StoreParts,
  repoId: string,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const { fs, layout } = parts
  fs.makeDirectory(layout.pushes)
  return parts.withLock(join(layout.pushes, `lock-${repoId}.sqlite`), work, signal)
}
