/**
 * What a token means as a field (left of an operator) or as a value (right of it).
 */

import type { MlstoreError } from '../../errors.ts'
import type { Token, WordToken } from './lex.ts'
import { type Field, type KeyScope, type Literal, queryError } from './query.ts'

/** What may stand before the first dot of a key, as MLflow and people write it. */
const keyScopes: ReadonlyMap<string, KeyScope> = new Map([
  ['tag', 'tag'],
  ['tags', 'tag'],
  ['metric', 'metric'],
  ['metrics', 'metric'],
  ['param', 'param'],
  ['params', 'param'],
  ['parameter', 'param'],
  ['parameters', 'param'],
  ['dataset', 'dataset'],
  ['datasets', 'dataset'],
])
const attributeScopes: ReadonlySet<string> = new Set(['attribute', 'attributes', 'attr', 'run'])
const metaScopes: ReadonlySet<string> = new Set(['meta', 'metadata'])

/**
 * The field that a word names.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` if it can be none, whatever is searched.
 */
export function fieldOf(text: string, { parts, at, text: word }: WordToken): Field {
  const [first = '', ...rest] = parts
  if (rest.length === 0) return attribute(text, first, at)
  const scope = first.toLowerCase()
  const key = rest.join('.')
  if (key === '') throw queryError(text, at + word.length, 'the key is missing')
  if (attributeScopes.has(scope)) return attribute(text, key, at)
  const keyScope = keyScopes.get(scope)
  if (keyScope !== undefined) return { scope: keyScope, key, at }
  if (!metaScopes.has(scope)) throw unknownField(text, at, word)
  if (rest.includes('')) throw queryError(text, at, `${word} has an empty name in it`)
  return { scope: 'meta', path: rest, at }
}

function attribute(text: string, name: string, at: number): Field {
  // MLflow's pages call a field `attributes."Run Name"`, too.
  if (/^[a-z_][\w ]*$/i.test(name)) return { scope: 'attribute', name, at }
  throw unknownField(text, at, name)
}

function unknownField(text: string, at: number, name: string): MlstoreError {
  return queryError(
    text,
    at,
    `${name} is no field`,
    'Fields are tags.KEY, meta.KEY, metrics.KEY, params.KEY, or a name such as created.',
  )
}

const numeral = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const specialNumber = /^([+-]?)(nan|inf|infinity)$/i

/**
 * The value that a token stands for; `undefined` if it is none.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a number that no double holds as written.
 */
export function literalOf(query: string, token: Token): Literal | undefined {
  if (token.kind === 'string') return { kind: 'string', value: token.value, at: token.at }
  if (token.kind !== 'word') return undefined
  const { text, at } = token
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false') return { kind: 'boolean', value: lower === 'true', at }
  if (lower === 'null') throw queryError(query, at, 'nothing is equal to null', 'Write `is null`.')
  const value = numberOf(query, text, at)
  if (value !== undefined) return { kind: 'number', value, text, at }
  return { kind: 'string', value: text, at }
}

function numberOf(query: string, text: string, at: number): number | undefined {
  const [, sign, special] = specialNumber.exec(text) ?? []
  if (special !== undefined) {
    if (special.toLowerCase() === 'nan') return Number.NaN
    return sign === '-' ? -Infinity : Infinity
  }
  if (!numeral.test(text)) return undefined
  const value = Number(text)
  const isExact = /^[+-]?\d+$/.test(text) ? Number.isSafeInteger(value) : Number.isFinite(value)
  if (isExact) return value
  throw queryError(query, at, `${text} does not fit a number`, 'Quote it to compare it as text.')
}
