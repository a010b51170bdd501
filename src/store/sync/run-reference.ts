/** References to runs, where a push or a pull takes them beside those to versions: `run:ID`. */

import type { VersionRow } from '../../catalog/version-row.ts'
import type { StoreParts } from '../parts.ts'
import { resolveRun } from '../runs/resolve-run.ts'

const prefix = 'run:'

/**
 * The id of the run that a reference names; `undefined` if it names a version.
 *
 * @throws {MlstoreError} `NOT_FOUND`, `AMBIGUOUS_REFERENCE`.
 */
export function runOfReference(
  parts: Pick<StoreParts, 'catalog'>,
  reference: string,
): string | undefined {
  if (!reference.startsWith(prefix)) return undefined
  return resolveRun(parts, reference.slice(prefix.length)).id
}

/** The run's files as last sealed. */
export function sealedFilesOf(
  { catalog }: Pick<StoreParts, 'catalog'>,
  run: string,
): VersionRow | undefined {
  return catalog.versions.newest(`run/${run}`)
}
