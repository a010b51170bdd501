/**
 * Lines of JSON that a program writes to log into a run, whatever language it is written in.
 *
 * `{"metrics": {"loss": 0.1}, "step": 3}`: one line may say several things, and all it says is
 * checked before any of it counts. Python writes NaN and the infinities as bare words, which is
 * no JSON; they are read as what is meant. A key that means nothing is refused, because a
 * misspelt one would lose what it holds.
 */

import { invalidArgument } from '../../errors.ts'
import { parseMetricValue } from './metric-value.ts'

export type LogLine = {
  readonly metrics?: Readonly<Record<string, number>>
  /** A whole number. */
  readonly step?: number
  /** Milliseconds since 1970. */
  readonly time?: number
  readonly params?: Readonly<Record<string, ParamText>>
  readonly tags?: Readonly<Record<string, string>>
  readonly note?: string
  /** Path of a file or folder to keep. */
  readonly file?: string
  /** Text to keep as a file of the name in `as`. */
  readonly text?: string
  /** Reference of a version that was read. */
  readonly input?: string
  /** Path of a file or folder that was made: a version of the artifact in `as`. */
  readonly output?: string
  readonly as?: string
}

/** What a param is given as. */
export type ParamText = string | number | boolean | null

/**
 * Reads one line.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`, saying what cannot be used.
 */
export function parseLogLine(line: string): LogLine {
  const said = objectOf(parseLenient(line), 'the line')
  for (const key of Object.keys(said)) if (!Object.hasOwn(readers, key)) throw unknownKey(key)
  const read: LogLine = Object.fromEntries(
    Object.entries(readers)
      .filter(([key]) => said[key] !== undefined)
      .map(([key, reader]) => [key, reader(said[key], key)]),
  )
  checkTogether(read)
  return read
}

/** What of it is needed to make sense of the rest. */
function checkTogether(line: LogLine): void {
  const { as, file, text, output, metrics, step, time } = line
  const kept = [file, text, output].filter((what) => what !== undefined)
  if (kept.length > 1) throw invalidArgument('give file, text and output a line each')
  if (as === undefined && text !== undefined) {
    throw invalidArgument('text needs "as": the name of the file that keeps it')
  }
  if (as === undefined && output !== undefined) {
    throw invalidArgument('output needs "as": the artifact, type/name')
  }
  if (as !== undefined && kept.length === 0) {
    throw invalidArgument('as belongs to a file, a text or an output')
  }
  if (metrics === undefined && (step !== undefined || time !== undefined)) {
    throw invalidArgument('step and time belong to metrics')
  }
}

type Reader = (value: unknown, key: string) => LogLine[keyof LogLine]

const readers: Readonly<Record<keyof LogLine, Reader>> = {
  metrics: (value, key) => mapped(value, key, metricOf),
  step: stepOf,
  time: timeOf,
  params: (value, key) => mapped(value, key, paramOf),
  tags: (value, key) => mapped(value, key, textOf),
  note: textOf,
  file: textOf,
  text: textOf,
  input: textOf,
  output: textOf,
  as: textOf,
}

/** Strings, and the words that Python writes for what JSON has no numbers for. */
const stringsAndWords = /"(?:[^"\\]|\\.)*"|-?\b(?:Infinity|NaN)\b/g

function parseLenient(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Now and then only: most lines are JSON.
  }
  const quoted = line.replaceAll(stringsAndWords, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  )
  try {
    return JSON.parse(quoted)
  } catch (error) {
    throw invalidArgument(`it is not JSON: ${error instanceof Error ? error.message : ''}`)
  }
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value
  throw invalidArgument(`${what} is no JSON object but ${shown(value)}`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapped<Value>(
  value: unknown,
  key: string,
  read: (value: unknown, key: string) => Value,
): Record<string, Value> {
  const entries = Object.entries(objectOf(value, key))
  return Object.fromEntries(entries.map(([name, each]) => [name, read(each, `${key}.${name}`)]))
}

function metricOf(value: unknown, key: string): number {
  if (typeof value === 'number') return value
  const number = typeof value === 'string' ? parseMetricValue(value) : undefined
  if (number !== undefined) return number
  throw invalidArgument(`${key} is not a number: ${shown(value)}`)
}

function stepOf(value: unknown, key: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw invalidArgument(`${key} is not a whole number: ${shown(value)}`)
}

function timeOf(value: unknown, key: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw invalidArgument(`${key} is neither milliseconds nor an ISO time: ${shown(value)}`)
}

function paramOf(value: unknown, key: string): ParamText {
  if (value === null) return null
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'boolean') return value
  throw invalidArgument(`${key} is a text, a number, true, false or null, not ${shown(value)}`)
}

function textOf(value: unknown, key: string): string {
  if (typeof value === 'string') return value
  throw invalidArgument(`${key} is not a text: ${shown(value)}`)
}

function unknownKey(key: string): Error {
  const known = Object.keys(readers).join(', ')
  return invalidArgument(`${JSON.stringify(key)} means nothing here; it is one of ${known}`)
}

/** Enough of a value to recognise it. */
function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`
}
