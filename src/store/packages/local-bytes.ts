/** Bytes and digests of the user's files, as they were when they were found, or an error. */

import { type Digest, digestOf, DigestStream } from '../../core/digest.ts'
import { blocksOf } from '../../objects/file-blocks.ts'
import { fileChanged, isUntouched } from '../../objects/unchanged.ts'
import type { FileSystem } from '../../ports/file-system.ts'
import type { LocalPackageFile } from '../../ports/package-repository.ts'

export type LocalFile = Pick<LocalPackageFile, 'source' | 'stat'>

/** Files up to this size are read at once: a promise would cost more than the reading. */
const smallFileBytesMax = 256 * 1024

/**
 * Yields the file's bytes; each piece is valid until the next one is asked for.
 *
 * @throws {MlstoreError} `FILE_CHANGED` unless it is, before and after, what was found.
 */
export async function* readLocalFile(
  fs: FileSystem,
  { source, stat }: LocalFile,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = fs.open(source, 'read')
  try {
    if (!isUntouched(stat, file.stat())) throw fileChanged(source)
    let sizeBytes = 0
    for await (const block of blocksOf(file, { signal })) {
      sizeBytes += block.length
      if (sizeBytes > stat.sizeBytes) throw fileChanged(source)
      yield block
    }
    if (sizeBytes !== stat.sizeBytes || !isUntouched(stat, file.stat())) throw fileChanged(source)
  } finally {
    file.close()
  }
}

/** @throws {MlstoreError} `FILE_CHANGED` */
export async function hashLocalFile(
  fs: FileSystem,
  file: LocalFile,
  signal?: AbortSignal,
): Promise<Digest> {
  const hash = new DigestStream()
  for await (const block of readLocalFile(fs, file, signal)) hash.update(block)
  return hash.end()
}

/** The same at once; `undefined` for a file that is large. */
export function hashSmallLocalFile(
  fs: FileSystem,
  { source, stat }: LocalFile,
): Digest | undefined {
  if (stat.sizeBytes > smallFileBytesMax) return undefined
  const bytes = fs.readFile(source)
  const after = fs.lstat(source)
  const isSame = after !== undefined && isUntouched(stat, after)
  if (!isSame || bytes.length !== stat.sizeBytes) throw fileChanged(source)
  return digestOf(bytes)
}
