/** The fields artifacts can be searched by, as SQL. */

import { type Field, type Query, queryError } from '../../core/query/query.ts'
import type { MlstoreError } from '../../errors.ts'
import { effectiveAliases } from '../effective-sql.ts'
import { tagKind } from '../tag-table.ts'
import type { ValueKind } from './predicates.ts'
import {
  attributeName,
  columnField,
  nullsLast,
  type Searchable,
  type SearchField,
} from './search-field.ts'

const updated = `(SELECT created_at FROM version WHERE version.artifact = artifact.key AND removed = 0
  ORDER BY lamport DESC, event_id DESC LIMIT 1)`

/** Attributes with one value, and the SQL of it. */
const columns: Readonly<Record<string, readonly [ValueKind, string]>> = {
  artifact: ['text', 'artifact.name'],
  name: ['text', `substr(artifact.name, instr(artifact.name, '/') + 1)`],
  size: ['size', 'artifact.size_bytes'],
  type: ['text', `substr(artifact.name, 1, instr(artifact.name, '/') - 1)`],
  updated: ['time', updated],
  versions: ['number', 'artifact.versions'],
}

const attributeNames = [...Object.keys(columns), 'alias'].sort()

/** Artifacts, in statements that select from `artifact`. */
export const searchableArtifacts: Searchable = {
  name: 'artifact.name',
  field(query, field, parameters) {
    if (field.scope === 'tag') return tagField(parameters.add(field.key))
    if (field.scope !== 'attribute') {
      throw unknownField(query, field, `artifacts have no ${field.scope}s of their own`)
    }
    const name = attributeName(field.name)
    if (name === 'alias') return aliasField
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined
    if (column !== undefined) return columnField(...column)
    throw unknownField(query, field, `artifacts have no field ${name}`)
  },
}

function unknownField(query: Query, field: Field, why: string): MlstoreError {
  return queryError(
    query.text,
    field.at,
    why,
    `Fields of artifacts are ${attributeNames.join(', ')} and tags.KEY.`,
  )
}

const ofArtifact = effectiveAliases('move.artifact = artifact.key')

const aliasField: SearchField = {
  kind: 'text',
  some: (predicate) =>
    `EXISTS (SELECT 1 FROM (${ofArtifact}) WHERE target IS NOT NULL AND ${predicate('alias')})`,
  exists: `EXISTS (SELECT 1 FROM (${ofArtifact}) WHERE target IS NOT NULL)`,
  order: (isDescending) =>
    nullsLast(`(SELECT min(alias) FROM (${ofArtifact}) WHERE target IS NOT NULL)`, isDescending),
}

/** @param key The SQL that stands for the tag's key. */
function tagField(key: string): SearchField {
  const value = `(SELECT value FROM tag WHERE kind = ${tagKind.artifact}
    AND target = CAST(artifact.name AS BLOB) AND name = ${key})`
  return columnField('text', value)
}
