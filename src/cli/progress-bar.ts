/**
 * Progress on a terminal: one line on stderr, redrawn in place.
 *
 * It appears after a second, so that quick commands stay silent; only then is the library that
 * draws it loaded. The newest task that has not ended is the one shown.
 */

import type { Clock } from '../ports/clock.ts'
import type { Progress, ProgressStep, ProgressTask, ProgressTotal } from '../ports/progress.ts'
import { doneShare, progressLine, type ProgressState } from './render/progress-line.ts'

/** The line on the screen; `cli-progress` in the program, a recorder in tests. */
export interface ProgressDisplay {
  /** Draws the line and keeps it up to date. */
  show(): void
  /** Takes it off the screen. */
  hide(): void
}

/** Says what the line shows, a bar of the given share included, whenever it is drawn. */
export type CurrentLine = (bar: (share: number) => string) => string

export type ProgressBarOptions = {
  readonly clock: Clock
  /** Called once, when the first line is due. */
  readonly loadDisplay: (line: CurrentLine) => Promise<ProgressDisplay>
  readonly columns: () => number
  /** Milliseconds before the first line. */
  readonly delayMs?: number
}

/** After a note the line comes back this much later. */
const resumeMs = 100

export class ProgressBar implements Progress, Disposable {
  readonly #options: ProgressBarOptions
  readonly #tasks: BarTask[] = []
  #display: ProgressDisplay | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ProgressBarOptions) {
    this.#options = options
  }

  start(title: string, total: ProgressTotal = {}): ProgressTask {
    const task = new BarTask(title, this.#options.clock, (ended) => this.#remove(ended))
    task.addTotal(total)
    this.#tasks.push(task)
    if (this.#display === undefined) this.#showAfter(this.#options.delayMs ?? 1000)
    else this.#display.show()
    return task
  }

  /** Takes the line off the screen for a moment, so that something else can be written. */
  interrupt(): void {
    if (this.#display === undefined) return
    this.#display.hide()
    this.#showAfter(resumeMs)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#tasks.length = 0
    this.#display?.hide()
  }

  /** The timer never keeps the process alive. */
  #showAfter(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#show(), delayMs).unref()
  }

  async #show(): Promise<void> {
    this.#display ??= await this.#options.loadDisplay((bar) => this.#line(bar))
    if (this.#tasks.length > 0) this.#display.show()
  }

  #line(bar: (share: number) => string): string {
    const state = this.#tasks.at(-1)?.state()
    if (state === undefined) return ''
    const share = doneShare(state)
    return progressLine(state, share === undefined ? '' : bar(share), this.#options.columns())
  }

  #remove(task: BarTask): void {
    const at = this.#tasks.indexOf(task)
    if (at !== -1) this.#tasks.splice(at, 1)
    if (this.#tasks.length === 0) this.#display?.hide()
  }
}

class BarTask implements ProgressTask {
  readonly #title: string
  readonly #clock: Clock
  readonly #onEnd: (task: BarTask) => void
  readonly #startedMs: number
  #totalFiles: number | undefined
  #totalBytes: number | undefined
  #files = 0
  #bytes = 0
  #dedupedBytes = 0

  constructor(title: string, clock: Clock, onEnd: (task: BarTask) => void) {
    this.#title = title
    this.#clock = clock
    this.#onEnd = onEnd
    this.#startedMs = clock.elapsedMs()
  }

  addTotal({ files, bytes }: ProgressTotal): void {
    if (files !== undefined) this.#totalFiles = (this.#totalFiles ?? 0) + files
    if (bytes !== undefined) this.#totalBytes = (this.#totalBytes ?? 0) + bytes
  }

  advance(step: ProgressStep): void {
    this.#files += step.files ?? 0
    this.#bytes += step.bytes ?? 0
    this.#dedupedBytes += step.dedupedBytes ?? 0
  }

  end(): void {
    this.#onEnd(this)
  }

  state(): ProgressState {
    return {
      title: this.#title,
      files: this.#files,
      bytes: this.#bytes,
      dedupedBytes: this.#dedupedBytes,
      totalFiles: this.#totalFiles,
      totalBytes: this.#totalBytes,
      elapsedMs: this.#clock.elapsedMs() - this.#startedMs,
    }
  }
}
