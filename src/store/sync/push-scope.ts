/**
 * What belongs to the things a push names: the runs that made a version, the files and the
 * experiment of a run. What a run read, and what a version was made from, goes as an id only.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import type { Digest } from '../../core/digest.ts'
import { isLocalArtifact } from '../../core/local-files.ts'
import type { Named } from '../../core/log/event-scope.ts'
import { MlstoreError } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import { resolveVersion } from '../resolve.ts'
import { runOfReference, sealedFilesOf } from './run-reference.ts'

type ScopeParts = Pick<StoreParts, 'catalog'>

/**
 * Finds what references name, with all that goes with it.
 *
 * @param references `type/name[@X]`, or `run:` and an id, the beginning of one, or a name.
 * @throws {MlstoreError} `NOT_FOUND`, `AMBIGUOUS_REFERENCE`, `INVALID_ARGUMENT`.
 */
export function resolveNamed(parts: ScopeParts, references: readonly string[]): Named {
  const versions = new Map<Digest, VersionRow>()
  const runs = new Set<string>()
  for (const reference of references) {
    const run = runOfReference(parts, reference)
    if (run !== undefined) runs.add(run)
    else {
      const version = resolveVersion(parts, reference)
      if (isLocalArtifact(version.artifact)) throw neverPushed(reference)
      versions.set(version.id, version)
      for (const maker of makersOf(parts, version)) runs.add(maker)
    }
  }
  for (const run of runs) {
    const files = isRemoved(parts, run) ? undefined : sealedFilesOf(parts, run)
    if (files !== undefined) versions.set(files.id, files)
  }
  return {
    versions: new Set(versions.keys()),
    artifacts: new Set([...versions.values()].map(({ artifact }) => artifact)),
    runs,
    experiments: new Set(parts.catalog.outgoing.experimentsOf(runs)),
  }
}

function neverPushed(reference: string): MlstoreError {
  return new MlstoreError('REFUSED', `${reference} stays on this computer: it is never pushed.`, {
    hint: 'Write it out with `mlstore get`, and add that under a name that is not `local/`.',
  })
}

/** Runs that say they made the version, and the one that its record names, if not removed. */
function makersOf(parts: ScopeParts, version: VersionRow): string[] {
  const links = parts.catalog.runLinks.runsOf(version.id)
  const makers = links.flatMap(({ run, direction }) => (direction === 'output' ? [run] : []))
  const all = version.run === null ? makers : [version.run, ...makers]
  return all.filter((run) => !isRemoved(parts, run))
}

function isRemoved({ catalog }: ScopeParts, run: string): boolean {
  return catalog.runs.get(run)?.removed === true
}
