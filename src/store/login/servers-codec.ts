/**
 * `servers.json`: the servers the user is logged in to, with their secrets.
 *
 * What is wrong in it is told by the name of the field alone: the file's text may not come into a
 * message, nor the parser's error, which quotes it.
 */

import type { JsonObject, JsonValue } from '../../core/canonical-json.ts'
import { Fields } from '../../core/json-shape.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import type { S3Access, SavedServer } from './server.ts'

export type ServerList = {
  /** Name of the server that is meant when none is named. */
  readonly default: string | undefined
  /** In the order of login, the last one last. */
  readonly servers: readonly SavedServer[]
}

export const noServers: ServerList = { default: undefined, servers: [] }

const formatVersion = 1

/** @throws {MlstoreError} `CORRUPT`, `FORMAT_UNSUPPORTED`; both name the file. */
export function decodeServers(bytes: Uint8Array, path: string): ServerList {
  try {
    const fields = new Fields(parseQuietly(bytes, path), path)
    const written = fields.integer('formatVersion')
    if (written > formatVersion) throw newer(path)
    const servers = fields.objects('servers').map(decodeServer)
    return { default: fields.optionalString('default'), servers }
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    throw new MlstoreError('CORRUPT', error.message, {
      hint: 'Mend the file by hand, or move it away and log in again; mlstore leaves it as it is.',
    })
  }
}

export function encodeServers(list: ServerList): Buffer {
  const value: JsonObject = {
    formatVersion,
    ...(list.default === undefined ? {} : { default: list.default }),
    servers: list.servers.map(encodeServer),
  }
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`)
}

/** JSON of a file that holds secrets. */
export function parseQuietly(bytes: Uint8Array, path: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return value
  } catch {
    throw new MlstoreError('CORRUPT', `${path} is damaged: it is not JSON`)
  }
}

function decodeServer(fields: Fields): SavedServer {
  const name = fields.string('name')
  const kind = fields.oneOf('kind', ['artifactory', 's3', 'store'])
  if (kind === 's3') {
    return { kind, name, url: urlOf(fields), access: decodeAccess(fields) }
  }
  return {
    kind,
    name,
    url: fields.parsed('url', checkedUrl),
    user: fields.optionalString('user'),
    token: fields.optionalString('token'),
    expiresAt: fields.has('expiresAt') ? fields.time('expiresAt') : undefined,
  }
}

function urlOf(fields: Fields): string | undefined {
  return fields.has('url') ? fields.parsed('url', checkedUrl) : undefined
}

function checkedUrl(text: string): string {
  if (URL.canParse(text)) return text
  throw new MlstoreError('INVALID_ARGUMENT', 'it is no URL')
}

function decodeAccess(fields: Fields): S3Access {
  if (fields.has('profile')) return { profile: fields.string('profile') }
  return {
    accessKeyId: fields.string('accessKeyId'),
    secretAccessKey: fields.string('secretAccessKey'),
    sessionToken: fields.optionalString('sessionToken'),
  }
}

/** `undefined` is left out. */
function encodeServer(server: SavedServer): JsonObject {
  const { name, kind, ...rest } = server
  const { access, ...flat } = 'access' in rest ? rest : { ...rest, access: {} }
  const said = Object.entries({ name, kind, ...flat, ...access }).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, value] as const],
  )
  return Object.fromEntries(said)
}

function newer(path: string): MlstoreError {
  return new MlstoreError('FORMAT_UNSUPPORTED', `${path} was written by a newer mlstore.`, {
    hint: 'Update mlstore, or name another folder in MLSTORE_CONFIG_DIR.',
  })
}
