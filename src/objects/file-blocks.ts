/**
 * A file as a sequence of large blocks, the next one being read while the last is worked on, so
 * that disk and processor are busy at the same time.
 */

import type { FileRange } from '../core/chunking/recipe-walk.ts'
import { throwIfAborted } from '../errors.ts'
import type { OpenFile } from '../ports/file-system.ts'

const blockBytesDefault = 1024 * 1024

export type BlockOptions = {
  /** Default: the whole file. */
  readonly range?: FileRange | undefined
  /** Default: 1 MiB. */
  readonly blockBytes?: number | undefined
  /**
   * Blocks share two buffers: each is valid only until the next one is asked for. Default: every
   * block has memory of its own.
   */
  readonly reuse?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Yields the bytes of a file up to its end, which may move meanwhile. None of the blocks is empty.
 *
 * When the iteration has ended, also by an error or early, no read is in progress any more.
 */
export async function* blocksOf(
  file: Pick<OpenFile, 'readAsync'>,
  options: BlockOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const { range, blockBytes = blockBytesDefault, reuse = false, signal } = options
  const end = range?.end ?? Number.MAX_SAFE_INTEGER
  let position = range?.start ?? 0
  let spare: Buffer | undefined
  const readNext = async (): Promise<Buffer> => {
    const length = Math.min(blockBytes, end - position)
    const into = reuse && spare !== undefined ? spare : Buffer.allocUnsafeSlow(blockBytes)
    const count = await file.readAsync(into.subarray(0, length), position)
    return into.subarray(0, count)
  }

  let reading = readNext()
  try {
    for (;;) {
      throwIfAborted(signal)
      const block = await reading
      if (block.length === 0) return
      position += block.length
      reading = readNext()
      yield block
      spare = block.length === blockBytes ? block : undefined
    }
  } finally {
    await Promise.allSettled([reading])
  }
}
