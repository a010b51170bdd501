/**
 * A file as a sequence of large blocks, the next one being read while the last is worked on, so
 * that disk and processor are busy at the same time.
 */

import type { FileRange } from '../core/chunking/recipe-walk.ts'
import { throwIfAborted } from '../errors.ts'
import type { OpenFile } from '../ports/file-system.ts'

const blockBytes = 1024 * 1024

export type BlockOptions = {
  /** Default: the whole file. */
  readonly range?: FileRange | undefined
  /**
   * Memory to read into, in turn: a block is valid until as many more have been asked for as there
   * are pieces of memory, less one. Default: every block has memory of its own, a mebibyte.
   */
  readonly into?: readonly Uint8Array[] | undefined
  /** The same with two pieces of its own: each is valid until the next one is asked for. */
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
  const { range, signal } = options
  const end = range?.end ?? Number.MAX_SAFE_INTEGER
  let position = range?.start ?? 0
  const memory = memoryFor(options)
  const readBlock = async (): Promise<Uint8Array> => {
    const into = memory.next().value
    const count = await file.readAsync(into.subarray(0, end - position), position)
    return into.subarray(0, count)
  }
  const readNext = (): Promise<Uint8Array> => {
    const block = readBlock()
    // It may fail long before it is awaited, which Node would take for a failure nobody handles.
    block.catch(() => undefined)
    return block
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
    }
  } finally {
    await Promise.allSettled([reading])
  }
}

function memoryFor({ into, reuse = false }: BlockOptions): Generator<Uint8Array, never> {
  if (into !== undefined) return inTurn(into)
  return reuse ? inTurn([newBlock(), newBlock()]) : fresh()
}

function newBlock(): Uint8Array {
  return Buffer.allocUnsafeSlow(blockBytes)
}

function* fresh(): Generator<Uint8Array, never> {
  for (;;) yield newBlock()
}

/** Yields the items over and over. */
export function* inTurn<Item>(items: readonly Item[]): Generator<Item, never> {
  for (;;) yield* items
}
