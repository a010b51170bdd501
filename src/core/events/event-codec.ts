/**
 * Reading and writing events (docs/format.md, "Events, journal").
 *
 * One table says for each type how its fields are read; a new type is one new row. Events come
 * from journals and from other people's log entries, so every name, id and digest is checked here
 * and nowhere later, and a version's record must be the one its digest names.
 */

import { readReason } from './reason.ts'
import { isId } from '../ids.ts'
import { canonicalBytes, type JsonValue, parseCanonical } from '../canonical-json.ts'
import { expectString, Fields } from '../json-shape.ts'
import { parseAliasName, parseArtifactName, parseLabel, parseTagKey } from '../names.ts'
import { decodeVersionRecord } from '../version-record.ts'
import { type Event, type EventFields, type EventStamp, lamportMax } from './event.ts'
import { runReaders } from './run-event-codec.ts'
import { parseTagTarget } from './tag-target.ts'

type FieldsOf<Type> = Extract<EventFields, { readonly type: Type }>

type Readers = {
  readonly [Type in EventFields['type']]: (fields: Fields) => FieldsOf<Type>
}

const readers: Readers = {
  'version.add': (fields) => {
    const version = fields.digest('version')
    const { record } = decodeVersionRecord(fields.object('record').asObject(), version)
    return { type: 'version.add', version, record }
  },
  'label.claim': (fields) => ({
    type: 'label.claim',
    artifact: fields.parsed('artifact', parseArtifactName),
    label: fields.parsed('label', parseLabel),
    version: fields.digest('version'),
    generated: fields.boolean('generated'),
    ...(fields.has('over') ? { over: fields.id('over') } : {}),
  }),
  'alias.move': (fields) => ({
    type: 'alias.move',
    artifact: fields.parsed('artifact', parseArtifactName),
    alias: fields.parsed('alias', parseAliasName),
    to: fields.digestOrNull('to'),
    over: readIds(fields, 'over'),
    ...readReason(fields),
  }),
  'tag.set': (fields) => {
    fields.parsed('target', parseTagTarget)
    return {
      type: 'tag.set',
      target: fields.string('target'),
      key: fields.parsed('key', parseTagKey),
      value: fields.stringOrNull('value'),
    }
  },
  'version.remove': (fields) => ({
    type: 'version.remove',
    version: fields.digest('version'),
    ...readReason(fields),
  }),
  'version.restore': (fields) => ({
    type: 'version.restore',
    version: fields.digest('version'),
    over: fields.id('over'),
  }),
  'gc.sweep': (fields) => ({ type: 'gc.sweep', packs: readIds(fields, 'packs') }),
  ...runReaders,
}

/** The event's canonical JSON: as it came, whatever this mlstore understands of it. */
export function encodeEvent(event: Event): Buffer {
  return canonicalBytes(event.json)
}

/**
 * Reads an event from canonical JSON.
 *
 * @throws {MlstoreError} `CORRUPT`, `DIGEST_MISMATCH` if a record is not that of its version, or
 * `FORMAT_UNSUPPORTED` if a record is of a newer format.
 */
export function decodeEvent(input: string | Uint8Array, where = 'event'): Event {
  return readEvent(parseCanonical(input, where), where)
}

/** Reads an event that stands inside other JSON; fails as `decodeEvent` does. */
export function readEvent(value: JsonValue | undefined, where: string): Event {
  const fields = new Fields(value, where)
  const stamp = readStamp(fields)
  const type = fields.string('type')
  const json = fields.asObject()
  if (!isKnownType(type)) return { ...stamp, type: 'unknown', json }
  return { ...stamp, ...readers[type](fields), json }
}

/** The events in an array field, in order. */
export function readEvents(fields: Fields, field: string): readonly Event[] {
  return fields.array(field).map((value, i) => readEvent(value, `${fields.where}: ${field}[${i}]`))
}

/** An array field of random ids. */
export function readIds(fields: Fields, field: string): readonly string[] {
  return fields.array(field).map((value, i) => {
    const id = expectString(value, `${fields.where}: ${field}[${i}]`)
    if (isId(id)) return id
    throw fields.wrong(`${field}[${i}]`, `expected an id, found ${JSON.stringify(id)}`)
  })
}

function isKnownType(type: string): type is EventFields['type'] {
  return Object.hasOwn(readers, type)
}

function readStamp(fields: Fields): EventStamp {
  const lamport = fields.integer('lamport')
  if (lamport > lamportMax) throw fields.wrong('lamport', `${lamport} is out of range`)
  return {
    id: fields.id('id'),
    lamport,
    at: fields.time('at'),
    by: fields.string('by'),
  }
}
