/**
 * MLflow's filters over a list that fits in memory: experiments, registered models, their versions.
 *
 * The grammar is that of all searches (docs/queries.md); the fields are those that MLflow gives the
 * things of the list. A field that is not there passes no test, as everywhere.
 */

import { parseQuery } from '../../core/query/parse.ts'
import {
  type Comparison,
  type Condition,
  type Field,
  type Likeness,
  type Literal,
  type OrderTerm,
  queryError,
} from '../../core/query/query.ts'
import { invalidParameter } from './mlflow-error.ts'

export type ListSearch = {
  readonly filter: string
  /** Such as `name ASC`; the order of the list where it says nothing. */
  readonly orderBy: readonly string[]
}

export type FieldValue = string | number | undefined

export type ListFields<Item> = {
  /** What the list is of, for messages. */
  readonly of: string
  readonly attributes: Readonly<Record<string, (item: Item) => FieldValue>>
  readonly tag: (item: Item, key: string) => string | undefined
  /** Default: there are none. */
  readonly param?: (item: Item, key: string) => string | undefined
}

type FieldReader<Item> = (item: Item, field: Field) => FieldValue

/** Those that match, in order. */
export function searchList<Item>(
  items: readonly Item[],
  fields: ListFields<Item>,
  { filter, orderBy }: ListSearch,
): Item[] {
  const order = orderBy.length === 0 ? '' : ` order by ${orderBy.join(', ')}`
  const query = parseQuery(`${filter}${order}`)
  const { where } = query
  const read = readerOf(fields, query.text)
  const found = items.filter((each) => where === undefined || matches(each, where, read))
  return query.orderBy.length === 0 ? found : found.toSorted(byTerms(query.orderBy, read))
}

/** @param text Of the query, for messages. */
function readerOf<Item>(
  { of, attributes, tag, param }: ListFields<Item>,
  text: string,
): FieldReader<Item> {
  return (item, field) => {
    if (field.scope === 'tag') return tag(item, field.key)
    if (field.scope === 'param' && param !== undefined) return param(item, field.key)
    const isKnown = field.scope === 'attribute' && Object.hasOwn(attributes, field.name)
    const read = isKnown ? attributes[field.name] : undefined
    if (read !== undefined) return read(item)
    const hint = `There are ${Object.keys(attributes).join(', ')} and tags.KEY.`
    throw queryError(text, field.at, `${of} have no such field`, hint)
  }
}

function matches<Item>(item: Item, condition: Condition, read: FieldReader<Item>): boolean {
  const test = (each: Condition): boolean => matches(item, each, read)
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every(test)
    case 'or':
      return condition.conditions.some(test)
    case 'not':
      return !test(condition.condition)
    case 'name':
      throw invalidParameter(`Invalid clause in filter string: ${condition.text}`)
    case 'null':
      return (read(item, condition.field) !== undefined) === condition.isNegated
    case 'in': {
      const value = read(item, condition.field)
      const isIn = condition.values.some((literal) => String(value) === textOf(literal))
      return value !== undefined && isIn !== condition.isNegated
    }
    case 'like':
      return isLike(read(item, condition.field), condition)
    case 'compare':
      return compares(read(item, condition.field), condition)
    default:
      return condition satisfies never
  }
}

function compares(value: FieldValue, { operator, value: literal }: Comparison): boolean {
  if (value === undefined) return false
  const other = typeof value === 'number' ? numberOf(literal) : textOf(literal)
  switch (operator) {
    case '=':
      return value === other
    case '!=':
      return value !== other
    case '<':
      return value < other
    case '<=':
      return value <= other
    case '>':
      return value > other
    case '>=':
      return value >= other
    default:
      return operator satisfies never
  }
}

function isLike(value: FieldValue, { pattern, ignoresCase, isNegated }: Likeness): boolean {
  if (value === undefined) return false
  const form = Array.from(pattern, (character) => {
    if (character === '%') return '[^]*'
    return character === '_' ? '[^]' : character.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  }).join('')
  return new RegExp(`^${form}$`, ignoresCase ? 'iu' : 'u').test(String(value)) !== isNegated
}

function textOf(literal: Literal): string {
  return literal.kind === 'number' ? literal.text : String(literal.value)
}

function numberOf(literal: Literal): number {
  if (literal.kind === 'number') return literal.value
  throw invalidParameter(`Expected a number, got '${literal.value}'.`)
}

/** What has no value comes last. */
function byTerms<Item>(
  terms: readonly OrderTerm[],
  read: FieldReader<Item>,
): (a: Item, b: Item) => number {
  return (a, b) => {
    for (const { field, isDescending } of terms) {
      const [first, second] = [read(a, field), read(b, field)]
      if (first === second) continue
      if (first === undefined || second === undefined) return first === undefined ? 1 : -1
      return first < second === isDescending ? 1 : -1
    }
    return 0
  }
}
