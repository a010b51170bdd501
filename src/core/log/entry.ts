/**
 * Log entries: what one push adds to a remote (docs/format.md, "Remote").
 *
 * The entry is the commit: what it names is uploaded before it. Each names the hash of the one
 * before, so a log that was rolled back, replaced or forked cannot be mistaken for the one that
 * is known here.
 */

import { isId } from '../ids.ts'
import { corrupt, invalidArgument, MlstoreError } from '../../errors.ts'
import {
  canonicalBytes,
  decodeUtf8,
  type JsonObject,
  type JsonValue,
  parseCanonical,
} from '../canonical-json.ts'
import { type Digest, digestOf } from '../digest.ts'
import { type LoggedEvent, readLoggedEvents } from '../events/bulk-event.ts'
import { readIds } from '../events/event-codec.ts'
import { parseKnownJson } from '../events/known-json.ts'
import { expectArray, expectSafeInteger, expectString, Fields } from '../json-shape.ts'
import { decodeFrameForm, encodeFrameForm, type LocatorEntry } from '../pack/locator.ts'

export type RemotePackKind = 'data' | 'tree'

/** A pack that was uploaded for an entry. */
export type RemotePack = {
  readonly id: string
  readonly kind: RemotePackKind
  readonly sizeBytes: number
}

/** Where a version is on a remote. */
export type VersionLocation = {
  readonly version: Digest
  /** The root node of its tree. */
  readonly root: LocatorEntry
  /** Packs of earlier entries that it needs too; those of its own entry go without saying. */
  readonly uses: readonly string[]
}

/** What an entry is made for; before it is written, of events with their bodies. */
export type EntryContent<Logged extends LoggedEvent = LoggedEvent> = {
  readonly events: readonly Logged[]
  readonly packs: readonly RemotePack[]
  readonly versions: readonly VersionLocation[]
}

export type LogEntry = EntryContent & {
  /** UTC, by the writer's clock. Shown, never compared. */
  readonly at: string
  /** Id of the store that wrote it. */
  readonly client: string
  /** Random: tells its writer that it won the slot. */
  readonly commitId: string
  /** Hash of the previous entry's bytes, or of `format.json`'s for the first. */
  readonly prev: Digest
  readonly repoId: string
  /** Features a reader must know. */
  readonly requires: readonly string[]
  readonly seq: number
  /** Name and version of the program that wrote it. */
  readonly tool: string
}

/** How far a log is known, and which log it is: what every sync is checked against. */
export type LogHead = {
  readonly repoId: string
  /** 0 before the first entry. */
  readonly seq: number
  /** Hash of that entry's bytes, or of `format.json`'s. */
  readonly hash: Digest
}

export const entryBytesMax: number = 1024 * 1024

/** The most that the bodies of an entry's bulk events hold, together: it becomes one record. */
export const entryBulkBytesMax: number = 16 * 1024 * 1024

const entryVersion = 1

/** Features this code understands in `requires`. None exist besides format 1 itself. */
const knownFeatures: ReadonlySet<string> = new Set()

/**
 * The entry's bytes; their SHA-256 is its hash.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` if they are more than 1 MiB.
 */
export function encodeEntry(entry: LogEntry): Buffer {
  const bytes = canonicalBytes({
    at: entry.at,
    client: entry.client,
    commitId: entry.commitId,
    events: entry.events.map((event) => event.json),
    packs: entry.packs.map(packJson),
    prev: entry.prev,
    repoId: entry.repoId,
    requires: entry.requires,
    seq: entry.seq,
    tool: entry.tool,
    v: entryVersion,
    versions: entry.versions.map(versionJson),
  })
  if (bytes.length <= entryBytesMax) return bytes
  throw invalidArgument(
    `a log entry of ${bytes.length} bytes is too large: at most ${entryBytesMax}`,
  )
}

/**
 * Reads an entry that someone else wrote. Unknown fields and unknown events are ignored.
 *
 * @throws {MlstoreError} `CORRUPT`; `DIGEST_MISMATCH` if a record is not that of its version;
 * `FORMAT_UNSUPPORTED` if it says that it needs a newer mlstore.
 */
export function decodeEntry(bytes: Uint8Array, where: string): LogEntry {
  if (bytes.length > entryBytesMax) throw corrupt(where, `it has ${bytes.length} bytes`)
  return readEntry(parseCanonical(bytes, where), where)
}

/** Reads an entry that `decodeEntry` accepted before, such as one in the journal. */
export function decodeKnownEntry(bytes: Uint8Array, where: string): LogEntry {
  return readEntry(parseKnownJson(decodeUtf8(bytes, where), where), where)
}

/**
 * Checks that the entry with these bytes comes right after `head`.
 *
 * @returns The head after it.
 * @throws {MlstoreError} `REMOTE_REPLACED` if it belongs to another log, `CORRUPT` if it stands in
 * a slot that is not its own.
 */
export function advanceHead(head: LogHead, entry: LogEntry, bytes: Uint8Array): LogHead {
  const seq = head.seq + 1
  if (entry.repoId !== head.repoId) {
    throw replaced(`Log entry ${seq} belongs to repository ${entry.repoId}, not ${head.repoId}.`)
  }
  if (entry.seq !== seq) throw corrupt(`log entry ${seq}`, `it says that it is entry ${entry.seq}`)
  if (entry.prev !== head.hash) {
    throw replaced(`Log entry ${seq} does not follow the entry ${head.seq} that is known here.`)
  }
  return { repoId: head.repoId, seq, hash: digestOf(bytes) }
}

function replaced(message: string): MlstoreError {
  return new MlstoreError('REMOTE_REPLACED', message, {
    hint: 'The remote was rolled back or replaced. Ask whoever runs it before you go on.',
  })
}

/** How much the bodies of the bulk events hold, before compression. */
export function bulkBytesIn(events: readonly LoggedEvent[]): number {
  return events.reduce((sum, event) => sum + (event.type === 'bulk' ? event.body.sizeBytes : 0), 0)
}

/** The JSON of a pack in an entry. */
export function packJson(pack: RemotePack): JsonObject {
  return { id: pack.id, kind: pack.kind, size: pack.sizeBytes }
}

/** The JSON of a version's location in an entry. */
export function versionJson({ version, root, uses }: VersionLocation): JsonObject {
  const { packId, offset, storedBytes, locatorBytes } = root
  return {
    root: [packId, offset, storedBytes, locatorBytes, encodeFrameForm(root)],
    uses,
    version,
  }
}

function readEntry(value: JsonValue, where: string): LogEntry {
  const fields = new Fields(value, where)
  refuseNewer(fields)
  const events = readLoggedEvents(fields, 'events')
  const bulkBytes = bulkBytesIn(events)
  if (bulkBytes > entryBulkBytesMax) {
    throw fields.wrong('events', `their bodies have ${bulkBytes} bytes`)
  }
  return {
    at: fields.time('at'),
    client: fields.id('client'),
    commitId: fields.id('commitId'),
    events,
    packs: fields.objects('packs').map(readPack),
    prev: fields.digest('prev'),
    repoId: fields.id('repoId'),
    requires: fields.strings('requires'),
    seq: fields.integer('seq', 1),
    tool: fields.string('tool'),
    versions: fields.objects('versions').map(readVersion),
  }
}

/** Before anything else is read: what a newer mlstore wrote may look different. */
function refuseNewer(fields: Fields): void {
  const version = fields.integer('v', 1)
  const unknown = fields.strings('requires').filter((name) => !knownFeatures.has(name))
  if (version === entryVersion && unknown.length === 0) return
  const needs = version === entryVersion ? unknown.join(', ') : `format ${version}`
  throw new MlstoreError('FORMAT_UNSUPPORTED', `${fields.where} needs ${needs}, unknown here.`, {
    hint: 'A newer mlstore wrote it: update mlstore.',
  })
}

function readPack(fields: Fields): RemotePack {
  return {
    id: fields.id('id'),
    kind: fields.oneOf('kind', ['data', 'tree']),
    sizeBytes: fields.integer('size'),
  }
}

function readVersion(fields: Fields): VersionLocation {
  return {
    version: fields.digest('version'),
    root: readRoot(fields),
    uses: readIds(fields, 'uses'),
  }
}

function readRoot(fields: Fields): LocatorEntry {
  const where = `${fields.where}: root`
  const [packId, ...numbers] = expectArray(fields.get('root'), where)
  if (!isId(expectString(packId, where))) throw fields.wrong('root', 'no pack id')
  const [offset = 0, storedBytes = 0, locatorBytes = 0, form = 0, ...rest] = numbers.map((item) =>
    expectSafeInteger(item, where),
  )
  if (numbers.length < 4 || rest.length > 0) throw fields.wrong('root', 'expected five items')
  const frame = decodeFrameForm(form, where)
  return { packId: expectString(packId, where), offset, storedBytes, locatorBytes, ...frame }
}
