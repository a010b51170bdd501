/**
 * What MLflow's server takes as names and values, and how it refuses the rest
 * (mlflow/utils/validation.py): clients and scripts rely on these words and limits.
 */

import { posix } from 'node:path'

import type { DataSet } from '../../core/runs/data-set.ts'
import { pythonRepr } from '../../core/python-text.ts'
import type { TrackedMetric } from '../../store/tracking/results.ts'
import { invalidParameter } from './mlflow-error.ts'
import { invalidValue } from './message.ts'

export const keyCharactersMax = 250
const paramCharactersMax = 6000
const tagCharactersMax = 8000
const experimentNameCharactersMax = 500
const experimentTagCharactersMax = 20_000
const metricsMax = 1000
const paramsAndTagsMax = 100
const valuesMax = 1000

/** Characters of a key: what Python calls a word, and a few more. */
const keyForm = /^[/\p{L}\p{N}_.\- :]*$/u
const runIdForm = /^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u

const badCharacters =
  'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).'

export type Pair = { readonly key: string; readonly value: string }

export function checkRunId(id: string): void {
  if (!runIdForm.test(id)) throw invalidValue('run_id', id)
}

export function checkExperimentName(name: string): void {
  if (name.trim() === '') throw invalidParameter(`Invalid experiment name: '${name}'`)
  checkLength('name', experimentNameCharactersMax, name)
}

export function checkExperimentTag({ key, value }: Pair): void {
  checkKey('key', key)
  checkLength('key', keyCharactersMax, key)
  checkLength('value', experimentTagCharactersMax, value)
}

/** The param as it is kept: a value that is too long is cut, as the real server does. */
export function checkedParam({ key, value }: Pair, path = ''): Pair {
  checkKey(`${path}key`, key)
  checkLength('Param key', keyCharactersMax, key)
  return { key, value: cut(value, paramCharactersMax) }
}

/** The tag as it is kept: a value that is too long is cut, as the real server does. */
export function checkedTag({ key, value }: Pair, path = ''): Pair {
  checkKey(`${path}key`, key)
  checkLength(`${path}key`, keyCharactersMax, key)
  return { key, value: cut(value, tagCharactersMax) }
}

export function checkMetric({ key, value, timeMs }: TrackedMetric, path = ''): void {
  checkKey(`${path}name`, key)
  if (timeMs < 0) {
    const why = `metric '${key}' (value=${pythonFloat(value)}). Timestamp must be a nonnegative long (64-bit integer) `
    throw invalidValue(`${path}timestamp`, timeMs, why)
  }
  checkLength('Metric name', keyCharactersMax, key)
}

/** How much one request may log. */
export function checkBatch(metrics: number, params: number, tags: number): void {
  checkCount('metrics', metricsMax, metrics)
  checkCount('params', paramsAndTagsMax, params)
  checkCount('tags', paramsAndTagsMax, tags)
  checkCount('metrics, params, and tags', valuesMax, metrics + params + tags)
}

export function checkUniqueKeys(params: readonly Pair[]): void {
  const seen = new Set<string>()
  const twice = params.map(({ key }) => key).filter((key) => seen.has(key) || !seen.add(key))
  if (twice.length === 0) return
  throw invalidParameter(
    `Duplicate parameter keys have been submitted: [${twice.map((key) => `'${key}'`).join(', ')}]. ` +
      'Please ensure the request contains only one param value per param key.',
  )
}

export function checkKey(path: string, key: string): void {
  if (!keyForm.test(key)) throw invalidValue(path, key, badCharacters)
  const resolved = normalised(key)
  if (resolved === key && key !== '.' && !key.startsWith('..') && !key.startsWith('/')) return
  const why =
    'Names may be treated as files in certain cases, and must not resolve to other names when ' +
    `treated as such. This name would resolve to '${resolved}'`
  throw invalidValue(path, key, why)
}

function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : pythonRepr(value)
}

/** As Python's `posixpath.normpath`. */
function normalised(path: string): string {
  const normal = posix.normalize(path)
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal
}

/** As the real server has them; a profile is longer than a message may be. */
export function checkDataSet({ name, digest, source, schema, profile, tags }: DataSet): void {
  checkLength('name', 500, name)
  checkLength('digest', 36, digest)
  checkLength('source', 65_535, source)
  checkLength('schema', 1_048_575, schema)
  checkLength('profile', 16_777_215, profile)
  for (const [key, value] of tags) {
    checkLength('key', 255, key)
    checkLength('value', 500, value)
  }
}

export function checkLength(what: string, limit: number, text: string): void {
  if (charactersOf(text) <= limit) return
  throw invalidParameter(`'${what}' exceeds the maximum length of ${limit} characters`)
}

function checkCount(what: string, limit: number, count: number): void {
  if (count <= limit) return
  throw invalidParameter(
    `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. ` +
      `Please split up ${what} across multiple requests and try again.`,
  )
}

/** Python counts code points. */
function charactersOf(text: string): number {
  return text.length <= keyCharactersMax ? text.length : Array.from(text).length
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : Array.from(text).slice(0, limit).join('')
}
