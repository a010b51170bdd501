/** Bytes of the user's files for a repository elsewhere, which has to be sent what was hashed. */

import { blocksOf } from '../../objects/file-blocks.ts'
import { fileChanged, isUntouched } from '../../objects/unchanged.ts'
import type { FileSystem } from '../../ports/file-system.ts'
import type { LocalPackageFile } from '../../ports/package-repository.ts'

/**
 * Yields the file's bytes; each piece is valid until the next one is asked for.
 *
 * @throws {MlstoreError} `FILE_CHANGED` unless it is, before and after, what was found.
 */
export async function* readLocalFile(
  fs: FileSystem,
  { source, stat }: LocalPackageFile,
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
