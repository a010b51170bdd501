/** Searching artifacts: by name unless the query orders them. */

import type { Query } from '../../core/query/query.ts'
import { type ArtifactName, parseArtifactName } from '../../core/names.ts'
import type { Database } from '../database.ts'
import type { RemoteParameter } from '../default-remote.ts'
import { searchableArtifacts } from './artifact-fields.ts'
import { ConditionCompiler } from './condition-compiler.ts'
import { withoutRepeats } from './keyset.ts'
import { findPage, type Page, type PageRequest } from './page.ts'
import { Parameters } from './parameters.ts'
import { ofType } from './search-versions.ts'

export type ArtifactSearch = PageRequest & {
  /** Only artifacts of this type: the first segment of their names. */
  readonly type?: string | undefined
}

const byName = [{ sql: 'artifact.name', isDescending: false }]

/**
 * Names of artifacts that have versions.
 *
 * @throws {MlstoreError} As `searchVersions` does.
 */
export function searchArtifacts(
  db: Database,
  query: Query,
  request: ArtifactSearch & { readonly remote: RemoteParameter },
): Page<ArtifactName> {
  const parameters = new Parameters(request.remote)
  const compiler = new ConditionCompiler(query, searchableArtifacts, parameters)
  const pass = {
    key: 'artifact.key',
    from: 'artifact',
    where: ['artifact.versions > 0', ofType(request.type, parameters), compiler.where()],
    order: withoutRepeats([...compiler.order(), ...byName]),
  }
  const identity = ['artifacts', query.text, request.type ?? null]
  const page = findPage(db, { query, request, identity, parameters, passes: [pass] })
  return { ...page, rows: namesOf(db, page.rows) }
}

function namesOf(db: Database, keys: readonly number[]): ArtifactName[] {
  const rows = db.query<{ name: string }>(
    `SELECT name FROM artifact JOIN json_each(?) AS found ON found.value = artifact.key
     ORDER BY found.key`,
  )
  return rows.all(JSON.stringify(keys)).map(({ name }) => parseArtifactName(name))
}
