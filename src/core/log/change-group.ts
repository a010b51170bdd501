/**
 * Own changes that stand or fall together. Pure.
 *
 * Who moves an alias twice, or renames a label just given, wants the last of it; sending only the
 * first would publish what the user has already taken back. A number that was taken goes with the
 * claim of the one that replaced it, which tells everybody what became of it.
 */

import type { Event } from '../events/event.ts'

/** At least one event, in order; the last one says what the user wants now. */
export type ChangeGroup = { readonly events: readonly Event[]; readonly last: Event }

type Growing = { readonly events: Event[]; last: Event }

/**
 * Groups events: the moves of one alias, the claims that rename or renumber each other, all others
 * alone.
 *
 * @param events Own events, in the order they were made.
 * @returns The groups in the order of their first events.
 */
export function groupChanges(events: readonly Event[]): ChangeGroup[] {
  const groups: Growing[] = []
  const byKey = new Map<string, Growing>()
  for (const event of events) {
    const known = keysBefore(event).map((key) => byKey.get(key))
    let group = known.find((candidate) => candidate !== undefined)
    if (group === undefined) {
      group = { events: [], last: event }
      groups.push(group)
    }
    group.events.push(event)
    group.last = event
    byKey.set(keyOf(event), group)
  }
  return groups
}

/** What a later event of the same group refers to. */
function keyOf(event: Event): string {
  return event.type === 'alias.move' ? `${event.artifact}\n${event.alias}` : event.id
}

/** Keys of the events that this one continues. */
function keysBefore(event: Event): string[] {
  if (event.type === 'alias.move') return [keyOf(event)]
  const isClaim = event.type === 'label.claim' || event.type === 'number.claim'
  return isClaim && event.over !== undefined ? [event.over] : []
}
