/** Answers `mlstore --get-yargs-completions WORD...` for the completion scripts. */

import { isMlstoreError } from '../../errors.ts'
import { visible } from '../../core/visible-text.ts'
import { candidatesFor, type OpenStore } from './candidates.ts'

/**
 * A line a candidate.
 *
 * A store that is missing or busy has no names to offer: someone who presses TAB has no use
 * for the error, so the shell falls back to file names.
 */
export async function completionAnswer(
  words: readonly string[],
  openStore: OpenStore,
): Promise<string> {
  try {
    const candidates = await candidatesFor(words, openStore)
    return candidates.map(({ value, about }) => `${visible(value)}\t${visible(about)}\n`).join('')
  } catch (error) {
    if (isMlstoreError(error)) return ''
    throw error
  }
}
