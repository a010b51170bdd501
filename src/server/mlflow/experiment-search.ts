/**
 * Searching experiments: MLflow's filters over a list that fits in memory.
 *
 * The grammar is that of all searches (docs/queries.md); the fields are those that MLflow gives an
 * experiment. A field that is not there passes no test, as everywhere.
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
import type { TrackedExperiment } from '../../store/tracking/results.ts'
import { invalidParameter } from './mlflow-error.ts'
import { experimentWireId } from './wire.ts'

export type ExperimentSearch = {
  readonly filter: string
  /** Such as `name ASC`; the newest come first where it says nothing. */
  readonly orderBy: readonly string[]
}

type Value = string | number | undefined

const attributes: Readonly<Record<string, (experiment: TrackedExperiment) => Value>> = {
  name: ({ name }) => name,
  experiment_id: ({ id }) => experimentWireId(id),
  creation_time: ({ createdAtMs }) => createdAtMs,
  last_update_time: ({ updatedAtMs }) => updatedAtMs,
}

/** Those that match, in order. */
export function searchExperiments(
  experiments: readonly TrackedExperiment[],
  { filter, orderBy }: ExperimentSearch,
): TrackedExperiment[] {
  const order = orderBy.length === 0 ? '' : ` order by ${orderBy.join(', ')}`
  const query = parseQuery(`${filter}${order}`)
  const { where, text } = query
  const found = experiments.filter((each) => where === undefined || matches(each, where, text))
  return query.orderBy.length === 0 ? found : found.toSorted(byTerms(query.orderBy, text))
}

function matches(experiment: TrackedExperiment, condition: Condition, text: string): boolean {
  const test = (each: Condition): boolean => matches(experiment, each, text)
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every(test)
    case 'or':
      return condition.conditions.some(test)
    case 'not':
      return !test(condition.condition)
    case 'name':
      return experiment.name.toLowerCase().includes(condition.text.toLowerCase())
    case 'null':
      return (valueOf(experiment, condition.field, text) !== undefined) === condition.isNegated
    case 'in': {
      const value = valueOf(experiment, condition.field, text)
      const isIn = condition.values.some((literal) => String(value) === textOf(literal))
      return value !== undefined && isIn !== condition.isNegated
    }
    case 'like':
      return isLike(valueOf(experiment, condition.field, text), condition)
    case 'compare':
      return compares(valueOf(experiment, condition.field, text), condition)
    default:
      return condition satisfies never
  }
}

function valueOf(experiment: TrackedExperiment, field: Field, text: string): Value {
  if (field.scope === 'tag') return experiment.tags.get(field.key)
  const read = field.scope === 'attribute' ? attributes[field.name] : undefined
  if (read !== undefined) return read(experiment)
  const hint = `There are ${Object.keys(attributes).join(', ')} and tags.KEY.`
  throw queryError(text, field.at, 'experiments have no such field', hint)
}

function compares(value: Value, { operator, value: literal }: Comparison): boolean {
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

function isLike(value: Value, { pattern, ignoresCase, isNegated }: Likeness): boolean {
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
function byTerms(
  terms: readonly OrderTerm[],
  text: string,
): (a: TrackedExperiment, b: TrackedExperiment) => number {
  return (a, b) => {
    for (const { field, isDescending } of terms) {
      const [first, second] = [valueOf(a, field, text), valueOf(b, field, text)]
      if (first === second) continue
      if (first === undefined || second === undefined) return first === undefined ? 1 : -1
      return first < second === isDescending ? 1 : -1
    }
    return 0
  }
}
