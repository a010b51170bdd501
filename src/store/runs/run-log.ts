/**
 * What was logged into a run and is not durable yet.
 *
 * Logging only remembers; about a second later, or at `flush`, everything becomes events in one
 * turn of the writer lock. What could not be written stays and is tried again with what came
 * after. Events of points keep their ids from try to try, so that a write that failed after all
 * was journaled brings no point twice.
 */

import type { EventFields } from '../../core/events/event.ts'
import { hasLoneSurrogate } from '../../core/canonical-json.ts'
import { parseKey } from '../../core/names.ts'
import { MetricBuffer, type PointPlace } from '../../core/runs/metric-buffer.ts'
import { paramFields } from '../../core/runs/param-fields.ts'
import { invalidArgument, isMlstoreError, MlstoreError } from '../../errors.ts'
import { appendWithin } from '../append-events.ts'
import type { StoreParts, WriteScope } from '../parts.ts'
import type { DraftFiles } from './draft-files.ts'
import type { LoggingOptions } from './requests.ts'

/** How long what was logged may wait, in milliseconds. */
const flushIntervalMs = 1000

/** So many points are written without waiting for the interval. */
const pointsMax = 250_000

/** Events of one append to the journal: at most 32 MiB of its 64. */
const eventsPerAppend = 64

type Waiting = { readonly fields: EventFields; readonly id?: string }

export class RunLog {
  readonly #parts: StoreParts
  readonly #run: string
  readonly #files: DraftFiles
  readonly #options: LoggingOptions
  readonly #metrics = new MetricBuffer()
  /** Values that are known to be the run's, or are about to be. */
  readonly #params: Map<string, string>
  #newParams = new Map<string, string>()
  #waiting: Waiting[] = []
  #timer: AbortController | undefined
  #last: Promise<void> = Promise.resolve()
  readonly #followed = new Set<Promise<void>>()
  /** What the next call is to fail with. */
  #failure: unknown
  #hasFailed = false
  /** So much waits that a write is under way. */
  #isCrowded = false
  #isClosed = false

  /** @param files Written with the rest. */
  constructor(parts: StoreParts, run: string, files: DraftFiles, options: LoggingOptions) {
    this.#parts = parts
    this.#run = run
    this.#files = files
    this.#options = options
    this.#params = new Map(parts.catalog.params.of(run))
  }

  /** @throws {MlstoreError} `INVALID_ARGUMENT`: then none of them is logged. */
  addMetrics(values: Readonly<Record<string, number>>, place: PointPlace): void {
    this.throwFailure()
    this.#metrics.add(values, place)
    this.schedule()
    if (this.#metrics.points < pointsMax || this.#isCrowded) return
    this.#isCrowded = true
    this.#flushInBackground()
  }

  /** @throws {MlstoreError} `INVALID_ARGUMENT` if one has another value already. */
  addParams(params: ReadonlyMap<string, string>): void {
    this.throwFailure()
    for (const [key, value] of params) {
      checkText('param', key, value)
      const known = this.#params.get(key)
      if (known !== undefined && known !== value) throw paramChanged(key, known, value)
    }
    for (const [key, value] of params) {
      if (this.#params.has(key)) continue
      this.#params.set(key, value)
      this.#newParams.set(key, value)
    }
    this.schedule()
  }

  addTag(key: string, value: string | null): void {
    this.throwFailure()
    checkText('tag', key, value ?? '')
    this.add({ type: 'tag.set', target: `run:${this.#run}`, key, value })
  }

  /** Says something else about the run. */
  add(fields: EventFields): void {
    this.#waiting.push({ fields })
    this.schedule()
  }

  /** `flush` waits for the work, and what it fails with is told as what writing fails with. */
  follow(work: Promise<unknown>): void {
    const followed = work.then(
      () => undefined,
      (error: unknown) => this.#tell(error),
    )
    this.#followed.add(followed)
    void followed.then(() => this.#followed.delete(followed))
  }

  /** Makes everything durable that was logged before the call. */
  async flush(): Promise<void> {
    await Promise.all(this.#followed)
    this.#stopTimer()
    await this.#inTurn(() => this.#write('all'))
    this.throwFailure()
  }

  /** Does what belongs to the log; with `keepGoing` what it fails with is told and not thrown. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#options.keepGoing !== true) throw error
      this.#tell(error)
    }
  }

  /** What nobody was told yet of what went wrong. */
  throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  /** Something waits: it is written about a second from now. */
  schedule(): void {
    if (this.#timer !== undefined || this.#isClosed) return
    const timer = new AbortController()
    this.#timer = timer
    void this.#flushLater(timer)
  }

  async #flushLater(timer: AbortController): Promise<void> {
    try {
      await this.#parts.clock.sleep(flushIntervalMs, timer.signal)
    } catch {
      // A flush came first.
      return
    }
    if (this.#timer === timer) this.#timer = undefined
    this.#flushInBackground()
  }

  /** Nothing is written any more, and nothing keeps the process from ending. */
  close(): void {
    this.#isClosed = true
    this.#stopTimer()
  }

  #stopTimer(): void {
    this.#timer?.abort()
    this.#timer = undefined
  }

  #flushInBackground(): void {
    void this.#inTurn(() => this.#write('settled'))
  }

  /** One write at a time; what it fails with is told and never thrown here. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#last = this.#writeAfter(this.#last, write)
    return this.#last
  }

  async #writeAfter(last: Promise<void>, write: () => Promise<void>): Promise<void> {
    await last
    try {
      await write()
      this.#hasFailed = false
    } catch (error) {
      this.#tell(error)
    }
  }

  #tell(error: unknown): void {
    const isNews = !this.#hasFailed || isMlstoreError(error, 'INVALID_ARGUMENT')
    this.#hasFailed = true
    if (this.#waiting.length > 0) this.schedule()
    if (!isNews) return
    const { keepGoing = false, onProblem } = this.#options
    if (!keepGoing) this.#failure = error
    else if (onProblem !== undefined) onProblem(error)
    else process.emitWarning(warningOf(error))
  }

  /** @param files Whether to wait for files that are still being read. */
  async #write(files: 'all' | 'settled'): Promise<void> {
    let failure: unknown
    const keep = (error: unknown): undefined => void (failure ??= error)
    const draft = await this.#files.take(files).catch(keep)
    this.#takeMetrics()
    if (draft !== undefined || this.#waiting.length > 0 || this.#newParams.size > 0) {
      await this.#parts.write((scope) => {
        try {
          const published = draft?.publish() ?? []
          this.#waiting.push(...published.map((fields) => ({ fields })))
        } catch (error) {
          keep(error)
        }
        for (const conflict of this.#append(scope)) keep(conflict)
      })
    }
    if (failure !== undefined) throw failure
  }

  #takeMetrics(): void {
    this.#isCrowded = false
    for (const series of this.#metrics.take()) {
      const fields: EventFields = { type: 'run.metrics', run: this.#run, series }
      this.#waiting.push({ fields, id: this.#parts.ids.id() })
    }
  }

  #append(scope: WriteScope): MlstoreError[] {
    const { params, conflicts } = this.#paramsToWrite()
    const { events } = this.#parts.catalog
    const waiting: Waiting[] = [
      ...paramFields(this.#run, params).map((fields) => ({ fields })),
      ...this.#waiting.filter(({ id }) => id === undefined || events.keyOf(id) === undefined),
    ]
    const count = this.#waiting.length
    for (let i = 0; i < waiting.length; i += eventsPerAppend) {
      const some = waiting.slice(i, i + eventsPerAppend)
      const fields = some.map((each) => each.fields)
      appendWithin(
        this.#parts,
        scope,
        fields,
        some.map((each) => each.id),
      )
    }
    this.#waiting.splice(0, count)
    this.#newParams.clear()
    return conflicts
  }

  /** Another process may have given a param its value meanwhile: that one stays. */
  #paramsToWrite(): { readonly params: Map<string, string>; readonly conflicts: MlstoreError[] } {
    const conflicts: MlstoreError[] = []
    const params = new Map<string, string>()
    if (this.#newParams.size === 0) return { params, conflicts }
    const known = this.#parts.catalog.params.of(this.#run)
    for (const [key, value] of this.#newParams) {
      const first = known.get(key)
      if (first === undefined) params.set(key, value)
      else if (first !== value) {
        conflicts.push(paramChanged(key, first, value))
        this.#params.set(key, first)
      }
    }
    return { params, conflicts }
  }
}

function checkText(kind: string, key: string, value: string): void {
  parseKey(kind, key)
  if (typeof value !== 'string') {
    throw invalidArgument(`${kind} ${JSON.stringify(key)} is no text: ${String(value)}`)
  }
  if (!hasLoneSurrogate(value)) return
  throw invalidArgument(`${kind} ${JSON.stringify(key)} is not valid Unicode`)
}

function paramChanged(key: string, was: string, now: string): MlstoreError {
  return new MlstoreError(
    'INVALID_ARGUMENT',
    `param ${JSON.stringify(key)} is ${shown(was)} already and cannot become ${shown(now)}`,
    {
      hint: 'A param is written once: start another run, or log what changes as a metric or a tag.',
      details: { key, was, now },
    },
  )
}

function shown(value: string): string {
  return JSON.stringify(value.length <= 100 ? value : `${value.slice(0, 100)}…`)
}

function warningOf(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  return `mlstore cannot log into the run, and goes on: ${why}`
}
