/** What links a run to the versions that it reads. */

import type { Digest } from '../../core/digest.ts'
import type { EventFields } from '../../core/events/event.ts'
import { readRole } from '../../core/lineage/roles.ts'
import { appendEvents } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'

/** Records that the run read the versions; it is said once. */
export async function recordInputs(
  parts: StoreParts,
  run: string,
  versions: readonly Digest[],
  signal?: AbortSignal,
): Promise<void> {
  if (inputLinks(parts, run, versions).length === 0) return
  await appendEvents(parts, () => inputLinks(parts, run, versions), signal)
}

/** The links to inputs that the run does not have yet. */
export function inputLinks(
  { catalog }: Pick<StoreParts, 'catalog'>,
  run: string,
  versions: readonly Digest[],
  role: string = readRole,
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
