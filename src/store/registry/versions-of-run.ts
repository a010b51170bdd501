/** The versions that a run made. */

import type { Digest } from '../../core/digest.ts'
import { outputRole } from '../../core/lineage/roles.ts'
import type { StoreParts } from '../parts.ts'
import { resolveRun } from '../runs/resolve-run.ts'
import { summariesOf } from '../summary.ts'
import type { MadeVersion } from './results.ts'

/**
 * Versions whose record names the run, and those the run said it made, newest first.
 *
 * Removed ones, those unknown here, and the run's own files (`run/<id>`) are left out.
 *
 * @param text Id or name of the run, also as `run:ID`.
 */
export function versionsOfRun(parts: Pick<StoreParts, 'catalog'>, text: string): MadeVersion[] {
  const { catalog } = parts
  const { id } = resolveRun(parts, text.replace(/^run:/, ''))
  const roles = new Map<Digest, string>()
  for (const { direction, version, role } of catalog.runLinks.of(id)) {
    if (direction === 'output' && !roles.has(version)) roles.set(version, role)
  }
  const named = catalog.versions.byRun(id).map((row) => row.id)
  const made = catalog.versions
    .among([...named, ...roles.keys()])
    .filter(({ artifact }) => artifact !== `run/${id}`)
  return summariesOf(parts, made).map((summary) => {
    return { ...summary, role: roles.get(summary.digest) ?? outputRole }
  })
}
