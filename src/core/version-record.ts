/**
 * Version records: the immutable facts about one version.
 *
 * A record is canonical JSON and its digest is the version's id, so everything it says is
 * fixed for good. What can change (label, aliases, tags) is said by events, never here.
 */

import { digestMismatch, MlstoreError } from '../errors.ts'
import {
  canonicalBytes,
  canonicalOfUntrusted,
  decodeValue,
  encodeValue,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseCanonical,
  type UserObject,
} from './canonical-json.ts'
import { type Digest, digestOf } from './digest.ts'
import { Fields } from './json-shape.ts'
import { type ArtifactName, parseArtifactName } from './names.ts'

/** A version that this one was made from, and as what. */
export type VersionInput = { readonly role: string; readonly version: Digest }

/** `file`: a tree of one file that stands for that file. */
export type VersionShape = 'file' | 'tree'

export type VersionRecord = {
  readonly artifact: ArtifactName
  /** Who made it, as their machine calls them. */
  readonly by?: string
  /** UTC, as `Date.toISOString` writes it. Shown, never compared. */
  readonly createdAt: string
  /** Files and links in the tree. */
  readonly files: number
  readonly inputs?: readonly VersionInput[]
  readonly meta?: UserObject
  /** Root of the tree. */
  readonly root: Digest
  /** Id of the run that made it. */
  readonly run?: string
  readonly shape: VersionShape
  /** Bytes of all files. */
  readonly size: number
  /** State of the code that made it: git commit, remote, whether it was dirty … */
  readonly code?: UserObject
}

export type EncodedVersionRecord = { readonly id: Digest; readonly bytes: Buffer }

export type DecodedVersionRecord = EncodedVersionRecord & { readonly record: VersionRecord }

const recordVersion = 1

/**
 * The record's bytes and their digest, the version's id. Optional fields that are empty are
 * left out, so that saying nothing and not saying anything give one id.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` if `meta` or `code` is not JSON.
 */
export function encodeVersionRecord(record: VersionRecord): EncodedVersionRecord {
  const bytes = canonicalBytes({
    artifact: record.artifact,
    createdAt: record.createdAt,
    files: record.files,
    root: record.root,
    shape: record.shape,
    size: record.size,
    v: recordVersion,
    ...optionalFields(record),
  })
  return { id: digestOf(bytes), bytes }
}

/**
 * Reads a record from its bytes, or from the value an event carries.
 *
 * @param expectedId The version the record is said to be.
 * @throws {MlstoreError} `CORRUPT`, `DIGEST_MISMATCH` if its id is not `expectedId`, or
 * `FORMAT_UNSUPPORTED` if a newer mlstore wrote it.
 */
export function decodeVersionRecord(
  source: Uint8Array | JsonObject,
  expectedId?: Digest,
): DecodedVersionRecord {
  const where = expectedId === undefined ? 'version record' : `version ${expectedId}`
  const value = source instanceof Uint8Array ? parseCanonical(source, where) : source
  const bytes = Buffer.from(
    source instanceof Uint8Array ? source : canonicalOfUntrusted(source, where),
  )
  const id = digestOf(bytes)
  if (expectedId !== undefined && id !== expectedId) throw digestMismatch(where, expectedId, id)
  return { id, bytes, record: recordOf(new Fields(value, where)) }
}

type MutableJson = { [key: string]: JsonValue }

function optionalFields(record: VersionRecord): JsonObject {
  const fields: MutableJson = {}
  const { by, inputs, meta, run, code } = record
  if (by !== undefined && by !== '') fields['by'] = by
  if (inputs !== undefined && inputs.length > 0) fields['inputs'] = inputs.map(inputJson)
  if (meta !== undefined && Object.keys(meta).length > 0) fields['meta'] = encodeValue(meta, 'meta')
  if (run !== undefined && run !== '') fields['run'] = run
  if (code !== undefined && Object.keys(code).length > 0) fields['code'] = encodeValue(code, 'code')
  return fields
}

function inputJson(input: VersionInput): JsonObject {
  return { role: input.role, version: input.version }
}

function recordOf(fields: Fields): VersionRecord {
  const version = fields.integer('v')
  if (version !== recordVersion) throw unsupported(fields.where, version)
  return {
    artifact: fields.parsed('artifact', parseArtifactName),
    createdAt: fields.time('createdAt'),
    files: fields.integer('files'),
    root: fields.digest('root'),
    shape: fields.oneOf('shape', ['file', 'tree']),
    size: fields.integer('size'),
    ...(fields.has('by') ? { by: fields.string('by') } : {}),
    ...(fields.has('inputs') ? { inputs: fields.objects('inputs').map(inputOf) } : {}),
    ...(fields.has('meta') ? { meta: userObject(fields.object('meta')) } : {}),
    ...(fields.has('run') ? { run: fields.id('run') } : {}),
    ...(fields.has('code') ? { code: userObject(fields.object('code')) } : {}),
  }
}

function unsupported(where: string, version: number): MlstoreError {
  return new MlstoreError('FORMAT_UNSUPPORTED', `${where} has format ${version}`, {
    hint: 'A newer mlstore wrote it: update mlstore.',
  })
}

function inputOf(fields: Fields): VersionInput {
  return { role: fields.string('role'), version: fields.digest('version') }
}

function userObject(fields: Fields): UserObject {
  const value = decodeValue(fields.asObject(), fields.where)
  if (isJsonObject(value)) return value
  throw fields.wrong('$number', 'expected an object, found a number')
}
