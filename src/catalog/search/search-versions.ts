/** Searching versions: newest first unless the query orders them. */

import type { Digest } from '../../core/digest.ts'
import type { Query } from '../../core/query/query.ts'
import { digestBlob } from '../blobs.ts'
import type { Database } from '../database.ts'
import type { RemoteParameter } from '../default-remote.ts'
import { selectVersions, type VersionColumns } from '../version-row.ts'
import { ConditionCompiler } from './condition-compiler.ts'
import { withoutRepeats } from './keyset.ts'
import { findPage, type Page, type PageRequest } from './page.ts'
import { Parameters } from './parameters.ts'
import { searchableVersions } from './version-fields.ts'

export type VersionSearch = PageRequest & {
  /** Only artifacts of this type: the first segment of their names. */
  readonly type?: string | undefined
  /** Only versions of this artifact. */
  readonly artifact?: string | undefined
  /** Only versions older than this one. */
  readonly before?: Digest | undefined
}

const newestFirst = [
  { sql: 'version.lamport', isDescending: true },
  { sql: 'version.event_id', isDescending: true },
]

/**
 * Finds versions that are not removed.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` at a field that versions do not have, or a value it
 * cannot be compared with; for a page token of another search.
 */
export function searchVersions(
  db: Database,
  query: Query,
  request: VersionSearch & { readonly remote: RemoteParameter },
): Page<VersionColumns> {
  const parameters = new Parameters(request.remote)
  const compiler = new ConditionCompiler(query, searchableVersions, parameters)
  const pass = {
    key: 'version.key',
    from: 'version JOIN artifact ON artifact.key = version.artifact',
    where: ['version.removed = 0', ...wantedBy(request, parameters), compiler.where()],
    order: withoutRepeats([...compiler.order(), ...newestFirst]),
  }
  const { type = null, artifact = null, before = null } = request
  const identity = ['versions', query.text, type, artifact, before]
  const page = findPage(db, { query, request, identity, parameters, passes: [pass] })
  return { ...page, rows: rowsOf(db, page.rows) }
}

function wantedBy({ type, artifact, before }: VersionSearch, parameters: Parameters): string[] {
  const conditions: string[] = []
  if (artifact !== undefined) conditions.push(`artifact.name = ${parameters.add(artifact)}`)
  if (artifact === undefined || type !== undefined) conditions.push(ofType(type, parameters))
  if (before !== undefined) {
    conditions.push(`(version.lamport, version.event_id) < (SELECT lamport, event_id
      FROM version AS newer WHERE newer.digest = ${parameters.add(digestBlob(before))})`)
  }
  return conditions
}

/** SQL: the artifact is of this type; by default of any but `run`, the files of runs. */
export function ofType(type: string | undefined, parameters: Parameters): string {
  if (type === undefined) return `NOT (artifact.name >= 'run/' AND artifact.name < 'run0')`
  // Names of the type go on with a slash; the character after the slash is 0.
  const [first, end] = [parameters.add(`${type}/`), parameters.add(`${type}0`)]
  return `(artifact.name >= ${first} AND artifact.name < ${end})`
}

function rowsOf(db: Database, keys: readonly number[]): VersionColumns[] {
  const rows = db.query<VersionColumns>(
    `${selectVersions} JOIN json_each(?) AS found ON found.value = version.key ORDER BY found.key`,
  )
  return rows.all(JSON.stringify(keys))
}
