/** Versions that a run reads and makes. */

import type { Digest } from '../../core/digest.ts'
import type { EventFields } from '../../core/events/event.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { addWish } from '../add.ts'
import { readWish } from '../add-wish.ts'
import { appendEvents } from '../append-events.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'
import { resolveVersion } from '../resolve.ts'
import type { AddResult, VersionSummary } from '../results.ts'
import { summaryOf } from '../summary.ts'
import type { OutputOptions, UseOptions } from './requests.ts'

/** What a version is to the run that read or made it, if nobody says. */
export const inputRole = 'data'
export const outputRole = 'output'

/** Resolves and fetches a version, and records it as an input of the run. */
export async function useVersion(
  parts: StoreParts,
  run: string,
  reference: string,
  { role = inputRole, signal }: UseOptions,
): Promise<VersionSummary> {
  parts.catchUp()
  const version = resolveVersion(parts, reference)
  await ensureLocal(parts, version, everyPath, signal)
  await appendEvents(parts, () => inputLinks(parts, run, [version.id], role), signal)
  return summaryOf(parts, version)
}

export type OutputRequest = {
  readonly path: string
  readonly as: string
  readonly options: OutputOptions
}

/** Adds a version that the run made. */
export function addOutput(
  parts: StoreParts,
  run: string,
  { path, as, options: { role = outputRole, ...options } }: OutputRequest,
): Promise<AddResult> {
  parts.catchUp()
  const wish = readWish(parts, { ...options, paths: [path], as })
  return addWish(parts, { ...wish, maker: { run, role } }, options.signal)
}

/** The links to inputs that the run does not have yet. */
export function inputLinks(
  { catalog }: Pick<StoreParts, 'catalog'>,
  run: string,
  versions: readonly Digest[],
  role: string = inputRole,
): EventFields[] {
  const known = new Set(
    catalog.runLinks
      .of(run)
      .filter((link) => link.direction === 'input' && link.role === role)
      .map((link) => link.version),
  )
  return [...new Set(versions)]
    .filter((version) => !known.has(version))
    .map((version) => ({ type: 'run.link', run, direction: 'input', version, role }))
}
