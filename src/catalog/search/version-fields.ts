/** The fields versions can be searched by, as SQL. */

import { type Field, type Query, queryError } from '../../core/query/query.ts'
import type { MlstoreError } from '../../errors.ts'
import { effectiveAliases, effectiveLabels } from '../effective-sql.ts'
import { tagKind } from '../tag-table.ts'
import { metaPathText } from '../version-meta-table.ts'
import type { Parameters } from './parameters.ts'
import type { ValueKind } from './predicates.ts'
import {
  attributeName,
  columnField,
  nullsLast,
  type Searchable,
  type SearchField,
} from './search-field.ts'

/** Attributes with one value, and the SQL of it. */
const columns: Readonly<Record<string, readonly [ValueKind, string]>> = {
  artifact: ['text', 'artifact.name'],
  by: ['text', 'version.by'],
  created: ['time', 'version.created_at'],
  digest: ['text', 'lower(hex(version.digest))'],
  files: ['number', 'version.files'],
  name: ['text', `substr(artifact.name, instr(artifact.name, '/') + 1)`],
  root: ['text', 'lower(hex(version.root))'],
  run: ['text', `nullif(lower(hex(version.run)), '')`],
  shape: ['text', 'version.shape'],
  size: ['size', 'version.size_bytes'],
  type: ['text', `substr(artifact.name, 1, instr(artifact.name, '/') - 1)`],
}

/** `by` alone is a key word of the language. */
const attributeNames: readonly string[] = [...Object.keys(columns), 'alias', 'label']
  .map((name) => (name === 'by' ? 'attributes.by' : name))
  .sort()

/** Versions, in statements that select from `version` and `artifact`. */
export const searchableVersions: Searchable = {
  name: 'artifact.name',
  field(query, field, parameters) {
    switch (field.scope) {
      case 'attribute':
        return attributeField(query, field, attributeName(field.name))
      case 'tag':
        return tagField(parameters.add(field.key))
      case 'meta':
        return metaField(field.path, parameters)
      default:
        throw unknownField(query, field, `versions have no ${field.scope}s`)
    }
  },
}

function attributeField(query: Query, field: Field, name: string): SearchField {
  if (name === 'label') return labelField
  if (name === 'alias') return aliasField
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined
  if (column !== undefined) return columnField(...column)
  throw unknownField(query, field, `versions have no field ${name}`)
}

function unknownField(query: Query, field: Field, why: string): MlstoreError {
  return queryError(
    query.text,
    field.at,
    why,
    `Fields of versions are ${attributeNames.join(', ')}, tags.KEY and meta.KEY.`,
  )
}

const labelField: SearchField = {
  kind: 'text',
  some: (predicate) =>
    `version.digest IN (SELECT version FROM (${effectiveLabels(predicate('claim.label'))}))`,
  exists: `version.digest IN (SELECT version FROM (${effectiveLabels('1')}))`,
  order: (isDescending) =>
    nullsLast(
      `(SELECT min(label) FROM (${effectiveLabels('claim.version = version.digest')}))`,
      isDescending,
    ),
}

const aliasField: SearchField = {
  kind: 'text',
  some: (predicate) =>
    `version.digest IN (SELECT target FROM (${effectiveAliases(predicate('move.alias'))}))`,
  exists: `version.digest IN (SELECT target FROM (${effectiveAliases('1')}))`,
  order: (isDescending) =>
    nullsLast(
      `(SELECT min(alias) FROM (${effectiveAliases('move.target = version.digest')}))`,
      isDescending,
    ),
}

/** @param key The SQL that stands for the tag's key. */
function tagField(key: string): SearchField {
  const tagged = `SELECT target FROM tag
    WHERE kind = ${tagKind.version} AND name = ${key} AND value IS NOT NULL`
  return {
    kind: 'text',
    some: (predicate) => `version.digest IN (${tagged} AND ${predicate('value')})`,
    exists: `version.digest IN (${tagged})`,
    order: (isDescending) =>
      nullsLast(
        `(SELECT value FROM tag WHERE kind = ${tagKind.version}
          AND target = version.digest AND name = ${key})`,
        isDescending,
      ),
  }
}

function metaField(path: readonly string[], parameters: Parameters): SearchField {
  const text = metaPathText(path)
  const here = parameters.add(text)
  // What lies below `["a"]` begins with `["a",`; the character after the comma is `-`.
  const below = parameters.add(`${text.slice(0, -1)},`)
  const behind = parameters.add(`${text.slice(0, -1)}-`)
  const values = `SELECT version FROM version_meta WHERE path = ${here}`
  return {
    kind: 'typed',
    some: (predicate) => `version.key IN (${values} AND ${predicate('value')})`,
    exists: `version.key IN (SELECT version FROM version_meta
      WHERE (path = ${here} OR (path >= ${below} AND path < ${behind})) AND kind <> 'null')`,
    order: (isDescending) =>
      nullsLast(
        `(SELECT min(value) FROM version_meta WHERE path = ${here} AND version = version.key)`,
        isDescending,
      ),
  }
}
