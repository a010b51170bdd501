/** `K=V` arguments: tags, params, metrics, and metadata whose values may be numbers, booleans or JSON. */

import { parseUserJson, type UserObject, type UserValue } from '../core/canonical-json.ts'
import { parseMetricValue } from '../core/runs/metric-value.ts'
import { invalidArgument } from '../errors.ts'

/**
 * Tags from `--tag K=V`.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a word without `=`, an empty key or one given twice.
 */
export function parseTags(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs(words))
}

/** Params from `--param K=V`: the text as it is. */
export function parseParams(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs(words))
}

/**
 * Texts from `--metadata K=V` and `--run-args K=V`: what follows the first `=`, as it is written; of
 * a key that is given twice the last one counts.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a word without `=` or with an empty key.
 */
export function parseTexts(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map(pair))
}

/**
 * Metrics from `--metric K=V`: numbers, NaN and infinities too.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` as for tags, and for a value that is no number.
 */
export function parseMetrics(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(pairs(words).map(([key, value]) => [key, metricValue(key, value)]))
}

/** Metadata from `--meta K=V`: what reads as JSON is that, anything else is text. */
export function parseMeta(words: readonly string[]): Record<string, UserValue> {
  return Object.fromEntries(pairs(words).map(([key, value]) => [key, metaValue(key, value)]))
}

/**
 * Metadata from a file: one JSON object.
 *
 * @param where The file's name, for messages.
 */
export function parseMetaFile(text: string, where: string): UserObject {
  const value = parseUserJson(text, where)
  if (isObject(value)) return value
  throw invalidArgument(`${where} holds no JSON object.`, 'Metadata is an object: {"f1": 0.93}.')
}

function pairs(words: readonly string[]): (readonly [key: string, value: string])[] {
  const seen = new Set<string>()
  return words.map((word) => {
    const [key, value] = pair(word)
    if (seen.has(key)) throw invalidArgument(`${JSON.stringify(key)} is given more than once.`)
    seen.add(key)
    return [key, value] as const
  })
}

function pair(word: string): readonly [key: string, value: string] {
  const at = word.indexOf('=')
  if (at < 1) throw invalidArgument(`Expected KEY=VALUE, got ${JSON.stringify(word)}.`)
  return [word.slice(0, at), word.slice(at + 1)]
}

function metricValue(key: string, text: string): number {
  const value = parseMetricValue(text)
  if (value !== undefined) return value
  throw invalidArgument(`--metric ${key} is not a number: ${JSON.stringify(text)}.`)
}

/** A number that a double would round is refused by `parseUserJson`, not taken as text. */
function metaValue(key: string, value: string): UserValue {
  return looksLikeJson(value) ? parseUserJson(value, `--meta ${key}`) : value
}

function looksLikeJson(value: string): boolean {
  try {
    JSON.parse(value)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function isObject(value: UserValue): value is UserObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
