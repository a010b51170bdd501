/** References to runs, where a push or a pull takes them beside those to versions: `run:ID`. */

import { isId } from '../../core/ids.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { StoreParts } from '../parts.ts'
import { resolveRun } from '../runs/resolve-run.ts'

const prefix = 'run:'
const artifactPrefix = 'run/'

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
  return catalog.versions.newest(artifactPrefix + run)
}

/** The run whose files an artifact holds; `undefined` for all other artifacts. */
export function runOfArtifact(artifact: string): string | undefined {
  const run = artifact.slice(artifactPrefix.length)
  return artifact.startsWith(artifactPrefix) && isId(run) ? run : undefined
}
