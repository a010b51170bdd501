/** Digests of files in the working tree: from the stat cache, or by reading them. */

import { join } from 'node:path'

import { type Digest, DigestStream } from '../core/digest.ts'
import { throwIfAborted } from '../errors.ts'
import { blocksOf } from '../objects/file-blocks.ts'
import { fileChanged, isUntouched } from '../objects/unchanged.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { ScannedFile } from '../worktree/plan.ts'
import type { StatIndex } from '../worktree/stat-index.ts'
import type { StoreParts } from './parts.ts'

export type HashOptions = {
  readonly index: StatIndex
  readonly signal?: AbortSignal | undefined
}

/** The digest of each file, in order; what had to be read is recorded in the index. */
export async function hashFiles(
  parts: Pick<StoreParts, 'fs'>,
  root: string,
  files: readonly ScannedFile[],
  { index, signal }: HashOptions,
): Promise<Digest[]> {
  const digests: Digest[] = []
  for (const { path, stat } of files) {
    throwIfAborted(signal)
    const known = index.digestOf(path, stat)
    const digest = known ?? (await hashFile(parts.fs, join(root, path), signal))
    if (known === undefined) {
      const after = parts.fs.lstat(join(root, path))
      if (after === undefined || !isUntouched(stat, after)) throw fileChanged(path)
      index.record(path, stat, digest)
    }
    digests.push(digest)
  }
  return digests
}

async function hashFile(
  fs: FileSystem,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const file = fs.open(path, 'read')
  try {
    const hash = new DigestStream()
    for await (const block of blocksOf(file, { reuse: true, signal })) hash.update(block)
    return hash.end()
  } finally {
    file.close()
  }
}
