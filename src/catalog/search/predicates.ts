/**
 * Tests of one value, as SQL.
 *
 * A field holds texts, numbers, times, or values that say themselves what they are (metadata,
 * params). Each kind reads literals its own way and refuses, with the place in the query, what it
 * cannot compare: better a sentence than a search that finds nothing.
 */

import {
  type ComparisonOperator,
  type Field,
  type Literal,
  queryError,
} from '../../core/query/query.ts'
import type { MlstoreError } from '../../errors.ts'
import type { Parameters } from './parameters.ts'
import {
  durationOf,
  type InstantRange,
  instantRangeOf,
  sizeOf,
  type TimeRange,
  timeRangeOf,
} from './literals.ts'

/** Makes the SQL of a test from the SQL of the value. */
export type Predicate = (value: string) => string

export type ValueKind =
  | 'text'
  | 'number'
  /** Bytes. */
  | 'size'
  /** Milliseconds. */
  | 'duration'
  /** As ISO 8601 text. */
  | 'time'
  /** As milliseconds since 1970. */
  | 'instant'
  /** Metadata: a column `kind` says what it is. */
  | 'typed'
  /** Text that may be that of a number. */
  | 'param'

export type PredicateContext = {
  readonly query: string
  readonly field: Field
  readonly kind: ValueKind
  readonly parameters: Parameters
}

/** `value OPERATOR literal` */
export function comparison(
  context: PredicateContext,
  operator: ComparisonOperator,
  literal: Literal,
): Predicate {
  switch (context.kind) {
    case 'text':
      return compareText(context, operator, literal)
    case 'time':
      return compareRange(context, operator, timeRangeOf(context.query, literal))
    case 'instant':
      return compareRange(context, operator, instantRangeOf(context.query, literal))
    case 'typed':
      return compareTyped(context, operator, literal)
    case 'param':
      return compareParam(context, operator, literal)
    default:
      return compareNumber(context, operator, numberIn(context, literal))
  }
}

/** `value IN (…)`: some of the comparisons holds; negated: none does. */
export function membership(
  context: PredicateContext,
  literals: readonly Literal[],
  isNegated: boolean,
): Predicate {
  const tests = literals.map((literal) => comparison(context, '=', literal))
  return (value) => {
    const some = joined(
      tests.map((test) => test(value)),
      'OR',
    )
    return isNegated ? `(NOT ${some})` : some
  }
}

const patternKinds: ReadonlySet<ValueKind> = new Set(['text', 'time', 'typed', 'param'])

/** SQLite refuses patterns beyond 50,000 bytes, escaped. */
const patternCharactersMax = 4000

/** `%` is any text, `_` any character. Only ASCII letters are the same in both cases. */
export function likeness(
  { kind, query, field, parameters }: PredicateContext,
  pattern: string,
  options: { readonly ignoresCase: boolean; readonly isNegated: boolean },
): Predicate {
  if (!patternKinds.has(kind)) {
    throw queryError(query, field.at, 'numbers have no pattern', 'Compare with <, = or >.')
  }
  if (pattern.length > patternCharactersMax)
    throw queryError(query, field.at, 'the pattern is too long')
  // LIKE ignores case and GLOB does not.
  const operator = options.ignoresCase ? 'LIKE' : 'GLOB'
  const bound = parameters.add(options.ignoresCase ? pattern : globOf(pattern))
  const not = options.isNegated ? 'NOT ' : ''
  const isText = kind === 'typed' ? `kind = 'text' AND ` : ''
  return (value) => `(${isText}${value} ${not}${operator} ${bound})`
}

/** Joins SQL conditions as a balanced tree: SQLite limits how deep an expression may be. */
export function joined(conditions: readonly string[], operator: 'AND' | 'OR'): string {
  const [first = '1', second] = conditions
  if (second === undefined) return first
  const middle = Math.ceil(conditions.length / 2)
  const left = joined(conditions.slice(0, middle), operator)
  const right = joined(conditions.slice(middle), operator)
  return `(${left} ${operator} ${right})`
}

function globOf(pattern: string): string {
  return pattern.replaceAll(/[[*?]/g, '[$&]').replaceAll('%', '*').replaceAll('_', '?')
}

/** Text as it was written: `tags.build = 007` is not 7. */
function compareText(
  { parameters, query, field }: PredicateContext,
  operator: ComparisonOperator,
  literal: Literal,
): Predicate {
  const isEquality = operator === '=' || operator === '!='
  if (literal.kind !== 'string' && !isEquality) throw textHasNoSize(query, field, literal)
  const text = literal.kind === 'number' ? literal.text : String(literal.value)
  const bound = parameters.add(text)
  return (value) => `(${value} ${operator} ${bound})`
}

function textHasNoSize(query: string, field: Field, literal: Literal): MlstoreError {
  const where = field.scope === 'tag' ? 'Numbers belong into metadata: meta.KEY. ' : ''
  return queryError(
    query,
    literal.at,
    'this field holds text, which is not larger or smaller than a number',
    `${where}Quote the value to compare by the alphabet.`,
  )
}

/** A time may be given as a day, a month or a year: then it is the whole of it. */
function compareRange(
  { parameters }: PredicateContext,
  operator: ComparisonOperator,
  range: TimeRange | InstantRange,
): Predicate {
  const first = parameters.add(range.first)
  const last = parameters.add(range.last)
  const tests: Readonly<Record<ComparisonOperator, Predicate>> = {
    '=': (value) => `(${value} BETWEEN ${first} AND ${last})`,
    '!=': (value) => `(${value} NOT BETWEEN ${first} AND ${last})`,
    '<': (value) => `(${value} < ${first})`,
    '<=': (value) => `(${value} <= ${last})`,
    '>': (value) => `(${value} > ${last})`,
    '>=': (value) => `(${value} >= ${first})`,
  }
  return tests[operator]
}

function numberIn({ query, kind }: PredicateContext, literal: Literal): number {
  if (literal.kind === 'number') return literal.value
  const unit = units.get(kind)
  const value = literal.kind === 'string' ? unit?.read(literal.value) : undefined
  if (value !== undefined) return value
  const example = unit === undefined ? '' : `, such as ${unit.example}`
  throw queryError(query, literal.at, `a number belongs here${example}`)
}

type Unit = { readonly example: string; read(text: string): number | undefined }

/** Kinds of numbers that may be given with a unit. */
const units: ReadonlyMap<ValueKind, Unit> = new Map([
  ['size', { example: '10MiB', read: sizeOf }],
  ['duration', { example: '90s', read: durationOf }],
])

/** SQLite keeps NaN as NULL. As everywhere, it is neither equal to nor less than any number. */
function compareNumber(
  { parameters }: Pick<PredicateContext, 'parameters'>,
  operator: ComparisonOperator,
  number: number,
): Predicate {
  if (!Number.isNaN(number)) {
    const bound = parameters.add(number)
    if (operator === '!=') return (value) => `(${value} IS NOT ${bound})`
    return (value) => `(${value} ${operator} ${bound})`
  }
  // The one thing worth asking about NaN is whether something is it.
  if (operator === '=') return (value) => `(${value} IS NULL)`
  return operator === '!=' ? (value) => `(${value} IS NOT NULL)` : () => '0'
}

/** Metadata: a number is only compared with numbers, text with texts, true with booleans. */
function compareTyped(
  context: PredicateContext,
  operator: ComparisonOperator,
  literal: Literal,
): Predicate {
  if (literal.kind === 'number') {
    const compare = compareNumber(context, operator, literal.value)
    return (value) => `(kind = 'number' AND ${compare(value)})`
  }
  if (literal.kind === 'string') {
    const bound = context.parameters.add(literal.value)
    return (value) => `(kind = 'text' AND ${value} ${operator} ${bound})`
  }
  if (operator !== '=' && operator !== '!=') {
    throw queryError(context.query, literal.at, 'true and false are only equal or not')
  }
  const bound = context.parameters.add(Number(literal.value))
  return (value) => `(kind = 'boolean' AND ${value} ${operator} ${bound})`
}

/** Params are text: a number is compared with what reads as one, and text by the alphabet. */
function compareParam(
  { parameters }: PredicateContext,
  operator: ComparisonOperator,
  literal: Literal,
): Predicate {
  if (literal.kind === 'string') {
    const bound = parameters.add(literal.value)
    return (value) => `(${value} ${operator} ${bound})`
  }
  // Python writes True, JSON true.
  if (literal.kind === 'boolean') return equalWord(operator, [String(literal.value)])
  if (Number.isNaN(literal.value)) return equalWord(operator, ['nan', '+nan', '-nan'])
  const compare = compareNumber({ parameters }, operator, literal.value)
  return (value) => compare(numberOfText(value))
}

/** Whether the text is one of the words, in any case. */
function equalWord(operator: ComparisonOperator, words: readonly string[]): Predicate {
  if (operator !== '=' && operator !== '!=') return () => '0'
  const not = operator === '=' ? '' : 'NOT '
  return (value) => `(lower(${value}) ${not}IN (${words.map((word) => `'${word}'`).join(', ')}))`
}

const infinity = 'CAST(9e999 AS REAL)'

/**
 * SQL: the number that a text is, NULL if it is none or NaN.
 *
 * Compared with a REAL, SQLite takes a text for a number if all of it reads as one, and for more
 * than any number if not.
 */
export function numberOfText(text: string): string {
  return `CASE WHEN ${text} <= ${infinity} THEN CAST(${text} AS REAL)
    WHEN lower(${text}) IN ('inf', '+inf', 'infinity', '+infinity') THEN ${infinity}
    WHEN lower(${text}) IN ('-inf', '-infinity') THEN -${infinity} END`
}
