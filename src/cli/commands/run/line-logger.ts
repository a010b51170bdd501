/**
 * Logs lines into a run. One that cannot be used is named and never keeps another from being
 * logged; what cannot be written is told once, and ends it unless it is to go on.
 */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'

import { type LogLine, parseLogLine } from '../../../core/runs/log-line.ts'
import { type ErrorCode, invalidArgument, isMlstoreError } from '../../../errors.ts'
import type { LoggingOptions } from '../../../store/runs/requests.ts'
import type { Run } from '../../../store/runs/run.ts'

export type LineLoggerOptions = {
  /** What relative paths start from. */
  readonly cwd: string
  /** Goes on where the store cannot be written. */
  readonly keepGoing: boolean
  readonly note: (message: string) => void
}

/** What is wrong with a line and not with the store. */
const faultsOfLines: ReadonlySet<ErrorCode> = new Set([
  'INVALID_ARGUMENT',
  'AMBIGUOUS_REFERENCE',
  'NOT_FOUND',
  'OBJECT_MISSING',
  'FILE_CHANGED',
])

/** Lines that are named; of more only how many there were. */
const namedMax = 20

export class LineLogger {
  readonly #options: LineLoggerOptions
  readonly #refused: number[] = []
  #logged = 0
  /** What writing failed with in the background. */
  #problem: unknown
  #conflicts = 0

  constructor(options: LineLoggerOptions) {
    this.#options = options
  }

  /** Lines that were logged. */
  get lines(): number {
    return this.#logged
  }

  /** For the run: a problem of an earlier line must not take a later one with it. */
  get loggingOptions(): LoggingOptions {
    return { keepGoing: true, onProblem: (error) => this.#note(error) }
  }

  /** @throws {MlstoreError} What is wrong with it. */
  async log(run: Run, line: LogLine): Promise<void> {
    await logLine(run, line, this.#options.cwd)
    this.#logged += 1
  }

  /** Logs every line of a stream until its end, or until the signal is raised. */
  async logAll(run: Run, lines: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    let number = 0
    try {
      for await (const line of lines) {
        number += 1
        if (line.trim() !== '') await this.#tryToLog(run, line, number)
        if (this.#problem !== undefined) return
      }
    } catch (error) {
      // The stream ends with an error when the user stops it; what came before is logged.
      if (!signal.aborted) throw error
    }
  }

  /** @throws {MlstoreError} The first problem of the store, else one that names refused lines. */
  throwProblems(): void {
    if (this.#problem !== undefined) throw this.#problem
    const refused = this.#refused.length + this.#conflicts
    if (refused === 0) return
    const lines = this.#logged + this.#refused.length
    const named = this.#refused.slice(0, namedMax).join(', ')
    const more = this.#refused.length > namedMax ? ', …' : ''
    throw invalidArgument(
      `Not everything was logged: ${refused} of ${lines} lines cannot be used` +
        (named === '' ? '.' : ` (${named}${more}).`),
      'The others are in the run.',
    )
  }

  async #tryToLog(run: Run, text: string, number: number): Promise<void> {
    try {
      await this.log(run, parseLogLine(text))
    } catch (error) {
      if (!isMlstoreError(error) || !faultsOfLines.has(error.code)) throw error
      this.#refused.push(number)
      if (this.#refused.length <= namedMax) this.#options.note(`line ${number}: ${error.message}`)
    }
  }

  #note(error: unknown): void {
    if (isMlstoreError(error, 'INVALID_ARGUMENT')) this.#conflicts += 1
    else if (!this.#options.keepGoing) this.#problem ??= error
    this.#options.note(error instanceof Error ? error.message : String(error))
  }
}

async function logLine(run: Run, line: LogLine, cwd: string): Promise<void> {
  const { params, tags, note, metrics, step, time, file, text, input, output, as } = line
  // Files and versions first: where one is missing, nothing else of the line is logged.
  if (input !== undefined) await run.use(input)
  if (output !== undefined && as !== undefined) await run.output(output, as)
  if (file !== undefined) await keep(run, resolve(cwd, file), as)
  if (text !== undefined && as !== undefined) await run.logText(as, text)
  if (params !== undefined) run.logParams(params)
  if (metrics !== undefined) run.logMetrics(metrics, { step, time })
  if (tags !== undefined) run.tag(tags)
  if (note !== undefined) run.note(note)
}

async function keep(run: Run, path: string, as: string | undefined): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    await run.logFolder(path, as)
  else await run.logFile(path, as)
}
