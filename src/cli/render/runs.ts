/** Runs and experiments as text and as CSV: what `run list`, `run show` and their kin print. */

import type {
  ExperimentListing,
  MetricHistory,
  MetricSummary,
  RunDetails,
  RunFile,
  RunLink,
  RunSummary,
} from '../../store/runs/results.ts'
import {
  formatBytes,
  formatContent,
  formatDuration,
  formatTime,
  shortDigest,
} from '../../core/amounts.ts'
import { aligned, table } from './columns.ts'
import { csv, type CsvValue } from './csv.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint, Style } from './paint.ts'
import { shortRun } from './run-names.ts'

type Status = Pick<RunSummary, 'status' | 'stale' | 'removed'>

/** Six digits, as losses and scores are compared; CSV and JSON have them all. */
export function formatMetric(value: number): string {
  return String(Number(value.toPrecision(6)))
}

const statusStyles: Readonly<Record<string, Style>> = {
  RUNNING: 'cyan',
  FINISHED: 'green',
  FAILED: 'red',
  KILLED: 'yellow',
}

/** `RUNNING (stale)`: coloured where a table need not count its width. */
function statusText({ status, stale, removed }: Status): string {
  return `${status}${stale ? ' (stale)' : ''}${removed ? ' (removed)' : ''}`
}

export function paintedStatus(run: Status, paint: Paint): string {
  const style = run.stale ? 'yellow' : statusStyles[run.status]
  return style === undefined ? statusText(run) : paint(style, statusText(run))
}

/** How many of a run's params or metrics a line of the list shows. */
const shownMax = 4

export function renderRuns(rows: readonly RunSummary[], paint: Paint): string {
  const columns = [
    { title: 'RUN', cell: (row: RunSummary) => shortRun(row.run) },
    { title: 'NAME', cell: (row: RunSummary) => visible(row.name) },
    { title: 'EXPERIMENT', cell: (row: RunSummary) => visible(row.experiment) },
    { title: 'STATUS', cell: statusText },
    { title: 'STARTED', cell: (row: RunSummary) => formatTime(row.startedAt) },
    { title: 'TOOK', cell: durationOf },
    { title: 'PARAMS', cell: (row: RunSummary) => fewOf(row.params, shortened) },
    { title: 'METRICS', cell: (row: RunSummary) => fewOf(row.metrics, formatMetric) },
  ]
  return table(rows, columns, paint)
}

function durationOf({ durationMs }: RunSummary): string {
  return durationMs === null ? '-' : formatDuration(durationMs)
}

function fewOf<Value>(
  values: Readonly<Record<string, Value>>,
  format: (value: Value) => string,
): string {
  const entries = Object.entries(values)
  const shown = entries.slice(0, shownMax).map(([key, value]) => `${visible(key)}=${format(value)}`)
  const more = entries.length - shown.length
  return (more > 0 ? [...shown, `+${more}`] : shown).join(' ')
}

/** A value that leaves room for others in its line. */
export function shortened(text: string, widthMax = 24): string {
  const characters = Array.from(visible(text))
  if (characters.length <= widthMax) return characters.join('')
  return `${characters.slice(0, widthMax - 1).join('')}…`
}

const fixedFields = ['run', 'name', 'experiment', 'status', 'startedAt', 'endedAt'] as const

/** A line a run, with a column for every param, metric and tag that any of them has. */
export function runsCsv(rows: readonly RunSummary[]): string {
  const params = keysOf(rows.map((row) => row.params))
  const metrics = keysOf(rows.map((row) => row.metrics))
  const tags = keysOf(rows.map((row) => row.tags))
  const header = [
    ...fixedFields,
    'durationMs',
    'user',
    'parent',
    ...params.map((key) => `params.${key}`),
    ...metrics.map((key) => `metrics.${key}`),
    ...tags.map((key) => `tags.${key}`),
  ]
  const line = (row: RunSummary): CsvValue[] => [
    ...fixedFields.map((name) => row[name]),
    row.durationMs,
    row.user,
    row.parent,
    ...params.map((key) => own(row.params, key)),
    ...metrics.map((key) => own(row.metrics, key)),
    ...tags.map((key) => own(row.tags, key)),
  ]
  return csv(header, rows.map(line))
}

function own<Value>(values: Readonly<Record<string, Value>>, key: string): Value | null {
  return Object.hasOwn(values, key) ? (values[key] ?? null) : null
}

function keysOf(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))].sort()
}

export function renderRun(run: RunDetails, paint: Paint): string {
  const title = `${paint('bold', visible(run.name))}  ${paintedStatus(run, paint)}`
  const facts = [...factsOf(run), ...dataOf(run)].filter(([, value]) => value !== '')
  return [title, ...aligned(facts).map((line) => `  ${line}`)].join('\n')
}

type Fact = readonly [name: string, value: string]

function factsOf(run: RunDetails): Fact[] {
  const ended = run.endedAt === null ? '' : `, ended ${formatTime(run.endedAt)}`
  const took = run.durationMs === null ? '' : ` (${formatDuration(run.durationMs)})`
  return [
    ['run', run.run],
    ['experiment', visible(run.experiment)],
    ['started', `${formatTime(run.startedAt)} by ${visible(run.user)}${ended}${took}`],
    ['parent', run.parent === null ? '' : shortRun(run.parent)],
    ['exit code', run.exitCode === null ? '' : String(run.exitCode)],
    ['command', commandOf(run.context)],
    ['git', gitOf(run.context)],
    ['note', shortened(run.note ?? '', 200)],
    ...Object.entries(run.tags).map(([key, value]): Fact => [
      'tag',
      `${visible(key)}=${shortened(value, 80)}`,
    ]),
  ]
}

function dataOf(run: RunDetails): Fact[] {
  const { count, version } = run.files
  const sealed = version === null ? '' : `, sealed as ${shortDigest(version)}`
  return [
    ...Object.entries(run.params).map(([key, value]): Fact => [
      'param',
      `${visible(key)} = ${shortened(value, 80)}`,
    ]),
    ...run.otherParams.map(({ key, value, by }): Fact => {
      return ['param', `${visible(key)} = ${shortened(value, 80)} was said by ${visible(by)} later`]
    }),
    ...Object.entries(run.metricSummaries).map(([key, summary]): Fact => [
      'metric',
      metricOf(key, summary),
    ]),
    ...run.inputs.map((link): Fact => ['input', linkOf(link)]),
    ...run.outputs.map((link): Fact => ['output', linkOf(link)]),
    [
      'files',
      count === 0
        ? ''
        : `${formatContent({ files: count, sizeBytes: run.files.sizeBytes })}${sealed}`,
    ],
    ...run.children.map((child): Fact => [
      'child',
      `${shortRun(child.run)} ${visible(child.name)}`,
    ]),
  ]
}

function metricOf(key: string, { count, last, lastStep, min, max }: MetricSummary): string {
  const value = `${visible(key)} = ${formatMetric(last)}`
  if (count === 1) return value
  const range = `${formatMetric(min)} to ${formatMetric(max)}`
  return `${value} at step ${lastStep}; ${count} points, ${range}`
}

function linkOf({ name, version, role }: RunLink): string {
  return `${name === null ? shortDigest(version) : visible(name)} (${visible(role)})`
}

/** What a context holds is JSON that others may have written: taken only where it fits. */
function objectIn(context: unknown, key: string): Readonly<Record<string, unknown>> {
  const value = isObject(context) ? context[key] : undefined
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function commandOf(context: RunDetails['context']): string {
  const { command, name } = objectIn(context, 'source')
  if (Array.isArray(command)) return shortened(command.map(shellWord).join(' '), 200)
  return typeof name === 'string' ? visible(name) : ''
}

/** As one would type it. */
function shellWord(word: unknown): string {
  const text = String(word)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function gitOf(context: RunDetails['context']): string {
  const { commit, branch, dirty } = objectIn(context, 'git')
  if (typeof commit !== 'string') return ''
  const where = typeof branch === 'string' ? ` on ${visible(branch)}` : ''
  return `${visible(commit.slice(0, 12))}${where}${dirty === true ? ', with changes' : ''}`
}

export function renderExperiments(rows: readonly ExperimentListing[], paint: Paint): string {
  return table(
    rows,
    [
      { title: 'EXPERIMENT', cell: (row) => visible(row.name) + (row.removed ? ' (removed)' : '') },
      { title: 'RUNS', cell: (row) => String(row.runs), align: 'right' },
      { title: 'CREATED', cell: (row) => formatTime(row.createdAt) },
      {
        title: 'LAST RUN',
        cell: (row) => (row.lastRunAt === null ? '-' : formatTime(row.lastRunAt)),
      },
    ],
    paint,
  )
}

export function renderRunFiles(rows: readonly RunFile[], paint: Paint): string {
  return table(
    rows,
    [
      { title: 'SIZE', cell: (row) => formatBytes(row.sizeBytes), align: 'right' },
      { title: 'DIGEST', cell: (row) => shortDigest(row.digest) },
      { title: 'PATH', cell: (row) => visible(row.path) },
    ],
    paint,
  )
}

export function experimentsCsv(rows: readonly ExperimentListing[]): string {
  const header = ['experiment', 'name', 'runs', 'createdAt', 'lastRunAt', 'removed'] as const
  return csv(
    header,
    rows.map((row) => header.map((name) => row[name])),
  )
}

export function renderHistory({ points }: MetricHistory, paint: Paint): string {
  return table(
    points,
    [
      { title: 'STEP', cell: (row) => String(row.step), align: 'right' },
      { title: 'VALUE', cell: (row) => String(row.value) },
      { title: 'AT', cell: (row) => formatTime(row.at) },
    ],
    paint,
  )
}

export function historyCsv({ points }: MetricHistory): string {
  return csv(
    ['step', 'value', 'at'],
    points.map(({ step, value, at }) => [step, value, at]),
  )
}
