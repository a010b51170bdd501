/**
 * `format.json` of a remote: which repository it is and what a client must understand.
 *
 * Written once, with create-if-absent; its digest starts the log's hash chain. A feature that is
 * listed for an operation must be known to whoever does that operation: unknown ones refuse just
 * that operation.
 */

import { isId } from './ids.ts'
import { canonicalBytes, type JsonObject } from './canonical-json.ts'
import { expectArray, expectObject, expectString, Fields } from './json-shape.ts'
import { corrupt, MlstoreError } from '../errors.ts'

export type RemoteOperation = 'read' | 'write' | 'gc' | 'check'

export type RemoteFormat = {
  readonly repoId: string
  readonly createdAt: string
  readonly features: Readonly<Record<RemoteOperation, readonly string[]>>
}

/** The format this code writes; a remote of a higher one is refused. */
export const remoteFormatVersion = 1

/** Features this code understands. None exist besides format 1 itself. */
const knownFeatures: ReadonlySet<string> = new Set()

export function encodeRemoteFormat(repoId: string, createdAt: string): Buffer {
  const features: JsonObject = { check: [], gc: [], read: [], write: [] }
  return canonicalBytes({ createdAt, features, format: remoteFormatVersion, repoId })
}

/**
 * Reads `format.json`.
 *
 * @throws {MlstoreError} `CORRUPT` when it is not one; `FORMAT_UNSUPPORTED` for a newer format.
 */
export function decodeRemoteFormat(bytes: Uint8Array, where: string): RemoteFormat {
  const fields = new Fields(parse(bytes, where), where)
  const format = fields.get('format')
  if (typeof format === 'number' && format > remoteFormatVersion) {
    throw new MlstoreError(
      'FORMAT_UNSUPPORTED',
      `${where}: this remote has format ${format}; this mlstore reads up to ${remoteFormatVersion}.`,
      { hint: 'Install a newer mlstore.' },
    )
  }
  if (format !== remoteFormatVersion) throw corrupt(where, 'it names no format')
  const repoId = fields.string('repoId')
  if (!isId(repoId)) throw corrupt(where, 'its repository id is no id')
  const features = expectObject(fields.get('features'), `${where}: features`)
  const list = (operation: RemoteOperation): string[] =>
    expectArray(features[operation] ?? [], `${where}: features.${operation}`).map((name) =>
      expectString(name, `${where}: features.${operation}`),
    )
  return {
    repoId,
    createdAt: fields.string('createdAt'),
    features: { read: list('read'), write: list('write'), gc: list('gc'), check: list('check') },
  }
}

/** @throws {MlstoreError} `FORMAT_UNSUPPORTED` if the operation needs what this code lacks. */
export function requireFeatures(
  format: RemoteFormat,
  operation: RemoteOperation,
  where: string,
): void {
  const unknown = format.features[operation].filter((name) => !knownFeatures.has(name))
  if (unknown.length === 0) return
  throw new MlstoreError(
    'FORMAT_UNSUPPORTED',
    `${where}: to ${operation} it, this remote needs ${unknown.join(', ')}, unknown here.`,
    { hint: 'Install a newer mlstore.' },
  )
}

function parse(bytes: Uint8Array, where: string): JsonObject {
  try {
    return expectObject(JSON.parse(Buffer.from(bytes).toString('utf8')), where)
  } catch (cause) {
    if (cause instanceof MlstoreError) throw cause
    throw corrupt(where, 'it is not JSON', cause)
  }
}
