/**
 * From a parsed query to SQL conditions, whatever is searched.
 *
 * Two-valued logic, as people read it: a test of what is not there does not hold, and `not` turns
 * exactly that around.
 */

import type { Condition, Query } from '../../core/query/query.ts'
import { invalidArgument } from '../../errors.ts'
import type { OrderColumn } from './keyset.ts'
import type { Parameters } from './parameters.ts'
import { comparison, joined, likeness, membership, type Predicate } from './predicates.ts'
import type { Searchable, SearchField } from './search-field.ts'

/** A test of one field's value. */
type ValueTest = Extract<Condition, { readonly kind: 'compare' | 'like' | 'in' }>

type FieldTest = ValueTest | Extract<Condition, { readonly kind: 'null' }>

/** SQLite refuses what is nested deeper than 1,000; nobody writes so many tests. */
const testsMax = 500

export class ConditionCompiler {
  readonly parameters: Parameters
  readonly #query: Query
  readonly #searchable: Searchable
  #tests = 0

  constructor(query: Query, searchable: Searchable, parameters: Parameters) {
    this.#query = query
    this.#searchable = searchable
    this.parameters = parameters
  }

  /** What the query asks of a row; nothing: `1`. */
  where(): string {
    return this.#query.where === undefined ? '1' : this.#condition(this.#query.where)
  }

  /** What the query sorts by. */
  order(): OrderColumn[] {
    return this.#query.orderBy.flatMap(({ field, isDescending }) => {
      const sorted = this.#searchable.field(this.#query, field, this.parameters)
      return sorted.order(isDescending)
    })
  }

  /**
   * SQL of sets that hold every row the query can find, each from an index.
   *
   * Only tests that must hold by themselves make one: those at the top, joined by `and`.
   */
  candidates(): string[] {
    const { where } = this.#query
    const all = where?.kind === 'and' ? where.conditions : where === undefined ? [] : [where]
    return all.flatMap((condition) => {
      if (!isValueTest(condition)) return []
      const field = this.#searchable.field(this.#query, condition.field, this.parameters)
      return field.candidates?.(this.#predicate(condition, field)) ?? []
    })
  }

  #condition(condition: Condition): string {
    this.#tests += 1
    if (this.#tests > testsMax) throw invalidArgument('query: it has too many tests')
    switch (condition.kind) {
      case 'and':
      case 'or': {
        const parts = condition.conditions.map((each) => this.#condition(each))
        return joined(parts, condition.kind === 'and' ? 'AND' : 'OR')
      }
      case 'not':
        return `(NOT ${this.#condition(condition.condition)})`
      case 'name':
        return this.#nameContains(condition.text)
      default:
        return this.#fieldTest(condition)
    }
  }

  #nameContains(text: string): string {
    return `(instr(lower(${this.#searchable.name}), lower(${this.parameters.add(text)})) > 0)`
  }

  #fieldTest(condition: FieldTest): string {
    const field = this.#searchable.field(this.#query, condition.field, this.parameters)
    if (isValueTest(condition)) return field.some(this.#predicate(condition, field))
    return condition.isNegated ? field.exists : `(NOT ${field.exists})`
  }

  #predicate(condition: ValueTest, { kind }: SearchField): Predicate {
    const { parameters } = this
    const context = { query: this.#query.text, field: condition.field, kind, parameters }
    switch (condition.kind) {
      case 'compare':
        return comparison(context, condition.operator, condition.value)
      case 'in':
        return membership(context, condition.values, condition.isNegated)
      default:
        return likeness(context, condition.pattern, condition)
    }
  }
}

function isValueTest(condition: Condition): condition is ValueTest {
  return condition.kind === 'compare' || condition.kind === 'like' || condition.kind === 'in'
}
