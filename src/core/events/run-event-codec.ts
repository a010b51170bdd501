/** Reading what events say about experiments, runs, lineage and numbers. */

import { readReason } from './reason.ts'
import { expectString, type Fields } from '../json-shape.ts'
import { parseKey, splitTreePath } from '../names.ts'
import { decodePoints } from '../runs/metric-points.ts'
import { runStatuses } from '../runs/run-status.ts'
import type { MetricSeries, RunEventFields, RunFileChange, RunUpdateFields } from './run-event.ts'
import { parseTagTarget } from './tag-target.ts'

type Readers = {
  readonly [Type in RunEventFields['type']]: (
    fields: Fields,
  ) => Extract<RunEventFields, { readonly type: Type }>
}

export const runReaders: Readers = {
  'experiment.create': (fields) => ({
    type: 'experiment.create',
    experiment: fields.id('experiment'),
    name: readName(fields, 'experiment'),
  }),
  'experiment.rename': (fields) => ({
    type: 'experiment.rename',
    experiment: fields.id('experiment'),
    name: readName(fields, 'experiment'),
  }),
  'experiment.remove': (fields) => ({
    type: 'experiment.remove',
    experiment: fields.id('experiment'),
    ...readReason(fields),
  }),
  'experiment.restore': (fields) => ({
    type: 'experiment.restore',
    experiment: fields.id('experiment'),
    over: fields.id('over'),
  }),
  'run.start': (fields) => ({
    type: 'run.start',
    run: fields.id('run'),
    experiment: fields.id('experiment'),
    name: readName(fields, 'run'),
    startedAt: fields.time('startedAt'),
    ...(fields.has('parent') ? { parent: fields.id('parent') } : {}),
    context: fields.object('context').asObject(),
  }),
  'run.update': readUpdate,
  'run.params': (fields) => ({
    type: 'run.params',
    run: fields.id('run'),
    params: readParams(fields.object('params')),
  }),
  'run.metrics': (fields) => ({
    type: 'run.metrics',
    run: fields.id('run'),
    series: fields.objects('series').map(readSeries),
  }),
  'run.files': (fields) => ({
    type: 'run.files',
    run: fields.id('run'),
    files: fields.objects('files').map(readFile),
  }),
  'run.link': (fields) => ({
    type: 'run.link',
    run: fields.id('run'),
    direction: fields.oneOf('direction', ['input', 'output']),
    version: fields.digest('version'),
    role: fields.string('role'),
  }),
  'run.remove': (fields) => ({ type: 'run.remove', run: fields.id('run'), ...readReason(fields) }),
  'run.restore': (fields) => ({
    type: 'run.restore',
    run: fields.id('run'),
    over: fields.id('over'),
  }),
  'lineage.add': (fields) => ({
    type: 'lineage.add',
    from: fields.digest('from'),
    to: fields.digest('to'),
    role: fields.string('role'),
  }),
  'number.claim': (fields) => {
    fields.parsed('subject', parseTagTarget)
    return {
      type: 'number.claim',
      series: fields.parsed('series', (text) => parseKey('series', text)),
      number: fields.integer('number', 1),
      subject: fields.string('subject'),
      ...(fields.has('over') ? { over: fields.id('over') } : {}),
    }
  },
}

function readUpdate(fields: Fields): RunUpdateFields {
  return {
    type: 'run.update',
    run: fields.id('run'),
    ...(fields.has('name') ? { name: readName(fields, 'run') } : {}),
    ...(fields.has('status') ? { status: fields.oneOf('status', runStatuses) } : {}),
    ...(fields.has('startedAt') ? { startedAt: fields.time('startedAt') } : {}),
    ...(fields.has('endedAt') ? { endedAt: readEnd(fields) } : {}),
    ...(fields.has('exitCode') ? { exitCode: fields.integer('exitCode') } : {}),
    ...(fields.has('context') ? { context: fields.object('context').asObject() } : {}),
  }
}

function readEnd(fields: Fields): string | null {
  return fields.get('endedAt') === null ? null : fields.time('endedAt')
}

function readName(fields: Fields, kind: string): string {
  return fields.parsed('name', (text) => parseKey(kind, text))
}

function readParams(fields: Fields): Readonly<Record<string, string>> {
  const entries = Object.entries(fields.asObject()).map(([key, value]) => {
    if (key === '') throw fields.wrong(key, 'the key is empty')
    return [key, expectString(value, `${fields.where}: ${key}`)] as const
  })
  return Object.fromEntries(entries)
}

/** The points are looked at here, so that nobody later meets a series that cannot be read. */
function readSeries(fields: Fields): MetricSeries {
  const key = fields.parsed('key', (text) => parseKey('metric', text))
  const points = fields.string('points')
  const bytes = Buffer.from(points, 'base64')
  if (bytes.toString('base64') !== points) throw fields.wrong('points', 'it is not base64')
  decodePoints(bytes, `${fields.where}: points`)
  return { key, points }
}

function readFile(fields: Fields): RunFileChange {
  fields.parsed('path', splitTreePath)
  return {
    path: fields.string('path'),
    digest: fields.digestOrNull('digest'),
    size: fields.integer('size'),
    ...(fields.has('exec') && fields.boolean('exec') ? { exec: true } : {}),
    ...(fields.has('local') ? { local: fields.string('local') } : {}),
  }
}
