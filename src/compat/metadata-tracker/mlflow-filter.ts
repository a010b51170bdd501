/**
 * The search for versions of a resource, in the language of MLflow.
 *
 * For ids that lolpop can search for, the text is the one that it sends. For others (with a dash or
 * a space, with a digit first, or a word of SQL) the key is quoted, which lolpop does not do and which
 * therefore finds nothing there.
 */

import { checkKey } from '../../clients/mlflow/limits.ts'
import { invalidArgument } from '../../errors.ts'

export type RunFilter = {
  /** Only runs that started then or before, in milliseconds since 1970. Default: all. */
  readonly startedUpTo?: number | undefined
  /** Tags with just these values. */
  readonly tags: Readonly<Record<string, string>>
  /** Further conditions, taken as they are. */
  readonly extraFilters: readonly string[]
}

/**
 * Finds FINISHED runs that were started on their own.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for keys that no tag of MLflow has.
 */
export function runFilter({ startedUpTo, tags, extraFilters }: RunFilter): string {
  const wanted = Object.entries(tags).map(([key, value]) => `${tagName(key)} = ${quoted(value)}`)
  return [
    ...(startedUpTo === undefined ? [] : [`attributes.start_time <= ${startedUpTo}`]),
    "attribute.status = 'FINISHED'",
    "tags.parent_run = 'True'",
    ...wanted,
    ...extraFilters,
  ].join(' and ')
}

/** Words of SQL that may not stand bare, found by trying all that MLflow's parser knows. */
const reservedWords: ReadonlySet<string> = new Set(['as', 'case', 'from', 'in', 'using', 'values'])

function tagName(key: string): string {
  // Anything else was never logged, and could end the quotes.
  checkKey('tag', key)
  const isReserved = key.split('.').some((word) => reservedWords.has(word.toLowerCase()))
  const isPlain = /^[A-Za-z_]\w*(?:\.\w+)*$/.test(key) && !isReserved
  return isPlain ? `tags.${key}` : `tags.\`${key}\``
}

function quoted(value: string): string {
  if (!value.includes("'")) return `'${value}'`
  if (!value.includes('"')) return `"${value}"`
  throw invalidArgument(`MLflow cannot search for ${value}, which has both kinds of quotes.`)
}
