/**
 * What belongs to the things a push names: the runs that made a version, the files and the
 * experiment of a run. What a run read, and what a version was made from, goes as an id only.
 */

import type { VersionRow } from '../../catalog/version-row.ts'
import type { Digest } from '../../core/digest.ts'
import type { Named } from '../../core/log/event-scope.ts'
import { invalidArgument, MlstoreError, notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import { resolveVersion } from '../resolve.ts'

type ScopeParts = Pick<StoreParts, 'catalog'>

/** Begins a reference to a run rather than a version. */
const runPrefix = 'run:'

/**
 * Finds what references name, with all that goes with it.
 *
 * @param references `type/name[@X]`, or `run:ID`, where the beginning of an id is enough.
 * @throws {MlstoreError} `NOT_FOUND`, `AMBIGUOUS_REFERENCE`, `INVALID_ARGUMENT`.
 */
export function resolveNamed(parts: ScopeParts, references: readonly string[]): Named {
  const versions = new Map<Digest, VersionRow>()
  const runs = new Set<string>()
  for (const reference of references) {
    if (reference.startsWith(runPrefix)) runs.add(runOf(parts, reference.slice(runPrefix.length)))
    else {
      const version = resolveVersion(parts, reference)
      versions.set(version.id, version)
      for (const run of makersOf(parts, version)) runs.add(run)
    }
  }
  for (const run of runs) {
    const files = filesOf(parts, run)
    if (files !== undefined) versions.set(files.id, files)
  }
  return {
    versions: new Set(versions.keys()),
    artifacts: new Set([...versions.values()].map(({ artifact }) => artifact)),
    runs,
    experiments: new Set(parts.catalog.outgoing.experimentsOf(runs)),
  }
}

/** Runs that say they made the version, and the one that its record names. */
function makersOf({ catalog }: ScopeParts, version: VersionRow): string[] {
  const links = catalog.runLinks.runsOf(version.id)
  const makers = links.flatMap(({ run, direction }) => (direction === 'output' ? [run] : []))
  return version.run === null ? makers : [version.run, ...makers]
}

/** The run's files as last sealed. */
function filesOf({ catalog }: ScopeParts, run: string): VersionRow | undefined {
  return catalog.versions.newest(`run/${run}`)
}

function runOf({ catalog }: ScopeParts, prefix: string): string {
  if (!/^[0-9a-f]+$/.test(prefix)) {
    throw invalidArgument(`${runPrefix}${prefix} names no run.`, 'Write run:ID, in hex digits.')
  }
  const [run, ...others] = catalog.runs.find(prefix)
  if (run === undefined)
    throw notFound(`There is no run ${prefix}.`, '`mlstore run list` shows them.')
  if (others.length === 0) return run
  throw new MlstoreError('AMBIGUOUS_REFERENCE', `Several runs begin with ${prefix}.`, {
    hint: `Write more of one: ${[run, ...others].join(', ')}.`,
  })
}
