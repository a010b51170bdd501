/** Making events: what is written must be readable by everyone, for good. */

import { invalidArgument, isMlstoreError } from '../../errors.ts'
import { canonicalJson, type JsonObject } from '../canonical-json.ts'
import { expectObject } from '../json-shape.ts'
import { encodeVersionRecord } from '../version-record.ts'
import { readEvent } from './event-codec.ts'
import type { Event, EventFields, EventStamp, KnownEvent } from './event.ts'

/** An event must leave room for others, and for its version's packs, in an entry of 1 MiB. */
export const eventBytesMax: number = 512 * 1024

/**
 * Makes an event.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` if it would be larger than 512 KiB, or could not be
 * read back: a name, an id or a time that is none.
 */
export function newEvent<Fields extends EventFields>(
  fields: Fields,
  stamp: EventStamp,
): Extract<KnownEvent, { readonly type: Fields['type'] }>
export function newEvent(fields: EventFields, stamp: EventStamp): Event {
  const { id, lamport, at, by } = stamp
  const json = { ...fieldsJson(fields), id, lamport, at, by }
  const sizeBytes = Buffer.byteLength(canonicalJson(json))
  if (sizeBytes > eventBytesMax) {
    throw invalidArgument(
      `a ${fields.type} event of ${sizeBytes} bytes is too large: at most ${eventBytesMax}`,
      'Put large metadata into a file of the version.',
    )
  }
  try {
    return readEvent(json, `${fields.type} event`)
  } catch (error) {
    if (isMlstoreError(error)) throw invalidArgument(error.message)
    throw error
  }
}

function fieldsJson(fields: EventFields): JsonObject {
  if (fields.type !== 'version.add') return fields
  const { bytes } = encodeVersionRecord(fields.record)
  const record = expectObject(JSON.parse(bytes.toString('utf8')), 'version record')
  return { ...fields, record }
}
