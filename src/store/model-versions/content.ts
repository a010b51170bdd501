/** Content of an attribute that is no file of the disk: bytes, a `Blob` or a stream. */

import { invalidArgument } from '../../errors.ts'
import type { DraftFile } from '../runs/draft-files.ts'
import type { AttributeContent } from './requests.ts'

/** Bytes up to this size are taken at once. */
const smallBytesMax = 256 * 1024
const pieceBytes = 1024 * 1024

/** @param path Of the attribute. */
export function contentFile(content: AttributeContent, path: string): DraftFile {
  if (content instanceof Uint8Array && content.length <= smallBytesMax) {
    return { path, store: (writer) => writer.addSmallFile(content) }
  }
  return { path, store: (writer) => writer.addFile(piecesOf(content, path), { path }) }
}

async function* piecesOf(content: AttributeContent, path: string): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += pieceBytes) {
      yield content.subarray(at, at + pieceBytes)
    }
    return
  }
  for await (const piece of 'stream' in content ? content.stream() : content) {
    // A stream with an encoding gives text, whatever the types say.
    if (!(piece instanceof Uint8Array)) {
      throw invalidArgument(
        `The stream for ${path} gives ${typeof piece}, not bytes.`,
        'Read it without an encoding.',
      )
    }
    yield piece
  }
}
