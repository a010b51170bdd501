/**
 * Bulk events: in a log entry they stand for large events whose bodies lie in packs.
 *
 * A log entry is read whole by everybody, one at a time; a million points in it would make that
 * slow for all. So events that carry data travel beside the log, and the entry says where. Only
 * types that name nothing others depend on may do so: whoever reads nothing but the log still
 * knows of every version, name and run.
 */

import { isId } from '../ids.ts'
import { corrupt } from '../../errors.ts'
import {
  canonicalBytes,
  jsonBytes,
  type JsonObject,
  type JsonValue,
  parseCanonical,
} from '../canonical-json.ts'
import { type Digest, digestOf } from '../digest.ts'
import {
  expectArray,
  expectDigest,
  expectSafeInteger,
  expectString,
  Fields,
} from '../json-shape.ts'
import {
  decodeFrameForm,
  encodeFrameForm,
  type LocatorEntry,
  locatorForm,
} from '../pack/locator.ts'
import { readEvent } from './event-codec.ts'
import type { Event, EventStamp } from './event.ts'

/** Where an event's canonical JSON is, and what it must be. */
export type BulkBody = {
  readonly digest: Digest
  /** Of the JSON, before compression. */
  readonly sizeBytes: number
  readonly location: LocatorEntry
}

/** Stands in a log entry for the event with the same stamp. */
export type BulkEvent = EventStamp & {
  readonly type: 'bulk'
  readonly body: BulkBody
  readonly json: JsonObject
}

/** What a log entry may hold: an event, or what stands for one. */
export type LoggedEvent = Event | BulkEvent

/** An event's canonical JSON and its digest: what a pack holds of it. */
export type EventBytes = { readonly digest: Digest; readonly bytes: Buffer }

/** Below it, a place in a pack costs more than it saves. */
const inlineBytesMax = 8 * 1024

const bulkTypes: ReadonlySet<string> = new Set([
  'run.files',
  'run.metrics',
  'run.params',
  'run.update',
])

/** The bytes of an event that shall travel in a pack; `undefined`: it stands in the entry. */
export function bulkBytesOf(event: Event): EventBytes | undefined {
  if (!bulkTypes.has(event.type) || jsonBytes(event.json) <= inlineBytesMax) return undefined
  const bytes = canonicalBytes(event.json)
  return { bytes, digest: digestOf(bytes) }
}

/** What stands in an entry for an event whose bytes lie there. */
export function bulkEvent(event: Event, body: BulkBody): BulkEvent {
  const { id, lamport, at, by } = event
  const { digest, sizeBytes, location } = body
  const { packId, offset, storedBytes } = location
  const place = [packId, offset, storedBytes, encodeFrameForm(location), digest, sizeBytes]
  const json = { at, body: place, by, id, lamport, type: 'bulk' }
  return { type: 'bulk', id, lamport, at, by, body, json }
}

/** The events in an array field of a log entry, in order. */
export function readLoggedEvents(fields: Fields, field: string): readonly LoggedEvent[] {
  return fields.array(field).map((value, i) => {
    const where = `${fields.where}: ${field}[${i}]`
    return isBulk(value) ? readBulkEvent(value, where) : readEvent(value, where)
  })
}

/**
 * Reads the body of a bulk event.
 *
 * @param bytes What lies at its place; their digest was checked.
 * @throws {MlstoreError} `CORRUPT` if they are not that event.
 */
export function readBulkBody(bulk: BulkEvent, bytes: Uint8Array): Event {
  const where = `the body of event ${bulk.id}`
  const { sizeBytes } = bulk.body
  if (bytes.length !== sizeBytes) throw corrupt(where, `${bytes.length} bytes, not ${sizeBytes}`)
  const event = readEvent(parseCanonical(bytes, where), where)
  if (event.id !== bulk.id || event.lamport !== bulk.lamport) {
    throw corrupt(where, `it is event ${event.id} of lamport ${event.lamport}`)
  }
  if (!bulkTypes.has(event.type)) throw corrupt(where, 'events of its type are never bulk')
  return event
}

/** Whether an event is the one that the bulk event stands for, byte for byte. */
export function isBodyOf(event: Event, bulk: BulkEvent): boolean {
  return event.id === bulk.id && digestOf(canonicalBytes(event.json)) === bulk.body.digest
}

function isBulk(value: JsonValue): boolean {
  return new Fields(value, 'an event').get('type') === 'bulk'
}

function readBulkEvent(value: JsonValue, where: string): BulkEvent {
  const fields = new Fields(value, where)
  // The stamp is that of any event.
  const { id, lamport, at, by } = readEvent(value, where)
  return { type: 'bulk', id, lamport, at, by, body: readPlace(fields), json: fields.asObject() }
}

function readPlace(fields: Fields): BulkBody {
  const where = `${fields.where}: body`
  const [packId, offset, storedBytes, form, digest, sizeBytes] = expectArray(
    fields.get('body'),
    where,
  )
  if (!isId(expectString(packId, where))) throw fields.wrong('body', 'no pack id')
  const frame = decodeFrameForm(expectSafeInteger(form, where), where)
  if (frame.form !== locatorForm.wholeFile) throw fields.wrong('body', 'no blob')
  return {
    digest: expectDigest(digest, where),
    sizeBytes: expectSafeInteger(sizeBytes, where, 1),
    location: {
      packId: expectString(packId, where),
      offset: expectSafeInteger(offset, where),
      storedBytes: expectSafeInteger(storedBytes, where, 1),
      locatorBytes: 0,
      ...frame,
    },
  }
}
