/**
 * Numbers that somebody else pushed first: the own subject gets the next free one.
 *
 * The new claim names the one it replaces, and both go to the remote, so that everybody can see
 * what the old number became. Nothing but numbers changes: digests, locks and aliases hold.
 */

import type { NumberClaimFields } from '../../core/events/run-event.ts'
import type { EntryContent } from '../../core/log/entry.ts'
import type { TakenNumber } from '../../core/log/rebase.ts'
import { appendEvents } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'
import type { Renumbering } from '../number-results.ts'

/**
 * Claims other numbers instead, unless that was done before. Durable when it returns.
 *
 * @returns Whether anything was claimed.
 */
export async function renumber(parts: StoreParts, taken: readonly TakenNumber[]): Promise<boolean> {
  if (taken.length === 0) return false
  const claims = await appendEvents(parts, () =>
    taken
      .filter(({ claim }) => !parts.catalog.numbers.isRenumbered(claim.id))
      .map(({ claim, free }) => replacement(claim, free)),
  )
  return claims.length > 0
}

function replacement(
  { id, series, subject }: TakenNumber['claim'],
  number: number,
): NumberClaimFields {
  return { type: 'number.claim', series, number, subject, over: id }
}

/** What a push would do about taken numbers. */
export function plannedRenumberings(taken: readonly TakenNumber[]): Renumbering[] {
  return taken.map(({ claim, free }) => {
    const { series, subject, number } = claim
    return renumbering({ series, subject, from: number, to: free })
  })
}

/** The renumberings that an entry tells everybody. */
export function renumberingsIn(
  { catalog }: Pick<StoreParts, 'catalog'>,
  { events }: EntryContent,
): Renumbering[] {
  return events.flatMap((event) => {
    if (event.type !== 'number.claim' || event.over === undefined) return []
    const { series, subject, number } = event
    const before = catalog.events.get(event.over)
    return before?.type === 'number.claim'
      ? [renumbering({ series, subject, from: before.number, to: number })]
      : []
  })
}

function renumbering(change: Omit<Renumbering, 'message'>): Renumbering {
  const { series, from, to } = change
  const message = `${series}-${from} is now ${series}-${to}: somebody else pushed ${from} first`
  return { ...change, message }
}
