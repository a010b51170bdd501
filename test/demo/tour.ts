/**
 * How the demo talks: headings, sentences, the real commands with what they print, and checks
 * that are counted. A check that fails is shown at once and makes the demo end with exit code 1.
 */

import assert from 'node:assert/strict'
import { relative } from 'node:path'

import type { Command, Outcome } from '../support/command.ts'

const shownLines = 14

export class Tour {
  readonly #root: string
  #checks = 0
  #failures = 0
  readonly #timings: { readonly step: string; readonly seconds: number }[] = []

  /** @param root Prompts show folders relative to it. */
  constructor(root: string) {
    this.#root = root
  }

  heading(text: string): void {
    print(`\n${text}\n${'-'.repeat(text.length)}`)
  }

  say(sentence: string): void {
    print(`\n${wrapped(sentence)}`)
  }

  /** Shows a command line as typed by the owner of its folder, runs it, shows what it prints. */
  async show(command: Command, line: string, expectedCode = 0): Promise<Outcome> {
    print(`\n  ${relative(this.#root, command.folder)}$ mlstore ${line}`)
    const outcome = await command.run(...argumentsOf(line))
    print(indented(outcome.stdout + outcome.stderr))
    print(`  (${outcome.seconds.toFixed(1)} s, exit ${outcome.code})`)
    // What comes next builds on this, so the tour ends here.
    assert.equal(outcome.code, expectedCode, `exit code of mlstore ${line}`)
    return outcome
  }

  /** Like `show`; the time is kept for the table at the end under the name of the step. */
  async timed(step: string, command: Command, line: string): Promise<Outcome> {
    const outcome = await this.show(command, line)
    this.#timings.push({ step, seconds: outcome.seconds })
    return outcome
  }

  check(holds: boolean, sentence: string): void {
    this.#checks++
    if (!holds) this.#failures++
    print(`  ${holds ? 'checked' : 'FAILED'}: ${sentence}`)
  }

  table(header: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = header.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
    )
    const line = (cells: readonly string[]): string =>
      cells
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
    print('')
    for (const row of [header, widths.map((width) => '-'.repeat(width)), ...rows]) {
      print(`  ${line(row)}`)
    }
  }

  timingsTable(): void {
    this.table(
      ['step', 'seconds'],
      this.#timings.map(({ step, seconds }) => [step, seconds.toFixed(1)]),
    )
  }

  /** @returns Whether every check held. */
  end(): boolean {
    const verdict = this.#failures === 0 ? 'all hold' : `${this.#failures} FAILED`
    print(`\n${this.#checks} checks, ${verdict}.`)
    return this.#failures === 0
  }
}

/** Binary sizes, as mlstore prints them. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}

/** Splits a line at its spaces; single quotes keep words together, as in a shell. */
function argumentsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|\S+/g)].map((match) => match[1] ?? match[0])
}

/** Breaks a sentence at spaces into lines that a terminal shows whole. */
function wrapped(sentence: string): string {
  return sentence.replaceAll(/(.{1,88})(?: |$)/g, '$1\n').trimEnd()
}

function indented(text: string): string {
  const lines = text.trimEnd().split('\n')
  const rest = lines.length - shownLines
  const shown = rest > 1 ? [...lines.slice(0, shownLines), `… ${rest} more lines`] : lines
  return shown.map((line) => `  ${line}`).join('\n')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
