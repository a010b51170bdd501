/** Versions that a run reads and makes. */

import { everyPath } from '../../worktree/path-selection.ts'
import { addWish } from '../add.ts'
import { readWish } from '../add-wish.ts'
import { appendEvents } from '../append-events.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'
import { resolveVersion } from '../resolve.ts'
import type { AddResult, VersionSummary } from '../results.ts'
import { summaryOf } from '../summary.ts'
import { outputRole, readRole } from '../../core/lineage/roles.ts'
import { inputLinks } from './input-links.ts'
import type { OutputOptions, UseOptions } from './requests.ts'

/** Resolves and fetches a version, and records it as an input of the run. */
export async function useVersion(
  parts: StoreParts,
  run: string,
  reference: string,
  { role = readRole, signal }: UseOptions,
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
