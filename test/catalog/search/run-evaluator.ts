/**
 * A second opinion on searching runs: the query language, evaluated in memory over plain objects.
 *
 * Written from the description of the language and not from the SQL, so that a test can compare
 * the two.
 */

import assert from 'node:assert/strict'

import type {
  Comparison,
  Condition,
  Field,
  Literal,
  OrderTerm,
  Query,
} from '../../../src/core/query/query.ts'

export type PlainRun = {
  readonly id: string
  readonly name: string
  readonly status: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number | null
  readonly by: string
  readonly params: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
  readonly tags: Readonly<Record<string, string>>
}

/** Ids of the runs that the query finds, in its order. */
export function evaluate({ where, orderBy, limit }: Query, runs: readonly PlainRun[]): string[] {
  const found = runs.filter((run) => where === undefined || holds(where, run))
  const ids = found.toSorted((a, b) => compareRuns(orderBy, a, b)).map(({ id }) => id)
  return limit === undefined ? ids : ids.slice(0, limit)
}

/** What a run has in a field; `undefined`: nothing. */
type Value = string | number | undefined

function valueOf(run: PlainRun, field: Field): Value {
  switch (field.scope) {
    case 'param':
      return ownOf(run.params, field.key)
    case 'metric':
      return ownOf(run.metrics, field.key)
    case 'tag':
      return ownOf(run.tags, field.key)
    case 'attribute':
      return attributes[field.name]?.(run) ?? undefined
    default:
      return assert.fail(`no field of runs: ${field.scope}`)
  }
}

const attributes: Readonly<Record<string, (run: PlainRun) => string | number | null>> = {
  run_id: (run) => run.id,
  name: (run) => run.name,
  status: (run) => run.status,
  start_time: (run) => run.startedAt,
  end_time: (run) => run.endedAt,
  duration: (run) => (run.endedAt === null ? null : run.endedAt - run.startedAt),
  user: (run) => run.by,
}

function ownOf<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function holds(condition: Condition, run: PlainRun): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((each) => holds(each, run))
    case 'or':
      return condition.conditions.some((each) => holds(each, run))
    case 'not':
      return !holds(condition.condition, run)
    case 'name':
      return lowerAscii(run.name).includes(lowerAscii(condition.text))
    case 'null':
      return (valueOf(run, condition.field) !== undefined) === condition.isNegated
    default:
      return testHolds(condition, run)
  }
}

function testHolds(
  condition: Extract<Condition, { readonly kind: 'compare' | 'in' | 'like' }>,
  run: PlainRun,
): boolean {
  const value = valueOf(run, condition.field)
  // What is not there passes no test, not even `!=`.
  if (value === undefined) return false
  switch (condition.kind) {
    case 'compare':
      return compares(condition.operator, value, condition)
    case 'in': {
      const isIn = condition.values.some((literal) =>
        compares('=', value, { field: condition.field, value: literal }),
      )
      return isIn !== condition.isNegated
    }
    default: {
      const fold = condition.ignoresCase ? lowerAscii : (text: string): string => text
      return matches(fold(condition.pattern), fold(String(value))) !== condition.isNegated
    }
  }
}

function compares(
  operator: Comparison['operator'],
  value: string | number,
  { field, value: literal }: Pick<Comparison, 'field' | 'value'>,
): boolean {
  if (typeof value === 'number') return compareNumbers(operator, value, numberOf(literal))
  if (field.scope === 'param' && literal.kind === 'number') {
    return compareNumbers(operator, readNumber(value), literal.value)
  }
  if (field.scope === 'param' && literal.kind === 'boolean') {
    const isEqual = lowerAscii(value) === String(literal.value)
    return operator === '=' ? isEqual : operator === '!=' && !isEqual
  }
  const text = literal.kind === 'number' ? literal.text : String(literal.value)
  return ordered(operator, compareText(value, text))
}

function numberOf(literal: Literal): number {
  return literal.kind === 'number' ? literal.value : assert.fail('a number was expected')
}

/** NaN is equal to NaN alone, unequal to all else, and neither larger nor smaller. */
function compareNumbers(
  operator: Comparison['operator'],
  a: number | undefined,
  b: number,
): boolean {
  if (operator === '!=') return !Object.is(a, b) && a !== b
  if (a === undefined) return false
  if (Number.isNaN(a) || Number.isNaN(b)) return operator === '=' && Object.is(a, b)
  return ordered(operator, a - b || (a < b ? -1 : a > b ? 1 : 0))
}

function ordered(operator: Comparison['operator'], sign: number): boolean {
  const tests = {
    '=': sign === 0,
    '!=': sign !== 0,
    '<': sign < 0,
    '<=': sign <= 0,
    '>': sign > 0,
    '>=': sign >= 0,
  }
  return tests[operator]
}

/** The number that a param's text is; `undefined` if it is none. */
function readNumber(text: string): number | undefined {
  const trimmed = text.replaceAll(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed)
  const [, sign, word] = /^([+-]?)(nan|inf|infinity)$/i.exec(text) ?? []
  if (word === undefined) return undefined
  if (word.toLowerCase() === 'nan') return Number.NaN
  return sign === '-' ? -Infinity : Infinity
}

function matches(pattern: string, text: string): boolean {
  const source = Array.from(pattern, (character) => {
    if (character === '%') return '.*'
    return character === '_' ? '.' : character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`, 'su').test(text)
}

/** Missing values last, NaN before them, whatever the direction; then newest first, then by id. */
function compareRuns(terms: readonly OrderTerm[], a: PlainRun, b: PlainRun): number {
  for (const { field, isDescending } of terms) {
    const [left, right] = [sortable(a, field), sortable(b, field)]
    const byRank = left.rank - right.rank
    if (byRank !== 0) return byRank
    const order = compareValues(left.value, right.value)
    if (order !== 0) return isDescending ? -order : order
  }
  return b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1)
}

/** Of params, those that are numbers come first. */
function sortable(run: PlainRun, field: Field): { readonly rank: number; readonly value: Value } {
  const value = valueOf(run, field)
  if (value === undefined) return { rank: 3, value }
  if (field.scope !== 'param') return { rank: Number.isNaN(value) ? 2 : 0, value }
  const number = readNumber(String(value))
  const isNumber = number !== undefined && !Number.isNaN(number)
  return isNumber ? { rank: 0, value: number } : { rank: 1, value }
}

function compareValues(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  return compareText(String(a), String(b))
}

function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
