/**
 * Making own events: stamped, journaled and applied, all under the writer lock.
 */

import { type Event, type EventFields, nextLamport } from '../core/events/event.ts'
import { newEvent } from '../core/events/new-event.ts'
import type { StoreParts, WriteScope } from './parts.ts'

/**
 * Stamps events in order and appends them; the caller holds the lock.
 *
 * @param ids Of the events, for a writer who may have to try again. Default: new ones.
 */
export function appendWithin(
  parts: StoreParts,
  scope: WriteScope,
  fields: readonly EventFields[],
  ids: readonly (string | undefined)[] = [],
): Event[] {
  if (fields.length === 0) return []
  const at = parts.clock.now().toISOString()
  const by = parts.identity.user
  let lamport = parts.catalog.events.maxLamport()
  const events = fields.map((each, i) => {
    lamport = nextLamport(lamport)
    return newEvent(each, { id: ids[i] ?? parts.ids.id(), lamport, at, by })
  })
  scope.append([{ kind: 'events', events }])
  return events
}

/**
 * Takes the writer lock, lets `decide` look at the state, and appends what it says.
 *
 * Deciding under the lock is what makes a check and the events that rest on it one step.
 */
export function appendEvents(
  parts: StoreParts,
  decide: () => readonly EventFields[],
  signal?: AbortSignal,
): Promise<Event[]> {
  return parts.write((scope) => appendWithin(parts, scope, decide()), signal)
}
