/**
 * The fields runs can be searched by, as SQL.
 *
 * A metric stands for its last value, as in MLflow: that of the highest step. Its names for
 * attributes are known beside ours.
 */

import { type Field, type Query, queryError } from '../../core/query/query.ts'
import type { MlstoreError } from '../../errors.ts'
import { tagKind } from '../tag-table.ts'
import { numberOfText, type ValueKind } from './predicates.ts'
import {
  attributeName,
  columnField,
  nullsLast,
  type Searchable,
  type SearchField,
} from './search-field.ts'

/** SQL of a value of the run's context; `path` leads to it in the event that has it. */
function contextValue(name: string, path: string): string {
  return `(SELECT body ->> '$.context.${path}' FROM run_context JOIN event ON event.key = event
    WHERE run_context.run = run.key AND name = '${name}')`
}

/** Attributes, and the SQL of their value. */
const columns: Readonly<Record<string, readonly [ValueKind, string]>> = {
  branch: ['text', contextValue('git', 'git.branch')],
  by: ['text', 'run.by'],
  commit: ['text', contextValue('git', 'git.commit')],
  duration: ['duration', '(run.ended_at - run.started_at)'],
  ended: ['instant', 'run.ended_at'],
  exit_code: ['number', 'run.exit_code'],
  experiment: ['text', '(SELECT name FROM experiment WHERE experiment.key = run.experiment)'],
  experiment_id: [
    'text',
    '(SELECT lower(hex(id)) FROM experiment WHERE experiment.key = run.experiment)',
  ],
  name: ['text', 'run.name'],
  parent: ['text', '(SELECT lower(hex(id)) FROM run AS parent WHERE parent.key = run.parent)'],
  run: ['text', 'lower(hex(run.id))'],
  started: ['instant', 'run.started_at'],
  status: ['text', 'run.status'],
}

/** What MLflow and people call some of them. */
const otherNames: Readonly<Record<string, string>> = {
  created: 'started',
  end_time: 'ended',
  experiment_name: 'experiment',
  id: 'run',
  parent_run_id: 'parent',
  run_id: 'run',
  run_name: 'name',
  start_time: 'started',
  user: 'by',
  user_id: 'by',
}

/** What a client of MLflow said of a data set that lies elsewhere (store/tracking/data-sets.ts). */
function describedAs(field: string): string {
  return `(SELECT value FROM version_meta AS described
    WHERE described.version = version.key AND described.path = '["mlflowDataset","${field}"]')`
}

/** SQL of what can be said about a version that the run read. */
const datasetColumns: Readonly<Record<string, string>> = {
  artifact: 'artifact.name',
  context: 'link.role',
  digest: `coalesce(${describedAs('digest')}, lower(hex(link.version)))`,
  name: `coalesce(${describedAs('name')}, substr(artifact.name, instr(artifact.name, '/') + 1))`,
  role: 'link.role',
}

/** `by` alone is a key word of the language. */
const attributeNames = Object.keys(columns).map((name) => (name === 'by' ? 'user' : name))

/** Runs, in statements that select from `run`. */
export const searchableRuns: Searchable = {
  name: 'run.name',
  field(query, field, parameters) {
    switch (field.scope) {
      case 'attribute':
        return attributeField(query, field, attributeName(field.name))
      case 'metric':
        return metricField(keyOf(parameters.add(field.key)))
      case 'param':
        return paramField(keyOf(parameters.add(field.key)))
      case 'tag':
        return tagField(parameters.add(field.key))
      case 'dataset':
        return datasetField(query, field, attributeName(field.key))
      default:
        throw unknownField(query, field, 'runs have params, metrics and tags, but no metadata')
    }
  },
}

/** SQL of the integer that stands for a param's or metric's name. */
export function keyOf(name: string): string {
  return `(SELECT key FROM run_key WHERE name = ${name})`
}

/**
 * SQL: the condition holds in the one row that the rest of the statement selects.
 *
 * Not EXISTS, which SQLite may turn into a join and begin at the wrong end: here it can only look
 * up the row of each run.
 */
function holds(condition: string, from: string): string {
  return `coalesce((SELECT ${condition} ${from}), 0)`
}

function attributeField(query: Query, field: Field, written: string): SearchField {
  const name = (Object.hasOwn(otherNames, written) ? otherNames[written] : undefined) ?? written
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined
  if (column === undefined) throw unknownField(query, field, `runs have no field ${written}`)
  // It is always there, and sorting by it alone is what an index can do.
  if (name !== 'started') return columnField(...column)
  const order = (isDescending: boolean) => [{ sql: 'run.started_at', isDescending }]
  return { ...columnField(...column), order }
}

function unknownField(query: Query, field: Field, why: string): MlstoreError {
  return queryError(
    query.text,
    field.at,
    why,
    `Fields of runs are ${attributeNames.join(', ')}, metrics.KEY, params.KEY, tags.KEY and ` +
      'datasets.name, .artifact, .digest and .role.',
  )
}

/** NaN, which the table has as NULL, comes behind all numbers, and runs without the metric last. */
function metricField(key: string): SearchField {
  const ofRun = `FROM metric WHERE metric.run = run.key AND metric.key = ${key}`
  const exists = holds('1', ofRun)
  return {
    kind: 'number',
    some: (predicate) => holds(predicate('metric.last'), ofRun),
    exists,
    order: (isDescending) => [
      ...nullsLast(`(SELECT last ${ofRun})`, isDescending),
      { sql: exists, isDescending: true },
    ],
    candidates: (predicate) =>
      `SELECT metric.run AS key FROM metric WHERE metric.key = ${key}
       AND ${predicate('metric.last')}`,
  }
}

/** Sorted as numbers where they are numbers, then by the alphabet. */
function paramField(key: string): SearchField {
  const ofRun = `FROM run_param WHERE run_param.run = run.key AND run_param.key = ${key}`
  const value = 'run_param.value'
  const number = numberOfText(value)
  return {
    kind: 'param',
    some: (predicate) => holds(predicate(value), ofRun),
    exists: holds('1', ofRun),
    order: (isDescending) => [
      ...nullsLast(`(SELECT ${number} ${ofRun})`, isDescending),
      ...nullsLast(`(SELECT iif((${number}) IS NULL, ${value}, NULL) ${ofRun})`, isDescending),
    ],
    candidates: (predicate) =>
      `SELECT run_param.run AS key FROM run_param WHERE run_param.key = ${key}
       AND ${predicate(value)}`,
  }
}

/** @param key The SQL that stands for the tag's key. */
function tagField(key: string): SearchField {
  const named = `tag.kind = ${tagKind.run} AND tag.name = ${key} AND tag.value IS NOT NULL`
  const ofRun = `FROM tag WHERE tag.target = run.id AND ${named}`
  return {
    kind: 'text',
    some: (predicate) => holds(predicate('tag.value'), ofRun),
    exists: holds('1', ofRun),
    order: (isDescending) => nullsLast(`(SELECT tag.value ${ofRun})`, isDescending),
    candidates: (predicate) =>
      `SELECT tagged.key FROM tag CROSS JOIN run AS tagged ON tagged.id = tag.target
       WHERE ${named} AND ${predicate('tag.value')}`,
  }
}

/** A run may have read several versions; what is not known here has a digest and a role only. */
function datasetField(query: Query, field: Field, name: string): SearchField {
  const value = Object.hasOwn(datasetColumns, name) ? datasetColumns[name] : undefined
  if (value === undefined) throw unknownField(query, field, `datasets have no field ${name}`)
  const ofRun = `FROM run_link AS link
    LEFT JOIN version ON version.digest = link.version
    LEFT JOIN artifact ON artifact.key = version.artifact
    WHERE link.run = run.key AND link.direction = 'input' AND ${value} IS NOT NULL`
  return {
    kind: 'text',
    some: (predicate) => holds('1', `${ofRun} AND ${predicate(value)} LIMIT 1`),
    exists: holds('1', `${ofRun} LIMIT 1`),
    order: (isDescending) => nullsLast(`(SELECT min(${value}) ${ofRun})`, isDescending),
  }
}
