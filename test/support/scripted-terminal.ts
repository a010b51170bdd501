/** A terminal on which a test types: each answer goes out once its question can be read. */

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'

import { TerminalQuestions } from '../../src/cli/terminal-questions.ts'

/** What is waited for, and the keys that are typed then. */
export type Line = readonly [question: string, keys: string]

export const enter = '\r'
export const controlC = '\u0003'

const patienceMs = 10_000

export class ScriptedTerminal {
  readonly questions: TerminalQuestions
  readonly #lines: Line[]
  #shown = ''
  #readUpTo = 0

  constructor(...lines: Line[]) {
    this.#lines = lines
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 })
    output.on('data', (data: Buffer) => {
      this.#shown += data.toString()
      const [next] = this.#lines
      const at = next && this.#shown.indexOf(next[0], this.#readUpTo)
      if (next === undefined || at === undefined || at === -1) return
      this.#readUpTo = this.#shown.length
      this.#lines.shift()
      setImmediate(() => input.write(next[1]))
    })
    // A question that the script does not wait for is given up, so that the test fails.
    const signal = AbortSignal.timeout(patienceMs)
    this.questions = new TerminalQuestions({ input, output, signal })
  }

  /** Everything that was on the screen, without colours and moves of the cursor. */
  get screen(): string {
    return stripVTControlCharacters(this.#shown)
  }

  /** Fails when a question of the script was never asked. */
  assertAllAsked(): void {
    assert.deepEqual(this.#lines, [])
  }
}
