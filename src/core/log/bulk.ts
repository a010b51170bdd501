/**
 * Putting the bodies of bulk events in their places. Pure.
 *
 * The log names a body, the journal holds it: in the record of the entry that brought it, or in an
 * earlier one, as with events made here. From then on nobody can tell that an event was bulk.
 */

import { type BulkEvent, isBodyOf, type LoggedEvent } from '../events/bulk-event.ts'
import type { Event } from '../events/event.ts'
import { corrupt } from '../../errors.ts'

/**
 * The events of an entry, each with its body.
 *
 * @param bodies Those that came with the entry.
 * @param known An event that earlier records hold.
 * @param where What to call the entry in an error.
 * @throws {MlstoreError} `CORRUPT` if a body is nowhere.
 */
export function eventsWithBodies(
  events: readonly LoggedEvent[],
  bodies: readonly Event[],
  known: (id: string) => Event | undefined,
  where: string,
): Event[] {
  const brought = new Map(bodies.map((event) => [event.id, event]))
  return events.map((event) => {
    if (event.type !== 'bulk') return event
    const body = brought.get(event.id) ?? known(event.id)
    if (body !== undefined) return body
    throw corrupt(where, `the body of event ${event.id} is missing`)
  })
}

/** The bulk events whose bodies are not here, byte for byte: what has to be fetched. */
export function bodiesToFetch(
  events: readonly LoggedEvent[],
  known: (id: string) => Event | undefined,
): BulkEvent[] {
  return events.filter((event): event is BulkEvent => {
    if (event.type !== 'bulk') return false
    const body = known(event.id)
    return body === undefined || !isBodyOf(body, event)
  })
}
