/**
 * Sending the bodies of large events in packs, so that log entries stay small.
 *
 * Only events that the entry will name are sent: what stays home leaves no trace on the remote. A
 * body that an interrupted push has sent already is found there by its digest.
 */

import {
  bulkBytesOf,
  bulkEvent,
  type EventBytes,
  type LoggedEvent,
} from '../../core/events/bulk-event.ts'
import type { Event } from '../../core/events/event.ts'
import { locatorForm } from '../../core/pack/locator.ts'
import { corrupt, throwIfAborted } from '../../errors.ts'
import type { PackLane, PackLaneParts } from './pack-lane.ts'
import { frameOf } from './remote-pack.ts'
import { inLane } from './upload.ts'

export type BodyUpload = PackLaneParts & { readonly signal?: AbortSignal | undefined }

/**
 * Uploads what is large among the events.
 *
 * @param open Gets the upload ready; not called where nothing is large.
 * @returns The events as log entries hold them, in order.
 */
export async function uploadBodies(
  events: readonly Event[],
  open: () => Promise<BodyUpload>,
): Promise<readonly LoggedEvent[]> {
  if (!events.some((event) => bulkBytesOf(event) !== undefined)) return events
  const upload = await open()
  const sizes = await inLane(upload, 'data', (lane) => send(events, lane, upload))
  return events.map((event) => {
    const body = sizes.get(event)
    if (body === undefined) return event
    const location = upload.known.locate(body.digest, locatorForm.wholeFile)
    if (location === undefined) throw corrupt(`event ${event.id}`, 'its body was not uploaded')
    return bulkEvent(event, { ...body, location })
  })
}

type SentBody = Omit<EventBytes, 'bytes'> & { readonly sizeBytes: number }

async function send(
  events: readonly Event[],
  lane: PackLane,
  { known, codec, signal }: BodyUpload,
): Promise<Map<Event, SentBody>> {
  const sent = new Map<Event, SentBody>()
  for (const event of events) {
    const body = bulkBytesOf(event)
    if (body === undefined) continue
    throwIfAborted(signal)
    const { digest, bytes } = body
    sent.set(event, { digest, sizeBytes: bytes.length })
    if (!known.has(digest)) lane.addBlob(frameOf(digest, bytes, codec))
    if (lane.isBusy) await lane.settle()
  }
  return sent
}
