/**
 * External versions: the list of objects that lie in a bucket or folder of the user and stay there.
 *
 * Such a version is one file, `external.json`, in canonical JSON: where the objects are, and of
 * each its path, size and what tells whether it changed: the ETag that an S3 store gives it, else
 * the digest of its bytes. Layout: docs/format.md.
 */

import { createHash } from 'node:crypto'

import { corrupt, invalidArgument, isMlstoreError } from '../errors.ts'
import {
  canonicalBytes,
  type JsonObject,
  parseCanonical,
  type UserObject,
} from './canonical-json.ts'
import type { Digest } from './digest.ts'
import { Fields } from './json-shape.ts'
import { splitTreePath } from './names.ts'
import { comparePaths } from './tree/name-order.ts'

export type ExternalObject = {
  /** Below the place, with `/`. */
  readonly path: string
  readonly sizeBytes: number
  /** One of the two. */
  readonly etag?: string
  readonly sha256?: Digest
}

export type ExternalListing = {
  /** `s3://bucket/prefix` or `file:///folder`, without a slash at its end. */
  readonly uri: string
  /** In tree order, at least one. */
  readonly objects: readonly ExternalObject[]
}

/** Name of the one file of such a version. */
export const externalFileName = 'external.json'

/** The key in a version's metadata that says where its bytes are. */
export const externalMetaKey = 'external'

const formatVersion = 1

/** How many objects one listing may have: it is held in memory. */
const objectsMax = 200_000

/**
 * Puts a listing together.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a path that no folder can hold, two that cannot be
 * in one folder, and more objects than 200,000.
 */
export function externalListing(uri: string, objects: readonly ExternalObject[]): ExternalListing {
  if (objects.length > objectsMax) {
    throw invalidArgument(
      `${uri} has ${objects.length} objects; one version can name ${objectsMax}.`,
      'Name the folders in it one by one.',
    )
  }
  for (const { path } of objects) splitTreePath(path)
  const sorted = objects.toSorted((a, b) => comparePaths(a.path, b.path))
  const clash = sorted.find(({ path }, index) => isAtOrBelow(sorted[index + 1]?.path, path))
  if (clash === undefined) return { uri, objects: sorted }
  throw invalidArgument(`${uri}: ${clash.path} is both a file and a folder, or is there twice.`)
}

/** What the metadata of the version says under `external`. */
export function externalMeta({ uri, objects }: ExternalListing): UserObject {
  return { uri, files: objects.length, sizeBytes: totalBytes(objects) }
}

export function totalBytes(objects: readonly ExternalObject[]): number {
  return objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** The bytes of `external.json`. */
export function encodeExternal({ uri, objects }: ExternalListing): Buffer {
  return canonicalBytes({ objects: objects.map(encodeObject), uri, v: formatVersion })
}

/** @throws {MlstoreError} `CORRUPT` for anything that `encodeExternal` cannot have written. */
export function decodeExternal(bytes: Uint8Array, where: string): ExternalListing {
  const fields = new Fields(parseCanonical(bytes, where), where)
  if (fields.integer('v') !== formatVersion) throw fields.wrong('v', 'the format is not known')
  const objects = fields.objects('objects').map(decodeObject)
  if (objects.length === 0) throw fields.wrong('objects', 'there is none')
  try {
    return externalListing(fields.string('uri'), objects)
  } catch (error) {
    if (isMlstoreError(error, 'INVALID_ARGUMENT')) throw corrupt(where, error.message, error)
    throw error
  }
}

/** Tells whether bytes that arrive in pieces are those of an ETag. */
export class EtagStream {
  readonly #hash = createHash('md5')

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** `false` also where the ETag is no MD5, as of what was sent in parts. Ends the stream. */
  matches(etag: string): boolean {
    return this.#hash.digest('hex') === etag
  }
}

function encodeObject({ path, sizeBytes, etag, sha256 }: ExternalObject): JsonObject {
  return {
    path,
    size: sizeBytes,
    ...(etag === undefined ? {} : { etag }),
    ...(sha256 === undefined ? {} : { sha256 }),
  }
}

function decodeObject(fields: Fields): ExternalObject {
  const object = { path: fields.string('path'), sizeBytes: fields.integer('size') }
  if (fields.has('etag')) return { ...object, etag: fields.string('etag') }
  return { ...object, sha256: fields.digest('sha256') }
}

function isAtOrBelow(path: string | undefined, folder: string): boolean {
  return path !== undefined && (path === folder || path.startsWith(`${folder}/`))
}
