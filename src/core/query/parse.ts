/**
 * Parses the search language.
 *
 * ```
 * query      = [ condition ] [ "order by" field [ "asc" | "desc" ] { "," … } ] [ "limit" count ]
 * condition  = all { "or" all }          all = negation { "and" negation }
 * negation   = "not" negation | "(" condition ")" | test
 * test       = field operator literal | field [ "not" ] ( "like" | "ilike" ) string
 *            | field [ "not" ] "in" "(" literal { "," literal } ")"
 *            | field "is" [ "not" ] "null" | word | string
 * ```
 *
 * Key words may be written in capitals. A bare word is a string where a literal belongs and a
 * part of the name where it stands alone.
 */

import type { MlstoreError } from '../../errors.ts'
import { lex, type Token, type WordToken } from './lex.ts'
import { fieldOf, literalOf } from './operand.ts'
import {
  type ComparisonOperator,
  type Condition,
  type Field,
  type Literal,
  type OrderTerm,
  type Query,
  queryError,
} from './query.ts'

/** How deep conditions may be nested; more is a mistake or an attack. */
const depthMax = 100

/**
 * Parses a query; an empty one finds everything.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`, pointing at the place in the query.
 */
export function parseQuery(text: string): Query {
  return new QueryParser(text).query()
}

/** Words that are never a field, a value or a name; quoted they are. */
const keywords: ReadonlySet<string> = new Set(
  'and or not like ilike in is order by asc desc limit'.split(' '),
)

const operators: ReadonlyMap<string, ComparisonOperator> = new Map([
  ['=', '='],
  ['==', '='],
  ['!=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
])

class QueryParser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = lex(text)
  }

  query(): Query {
    const { kind } = this.#next()
    const isBare = kind === 'end' || this.#isAt('order') || this.#isAt('limit')
    const where = isBare ? undefined : this.#any()
    const orderBy = this.#take('order') ? this.#orderTerms() : []
    const limit = this.#take('limit') ? this.#count() : undefined
    if (this.#next().kind === 'end') return { text: this.#text, where, orderBy, limit }
    throw this.#expected('`and`, `or`, `order by` or `limit`')
  }

  #any(): Condition {
    return this.#joined('or', () => this.#joined('and', () => this.#negation()))
  }

  #joined(kind: 'and' | 'or', parse: () => Condition): Condition {
    const first = parse()
    if (!this.#isAt(kind)) return first
    const conditions = [first]
    while (this.#take(kind)) conditions.push(parse())
    return { kind, conditions }
  }

  #negation(): Condition {
    const { at } = this.#next()
    this.#depth += 1
    if (this.#depth > depthMax) throw queryError(this.#text, at, 'this is nested too deep')
    const condition = this.#negatedOrGrouped() ?? this.#test()
    this.#depth -= 1
    return condition
  }

  #negatedOrGrouped(): Condition | undefined {
    if (this.#take('not')) return { kind: 'not', condition: this.#negation() }
    if (!this.#takeSymbol('(')) return undefined
    const condition = this.#any()
    if (!this.#takeSymbol(')')) throw this.#expected('`)`')
    return condition
  }

  #test(): Condition {
    const token = this.#next()
    if (token.kind === 'string') {
      this.#index += 1
      return { kind: 'name', text: token.value, at: token.at }
    }
    if (token.kind !== 'word' || isKeyword(token)) throw this.#expected('a condition')
    this.#index += 1
    const follower = this.#next()
    const operator = follower.kind === 'symbol' ? operators.get(follower.text) : undefined
    if (operator !== undefined) {
      this.#index += 1
      return {
        kind: 'compare',
        field: fieldOf(this.#text, token),
        operator,
        value: this.#literal(),
      }
    }
    return this.#wordTest(token) ?? { kind: 'name', text: token.text, at: token.at }
  }

  /** A test whose operator is a word; `undefined` if none follows. */
  #wordTest(token: WordToken): Condition | undefined {
    const field = (): Field => fieldOf(this.#text, token)
    if (this.#take('is')) {
      const isNegated = this.#take('not')
      if (!this.#take('null')) throw this.#expected('`null`')
      return { kind: 'null', field: field(), isNegated }
    }
    const isNegated = this.#take('not')
    if (this.#take('in')) return { kind: 'in', field: field(), values: this.#list(), isNegated }
    const ignoresCase = this.#isAt('ilike')
    if (this.#take('like') || this.#take('ilike')) {
      return { kind: 'like', field: field(), pattern: this.#pattern(), ignoresCase, isNegated }
    }
    if (isNegated) throw this.#expected('`in`, `like` or `ilike`')
    return undefined
  }

  #list(): readonly Literal[] {
    if (!this.#takeSymbol('(')) throw this.#expected('`(`')
    const values = [this.#literal()]
    while (this.#takeSymbol(',')) values.push(this.#literal())
    if (!this.#takeSymbol(')')) throw this.#expected('`,` or `)`')
    return values
  }

  #literal(): Literal {
    const token = this.#next()
    const isValue = token.kind !== 'word' || !isKeyword(token)
    const literal = isValue ? literalOf(this.#text, token) : undefined
    if (literal === undefined) throw this.#expected('a value')
    this.#index += 1
    return literal
  }

  #pattern(): string {
    const token = this.#next()
    if (token.kind !== 'string') throw this.#expected('a quoted pattern')
    this.#index += 1
    return token.value
  }

  #orderTerms(): readonly OrderTerm[] {
    if (!this.#take('by')) throw this.#expected('`by`')
    const terms = [this.#orderTerm()]
    while (this.#takeSymbol(',')) terms.push(this.#orderTerm())
    return terms
  }

  #orderTerm(): OrderTerm {
    const token = this.#next()
    if (token.kind !== 'word' || isKeyword(token)) throw this.#expected('a field')
    this.#index += 1
    const field = fieldOf(this.#text, token)
    const isDescending = this.#take('desc')
    if (!isDescending) this.#take('asc')
    return { field, isDescending }
  }

  #count(): number {
    const token = this.#next()
    const count = token.kind === 'word' && /^\d+$/.test(token.text) ? Number(token.text) : 0
    if (count < 1 || !Number.isSafeInteger(count)) throw this.#expected('a count of 1 or more')
    this.#index += 1
    return count
  }

  /** The token to look at; the last one, `end`, is never passed. */
  #next(): Token {
    return this.#tokens[this.#index] ?? { kind: 'end', at: this.#text.length }
  }

  #isAt(keyword: string): boolean {
    const token = this.#next()
    return token.kind === 'word' && token.text.toLowerCase() === keyword
  }

  /** Goes past the key word if it is next; says whether it was. */
  #take(keyword: string): boolean {
    if (!this.#isAt(keyword)) return false
    this.#index += 1
    return true
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#next()
    if (token.kind !== 'symbol' || token.text !== symbol) return false
    this.#index += 1
    return true
  }

  #expected(what: string): MlstoreError {
    return queryError(this.#text, this.#next().at, `${what} belongs here`)
  }
}

function isKeyword(token: WordToken): boolean {
  return keywords.has(token.text.toLowerCase())
}
