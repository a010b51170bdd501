/** Lines of a stream of bytes, while they come. */

import { invalidArgument } from '../errors.ts'

/** More than any value that is logged; what has no line breaks is no text. */
const lineCharactersMax = 64 * 1024 * 1024

/**
 * Each line without its line break; what follows the last one is a line, too, unless it is empty.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` at a line of more than 64 MiB.
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of stream) {
    const [first = '', ...others] = decoder.decode(piece, { stream: true }).split('\n')
    rest += first
    if (rest.length > lineCharactersMax) throw invalidArgument('A line is longer than 64 MiB.')
    for (const next of others) {
      yield rest
      rest = next
    }
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
