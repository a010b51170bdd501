/**
 * Tests of one value, as SQL.
 *
 * A field holds texts, numbers, times, or values that say themselves what they are (metadata).
 * Each kind reads literals its own way and refuses, with the place in the query, what it cannot
 * compare: better a sentence than a search that finds nothing.
 */

import {
  type ComparisonOperator,
  type Field,
  type Literal,
  queryError,
} from '../../core/query/query.ts'
import type { MlstoreError } from '../../errors.ts'
import type { Parameters } from './parameters.ts'
import { sizeOf, timeRangeOf } from './literals.ts'

/** Makes the SQL of a test from the SQL of the value. */
export type Predicate = (value: string) => string

export type ValueKind = 'text' | 'number' | 'size' | 'time' | 'typed'

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
      return compareTime(context, operator, literal)
    case 'typed':
      return compareTyped(context, operator, literal)
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

/** SQLite refuses patterns beyond 50,000 bytes, escaped. */
const patternCharactersMax = 4000

/** `%` is any text, `_` any character. Only ASCII letters are the same in both cases. */
export function likeness(
  { kind, query, field, parameters }: PredicateContext,
  pattern: string,
  options: { readonly ignoresCase: boolean; readonly isNegated: boolean },
): Predicate {
  if (kind === 'number' || kind === 'size') {
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
function compareTime(
  { query, parameters }: PredicateContext,
  operator: ComparisonOperator,
  literal: Literal,
): Predicate {
  const range = timeRangeOf(query, literal)
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
  const value = kind === 'size' && literal.kind === 'string' ? sizeOf(literal.value) : undefined
  if (value !== undefined) return value
  if (literal.kind === 'number') return literal.value
  const example = kind === 'size' ? ', such as 10MiB' : ''
  throw queryError(query, literal.at, `a number belongs here${example}`)
}

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
