/**
 * A run as JSON: what `run list --format json` prints, and what other programs may write.
 *
 * Everything but the metrics of `run list` comes back as it was; of those it prints only the last
 * values, which become points of step 0. A list of points says all of a metric.
 */

import { digestOf } from '../../core/digest.ts'
import type { MetricPoint } from '../../core/runs/metric-points.ts'
import { parseMetricValue } from '../../core/runs/metric-value.ts'
import { isEnded, type RunStatus, runStatuses } from '../../core/runs/run-status.ts'
import { invalidArgument, type MlstoreError } from '../../errors.ts'
import type { ForeignGit, ForeignRun, ForeignSeries } from '../foreign-run.ts'
import type { ObjectText } from './objects.ts'

type Fields = Readonly<Record<string, unknown>>

const noteKey = 'mlflow.note.content'
const userKey = 'mlflow.user'

const meaningful =
  'run experiment name status startedAt endedAt parent user note params metrics tags removed source git'
/** What `run list` and `run show` say of a run that follows from the rest, or is not in the file. */
const passedOver =
  'experimentId stale durationMs context exitCode otherParams metricSummaries inputs outputs children files'
const known: ReadonlySet<string> = new Set(`${meaningful} ${passedOver}`.split(' '))

export type RunObject = { readonly run: ForeignRun; readonly unknownKeys: readonly string[] }

/**
 * Reads one run. Without `run` its id is made of all it says, so that it is one run however often
 * it is read.
 *
 * @param startOf When a run began that says nothing of its time, in milliseconds.
 * @throws {MlstoreError} `INVALID_ARGUMENT`, naming the line and what is wrong.
 */
export function readRunObject(
  { text, line }: ObjectText,
  name: string,
  startOf: (id: string) => number,
): RunObject {
  const reader = new Reader(`${name}, line ${line}`)
  const fields = reader.parse(text)
  const series = reader.series(fields['metrics'])
  const id = reader.text(fields, 'run') ?? digestOf(Buffer.from(text)).slice(0, 32)
  const startedAt = reader.time(fields, 'startedAt') ?? firstTime(series) ?? startOf(id)
  const endedAt = reader.time(fields, 'endedAt') ?? null
  const status = reader.status(fields['status'], endedAt)
  const run: ForeignRun = {
    id,
    experiment: reader.text(fields, 'experiment') ?? 'default',
    name: reader.text(fields, 'name') ?? id.slice(0, 8),
    status,
    startedAt,
    endedAt: endedAt ?? (isEnded(status) ? startedAt : null),
    parent: reader.text(fields, 'parent'),
    source: reader.text(fields, 'source'),
    git: reader.git(fields['git']),
    params: reader.texts(fields, 'params'),
    tags: reader.tags(fields),
    isRemoved: fields['removed'] === true,
    folders: [],
    files: [],
    series: () => withTimes(series, endedAt ?? startedAt),
    modelInputs: [],
  }
  return { run, unknownKeys: Object.keys(fields).filter((key) => !known.has(key)) }
}

/** A point whose time is not said has that of the run's end. */
type ReadPoint = Omit<MetricPoint, 'time'> & { readonly time: number | undefined }
type ReadSeries = { readonly key: string; readonly points: readonly ReadPoint[] }

function* withTimes(all: readonly ReadSeries[], time: number): Generator<ForeignSeries> {
  for (const { key, points } of all) {
    yield { key, points: points.map((point) => ({ ...point, time: point.time ?? time })) }
  }
}

function firstTime(all: readonly ReadSeries[]): number | undefined {
  let first: number | undefined
  for (const { points } of all) {
    for (const { time } of points) {
      if (time !== undefined && (first === undefined || time < first)) first = time
    }
  }
  return first
}

class Reader {
  readonly #where: string

  constructor(where: string) {
    this.#where = where
  }

  parse(text: string): Fields {
    try {
      const value: unknown = JSON.parse(quoted(text))
      if (isFields(value)) return value
    } catch (error) {
      throw this.#wrong(`it is not JSON: ${error instanceof Error ? error.message : ''}`)
    }
    throw this.#wrong('it is no object')
  }

  text(fields: Fields, key: string): string | undefined {
    const value = fields[key]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'string') return value
    if (typeof value === 'number') return String(value)
    throw this.#wrong(`${key} is no text`)
  }

  texts(fields: Fields, key: string): Map<string, string> {
    const value = fields[key] ?? {}
    if (!isFields(value)) throw this.#wrong(`${key} is no object`)
    return new Map(Object.entries(value).map(([name, each]) => [name, textOf(each)]))
  }

  /** Who and the note are tags, as they are everywhere. */
  tags(fields: Fields): Map<string, string> {
    const tags = this.texts(fields, 'tags')
    const [note, user] = [this.text(fields, 'note'), this.text(fields, 'user')]
    if (note !== undefined) tags.set(noteKey, note)
    if (user !== undefined && !tags.has(userKey)) tags.set(userKey, user)
    return tags
  }

  time(fields: Fields, key: string): number | undefined {
    const value = fields[key]
    if (value === undefined || value === null) return undefined
    const time = typeof value === 'string' ? Date.parse(value) : value
    if (typeof time === 'number' && Number.isFinite(time)) return Math.round(time)
    throw this.#wrong(`${key} is no time: write 2026-11-21T04:44:50Z, or milliseconds since 1970`)
  }

  status(value: unknown, endedAt: number | null): RunStatus {
    if (value === undefined || value === null) return endedAt === null ? 'RUNNING' : 'FINISHED'
    const found = runStatuses.find((status) => status === value)
    if (found !== undefined) return found
    throw this.#wrong(`status is ${JSON.stringify(value)}, and not ${runStatuses.join(', ')}`)
  }

  git(value: unknown): ForeignGit | undefined {
    if (!isFields(value)) return undefined
    const commit = this.text(value, 'commit')
    if (commit === undefined) return undefined
    return { commit, branch: this.text(value, 'branch'), remote: this.text(value, 'remote') }
  }

  series(value: unknown): ReadSeries[] {
    if (value === undefined || value === null) return []
    if (!isFields(value)) throw this.#wrong('metrics is no object')
    return Object.entries(value).map(([key, said]) => {
      const all = Array.isArray(said) ? said : [said]
      return { key, points: all.map((point, i) => this.#point(key, point, i)) }
    })
  }

  #point(key: string, said: unknown, place: number): ReadPoint {
    const fields: Fields = isFields(said) ? said : { value: said }
    const value = numberOf(fields['value'])
    const time = this.time(fields, 'time') ?? this.time(fields, 'at')
    const step = fields['step'] ?? place
    if (value === undefined) throw this.#wrong(`metric ${JSON.stringify(key)} is no number`)
    if (typeof step === 'number' && Number.isSafeInteger(step)) return { value, step, time }
    throw this.#wrong(`metric ${JSON.stringify(key)} has a step that is no whole number`)
  }

  #wrong(problem: string): MlstoreError {
    return invalidArgument(
      `${this.#where}: ${problem}.`,
      'Runs of the lines before it may be here already; correct it and import again.',
    )
  }
}

/** Strings, and the words that Python writes for what JSON has no numbers for. */
function quoted(text: string): string {
  if (!/\b(?:NaN|Infinity)\b/.test(text)) return text
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\b(?:Infinity|NaN)\b/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  )
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? parseMetricValue(value) : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
