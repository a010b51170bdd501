/**
 * Searching versions: a parsed query becomes one SQL statement.
 *
 * Two-valued logic, as people read it: a test of what is not there does not hold, and `not` turns
 * exactly that around.
 */

import type { Condition, Query } from '../../core/query/query.ts'
import { invalidArgument } from '../../errors.ts'
import type { Database, SqlValue } from '../database.ts'
import type { RemoteParameter } from '../default-remote.ts'
import { selectVersions, type VersionColumns } from '../version-row.ts'
import { Parameters } from './parameters.ts'
import { comparison, joined, likeness, membership, type PredicateContext } from './predicates.ts'
import { type SearchField, versionField } from './version-fields.ts'

export type VersionSearch = {
  readonly query: Query
  /** Only artifacts of this type: the first segment of their names. */
  readonly type?: string | undefined
}

/** SQL text, and the values it names. */
export type CompiledSearch = {
  readonly sql: string
  readonly values: Readonly<Record<string, SqlValue>>
}

/** SQLite refuses what is nested deeper than 1,000; nobody writes so many tests. */
const testsMax = 500

/**
 * Finds versions that are not removed, newest first unless the query orders them.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` at a field that versions do not have, or a value it
 * cannot be compared with.
 */
export function searchVersions(
  db: Database,
  search: VersionSearch,
  remote: RemoteParameter,
): VersionColumns[] {
  const { sql, values } = compileSearch(search, remote)
  return db.query<VersionColumns>(sql).all(values)
}

/** The statement that answers a search. */
export function compileSearch(search: VersionSearch, remote: RemoteParameter): CompiledSearch {
  const { query, type } = search
  const compiler = new Compiler(query, new Parameters(remote))
  const conditions = ['version.removed = 0']
  if (type !== undefined) conditions.push(compiler.ofType(type))
  if (query.where !== undefined) conditions.push(compiler.condition(query.where))
  const limit = query.limit === undefined ? '' : `LIMIT ${compiler.parameters.add(query.limit)}`
  const sql = `${selectVersions} WHERE ${conditions.join(' AND ')}
    ORDER BY ${compiler.order()} ${limit}`
  return { sql, values: compiler.parameters.values }
}

class Compiler {
  readonly parameters: Parameters
  readonly #query: Query
  #tests = 0

  constructor(query: Query, parameters: Parameters) {
    this.#query = query
    this.parameters = parameters
  }

  ofType(type: string): string {
    return `artifact.name GLOB ${this.parameters.add(`${type.replaceAll(/[[*?]/g, '[$&]')}/*`)}`
  }

  condition(condition: Condition): string {
    this.#tests += 1
    if (this.#tests > testsMax) throw invalidArgument('query: it has too many tests')
    switch (condition.kind) {
      case 'and':
      case 'or': {
        const parts = condition.conditions.map((each) => this.condition(each))
        return joined(parts, condition.kind === 'and' ? 'AND' : 'OR')
      }
      case 'not':
        return `(NOT ${this.condition(condition.condition)})`
      case 'name':
        return this.#nameContains(condition.text)
      default:
        return this.#fieldTest(condition)
    }
  }

  /** What the query asks for, then newest first, so that no order is left to chance. */
  order(): string {
    const terms = this.#query.orderBy.map(({ field, isDescending }) => {
      const { order } = versionField(this.#query, field, this.parameters)
      return `${order} ${isDescending ? 'DESC' : 'ASC'} NULLS LAST`
    })
    return [...terms, 'version.lamport DESC', 'version.event_id DESC'].join(', ')
  }

  #nameContains(text: string): string {
    return `(instr(lower(artifact.name), lower(${this.parameters.add(text)})) > 0)`
  }

  #fieldTest(
    condition: Extract<Condition, { readonly kind: 'compare' | 'like' | 'in' | 'null' }>,
  ): string {
    const field = versionField(this.#query, condition.field, this.parameters)
    if (condition.kind === 'null')
      return condition.isNegated ? field.exists : `(NOT ${field.exists})`
    const context = this.#contextOf(condition.field, field)
    switch (condition.kind) {
      case 'compare':
        return field.some(comparison(context, condition.operator, condition.value))
      case 'in':
        return field.some(membership(context, condition.values, condition.isNegated))
      default:
        return field.some(likeness(context, condition.pattern, condition))
    }
  }

  #contextOf(field: PredicateContext['field'], { kind }: SearchField): PredicateContext {
    return { query: this.#query.text, field, kind, parameters: this.parameters }
  }
}
