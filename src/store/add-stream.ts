/** A file that streams in, as a server gets it: small content is stored at once. */

import type { AddedFile, ObjectWriter } from '../objects/object-writer.ts'

/** All of the content, or what gives all of it from its beginning. */
export type Arrived = { readonly whole: Buffer } | { readonly pieces: AsyncIterable<Uint8Array> }

/** Content up to this size is held in memory before it is stored. */
const smallBytesMax = 1024 * 1024

/** Reads content that is small; of what is larger only the beginning. */
export async function arrive(content: AsyncIterable<Uint8Array>): Promise<Arrived> {
  const pieces = content[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let sizeBytes = 0
  while (sizeBytes <= smallBytesMax) {
    const { value, done } = await pieces.next()
    if (done === true) return { whole: Buffer.concat(first) }
    first.push(value)
    sizeBytes += value.length
  }
  return { pieces: chained(first, pieces) }
}

/**
 * Adds it to the write session; without the machinery for large files while it is small.
 *
 * @param path What to call it in an error.
 */
export async function addStream(
  writer: ObjectWriter,
  content: AsyncIterable<Uint8Array>,
  path: string,
): Promise<AddedFile> {
  const arrived = await arrive(content)
  if ('whole' in arrived) return writer.addSmallFile(arrived.whole)
  return writer.addFile(arrived.pieces, { path })
}

async function* chained(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}
