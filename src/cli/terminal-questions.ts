/**
 * Questions on a terminal.
 *
 * They go to stderr, since stdout is for the result. A menu is answered with a number and Enter, as
 * scripts and people do who know it from a document, and as a screen reader can tell it.
 */

import { isCancel, password, text } from '@clack/prompts'
import type { Readable, Writable } from 'node:stream'

import { MlstoreError } from '../errors.ts'
import type { Questions } from './questions.ts'

export type Terminal = {
  readonly input: Readable
  readonly output: Writable
  readonly signal: AbortSignal
}

export class TerminalQuestions implements Questions {
  readonly #options

  constructor({ input, output, signal }: Terminal) {
    this.#options = { input, output, signal, withGuide: false }
  }

  async choose(message: string, choices: readonly string[]): Promise<number> {
    const numbers = choices.map((choice) => /^\d+/.exec(choice)?.[0] ?? choice)
    const answer = await this.text([message, ...choices].join('\n'), (given) =>
      numbers.includes(given) ? undefined : `Answer with ${numbers.join(', ')}.`,
    )
    return numbers.indexOf(answer)
  }

  async text(message: string, problemOf?: (answer: string) => string | undefined): Promise<string> {
    const validate = (answer: string | undefined): string | undefined =>
      problemOf?.((answer ?? '').trim())
    return answerOf(await text({ ...this.#options, message, validate })).trim()
  }

  async secret(message: string): Promise<string> {
    const validate = (answer: string | undefined): string | undefined =>
      answer === undefined || answer === '' ? 'It is empty.' : undefined
    return answerOf(await password({ ...this.#options, message, validate }))
  }
}

/** Ctrl-C comes as an answer of its own. */
function answerOf(answer: string | symbol | undefined): string {
  if (isCancel(answer) || typeof answer === 'symbol') {
    throw new MlstoreError('INTERRUPTED', 'Interrupted; nothing was saved.')
  }
  return answer ?? ''
}
