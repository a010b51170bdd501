/**
 * `push --force-alias`: moves an alias once more, this time over what the remote has now.
 *
 * The move names the remote's head as seen, so a third person's move in between still conflicts.
 */

import { invalidArgument, notFound } from '../../errors.ts'
import { parseReference } from '../../core/reference.ts'
import { parseAliasName } from '../../core/names.ts'
import { appendEvents } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'

/** @param names `type/name@alias` each. */
export async function forceAliases(
  parts: StoreParts,
  repoId: string,
  names: readonly string[],
): Promise<void> {
  for (const text of names) {
    const { artifact, selector } = parseReference(text)
    if (selector === undefined) throw invalidArgument(`${text} names no alias.`, 'Write type/name@ALIAS.')
    const alias = parseAliasName(selector)
    const own = parts.catalog.aliases.head(artifact, alias)
    if (own === undefined) throw notFound(`${artifact} has no alias ${alias}.`)
    const theirs = parts.catalog.remoteView(repoId).aliasHead(artifact, alias)
    if (theirs === undefined || theirs.to === own.to) continue
    if (parts.catalog.aliases.pendingOver(artifact, alias).includes(theirs.event)) continue
    await appendEvents(parts, () => {
      const over = parts.catalog.aliases.overForNewMove(artifact, alias)
      return [{ type: 'alias.move', artifact, alias, to: own.to, over }]
    })
  }
}
