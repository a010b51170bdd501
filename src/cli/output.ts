/**
 * Output: the one way a command says something.
 *
 * Results go to stdout, as text or, with `--json`, as exactly one JSON document. Notes go to
 * stderr. Text is written for people: renderers are pure functions of the result, and get a
 * `Paint` that adds colour only where it can be seen.
 */

import type { Paint } from './render/paint.ts'

/** A stream the process writes to. */
export interface Sink {
  readonly isTerminal: boolean
  /** Width of the terminal; 80 where there is none. */
  readonly columns: number
  /**
   * Resolves when the bytes are with the system: `true`, or `false` when nobody reads any more.
   *
   * @throws {MlstoreError} `NO_SPACE` or `IO_ERROR` when they cannot be written.
   */
  write(data: string | Uint8Array): Promise<boolean>
}

export type OutputOptions = {
  readonly stdout: Sink
  readonly stderr: Sink
  readonly json: boolean
  readonly quiet: boolean
  readonly paint: Paint
  /** Called before the terminal is written to: takes a progress line off the screen. */
  readonly beforeWrite: () => void
}

/** Lines are joined up to this many characters a write. */
const writeSizeMax = 64 * 1024

export class Output {
  readonly json: boolean
  readonly #options: OutputOptions

  constructor(options: OutputOptions) {
    this.json = options.json
    this.#options = options
  }

  /** Prints a result in the form the user asked for. */
  async result<T>(result: T, render: (result: T, paint: Paint) => string): Promise<void> {
    if (this.json) await this.#out(`${JSON.stringify(result, jsonNumber)}\n`)
    else await this.text(render(result, this.#options.paint))
  }

  /** Prints many results while they come: a line each, or one JSON array. */
  async results<T>(
    results: AsyncIterable<T>,
    render: (result: T, paint: Paint) => string,
  ): Promise<void> {
    const pieces = this.json ? jsonArray(results) : lines(results, render, this.#options.paint)
    let buffered = ''
    for await (const piece of pieces) {
      buffered += piece
      if (buffered.length < writeSizeMax) continue
      if (!(await this.#out(buffered))) return
      buffered = ''
    }
    await this.#out(buffered)
  }

  /** Prints text whatever the form: scripts, help. An empty text prints nothing. */
  async text(text: string): Promise<void> {
    if (text !== '') await this.#out(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Writes raw bytes; `false` when nobody reads them any more. */
  bytes(bytes: Uint8Array): Promise<boolean> {
    return this.#out(bytes)
  }

  /** Says something beside the result; `--quiet` silences it. */
  async note(text: string): Promise<void> {
    if (this.#options.quiet) return
    this.#options.beforeWrite()
    await this.#options.stderr.write(`${text}\n`)
  }

  #out(data: string | Uint8Array): Promise<boolean> {
    if (this.#options.stdout.isTerminal) this.#options.beforeWrite()
    return this.#options.stdout.write(data)
  }
}

/** JSON has no NaN and no infinities, which metrics may be: they are written as words. */
function jsonNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

async function* lines<T>(
  results: AsyncIterable<T>,
  render: (result: T, paint: Paint) => string,
  paint: Paint,
): AsyncGenerator<string> {
  for await (const result of results) yield `${render(result, paint)}\n`
}

async function* jsonArray<T>(results: AsyncIterable<T>): AsyncGenerator<string> {
  let separator = '['
  for await (const result of results) {
    yield separator + JSON.stringify(result)
    separator = ','
  }
  yield separator === '[' ? '[]\n' : ']\n'
}
