/**
 * What the records of the journal say (docs/format.md, "Events, journal").
 *
 * Every one is canonical JSON with a `kind`. Unlike unknown events, an unknown kind is refused: it
 * may have changed what the records after it mean.
 */

import { MlstoreError } from '../../errors.ts'
import { canonicalJson, type JsonObject } from '../canonical-json.ts'
import type { Digest } from '../digest.ts'
import { Fields } from '../json-shape.ts'
import { type AliasName, type ArtifactName, parseAliasName, parseArtifactName } from '../names.ts'
import { readEvents, readIds } from './event-codec.ts'
import type { Event } from './event.ts'
import { parseKnownJson } from './known-json.ts'

/** Own events, in order. */
export type EventsRecord = { readonly kind: 'events'; readonly events: readonly Event[] }

/** A log entry that was fetched or committed. */
export type EntryRecord = {
  readonly kind: 'entry'
  /** Repository id. */
  readonly remote: string
  readonly seq: number
  /** The entry verbatim, as text. */
  readonly bytes: string
  /** What its bulk events stand for, in their order, but for events that earlier records hold. */
  readonly bulk?: readonly Event[]
}

/** A remote was seen for the first time, or has another name or URL now. */
export type RemoteRecord = {
  readonly kind: 'remote'
  readonly name: string
  readonly url: string
  readonly repoId: string
  /** SHA-256 of its `format.json`, which the first entry's `prev` names. */
  readonly format: Digest
}

/** Own moves of an alias, not on any remote yet, were given up for the remote's value. */
export type AliasResetRecord = {
  readonly kind: 'alias.reset'
  readonly artifact: ArtifactName
  readonly alias: AliasName
  readonly dropped: readonly string[]
}

export type JournalPayload = EventsRecord | EntryRecord | RemoteRecord | AliasResetRecord

type Readers = {
  readonly [Kind in JournalPayload['kind']]: (
    fields: Fields,
  ) => Extract<JournalPayload, { readonly kind: Kind }>
}

const readers: Readers = {
  events: (fields) => ({ kind: 'events', events: readEvents(fields, 'events') }),
  entry: (fields) => ({
    kind: 'entry',
    remote: fields.id('remote'),
    seq: fields.integer('seq', 1),
    bytes: fields.string('bytes'),
    ...(fields.has('bulk') ? { bulk: readEvents(fields, 'bulk') } : {}),
  }),
  remote: (fields) => ({
    kind: 'remote',
    name: fields.string('name'),
    url: fields.string('url'),
    repoId: fields.id('repoId'),
    format: fields.digest('format'),
  }),
  'alias.reset': (fields) => ({
    kind: 'alias.reset',
    artifact: fields.parsed('artifact', parseArtifactName),
    alias: fields.parsed('alias', parseAliasName),
    dropped: readIds(fields, 'dropped'),
  }),
}

/** The payload of the journal record. */
export function encodeJournalPayload(payload: JournalPayload): string {
  return canonicalJson(payloadJson(payload))
}

/**
 * Reads the payload of a journal record.
 *
 * That it is spelled canonically is not checked again: the frame's CRC says that these are the
 * bytes that were written, and a reindex reads a million of them.
 *
 * @param where Which record, for messages: file and offset.
 * @throws {MlstoreError} `CORRUPT`; `FORMAT_UNSUPPORTED` for a kind that a newer mlstore wrote.
 */
export function decodeJournalPayload(text: string, where: string): JournalPayload {
  const fields = new Fields(parseKnownJson(text, where), where)
  const kind = fields.string('kind')
  if (isKnownKind(kind)) return readers[kind](fields)
  throw new MlstoreError('FORMAT_UNSUPPORTED', `${where} is a record of kind ${kind}`, {
    hint: 'A newer mlstore wrote it: update mlstore.',
  })
}

function isKnownKind(kind: string): kind is JournalPayload['kind'] {
  return Object.hasOwn(readers, kind)
}

function payloadJson(payload: JournalPayload): JsonObject {
  switch (payload.kind) {
    case 'events':
      return { kind: 'events', events: payload.events.map((event) => event.json) }
    case 'entry': {
      const { bulk, ...entry } = payload
      return bulk === undefined ? entry : { ...entry, bulk: bulk.map((event) => event.json) }
    }
    default:
      return payload
  }
}
