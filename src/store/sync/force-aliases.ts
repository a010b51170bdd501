/**
 * `push --force-alias`: moves an alias once more, this time over what the remote has now.
 *
 * The move names the remote's head as seen, so a third person's move in between still conflicts.
 */

import type { Event, EventFields } from '../../core/events/event.ts'
import { newEvent } from '../../core/events/new-event.ts'
import { parseAliasName } from '../../core/names.ts'
import { parseReference } from '../../core/reference.ts'
import { invalidArgument, notFound } from '../../errors.ts'
import { appendEvents } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'

/**
 * Makes the moves that are needed, so that this push sends them.
 *
 * @param names `type/name@alias` each.
 */
export async function forceAliases(
  parts: StoreParts,
  repoId: string,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return
  await appendEvents(parts, () => names.flatMap((name) => forcedMove(parts, repoId, name)))
}

/** The same moves for a dry run: nothing is written. */
export function plannedMoves(parts: StoreParts, repoId: string, names: readonly string[]): Event[] {
  const at = parts.clock.now().toISOString()
  const by = parts.identity.user
  const lamport = parts.catalog.events.maxLamport() + 1
  return names
    .flatMap((name) => forcedMove(parts, repoId, name))
    .map((fields) => newEvent(fields, { id: parts.ids.id(), lamport, at, by }))
}

function forcedMove(parts: StoreParts, repoId: string, name: string): EventFields[] {
  const { artifact, selector } = parseReference(name)
  if (selector === undefined) {
    throw invalidArgument(`${name} names no alias.`, 'Write type/name@ALIAS.')
  }
  const alias = parseAliasName(selector)
  const { aliases } = parts.catalog
  const own = aliases.head(artifact, alias)
  if (own === undefined) throw notFound(`${artifact} has no alias ${alias}.`)
  const theirs = parts.catalog.remoteView(repoId).aliasHead(artifact, alias)
  if (theirs === undefined || theirs.to === own.to) return []
  if (aliases.pendingOver(artifact, alias).includes(theirs.event)) return []
  const over = aliases.overForNewMove(artifact, alias)
  return [{ type: 'alias.move', artifact, alias, to: own.to, over }]
}
