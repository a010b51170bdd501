/**
 * One file of settings: `mlstore.json` of the repository, or `.mlstore/config.json`.
 *
 * People edit these files and git merges them, so what is wrong in one is told as such and is no
 * damage. What this mlstore does not know is kept for the newer one that wrote it.
 */

import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/canonical-json.ts'
import { expectObject, expectString, Fields } from '../core/json-shape.ts'
import { parseRemoteName } from '../core/names.ts'
import { corrupt, invalidArgument, isMlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { RemoteSettings } from '../ports/remote.ts'

export type ConfiguredRemote = {
  readonly name: string
  readonly settings: RemoteSettings
  /** Known to this store only. */
  readonly local: boolean
  readonly singleWriter: boolean
}

export type ConfigFile = {
  readonly path: string
  readonly raw: JsonObject
  readonly remotes: ReadonlyMap<string, ConfiguredRemote>
  readonly defaultRemote: string | undefined
  readonly settings: ReadonlyMap<string, string>
}

/** What changes in a file; `undefined` takes a remote out. */
export type ConfigChange = {
  readonly remote?: readonly [name: string, remote: ConfiguredRemote | undefined]
  readonly setting?: readonly [key: string, value: string]
  readonly defaultRemote?: string
}

/**
 * Reads a file; one that is not there says nothing.
 *
 * @param local Whether its remotes are known to this store only.
 * @throws {MlstoreError} `INVALID_ARGUMENT` naming what is wrong in it.
 */
export function loadConfigFile(fs: FileSystem, path: string, local: boolean): ConfigFile {
  try {
    const raw = fs.lstat(path) === undefined ? {} : parse(fs.readFile(path), path)
    return decode(raw, path, local)
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    const hint = 'Mend it by hand; a merge may have left conflict markers in it.'
    throw invalidArgument(error.message, hint)
  }
}

/** The file's text with the change; keys are sorted, so that git merges lines. */
export function renderConfigFile(file: ConfigFile, change: ConfigChange): string {
  const { raw } = file
  const { defaultRemote: wanted = file.defaultRemote, remote, setting } = change
  const isGone = remote?.[1] === undefined && remote?.[0] === wanted
  const { defaultRemote: _before, ...rest } = raw
  const next: JsonObject = {
    ...rest,
    ...(wanted === undefined || isGone ? {} : { defaultRemote: wanted }),
    ...(remote === undefined ? {} : { remotes: withRemote(objectAt(raw, 'remotes'), remote) }),
    ...(setting === undefined ? {} : { settings: withSetting(raw, setting) }),
  }
  return `${JSON.stringify(sortKeys(next), undefined, 2)}\n`
}

function parse(bytes: Buffer, path: string): JsonObject {
  try {
    const value: JsonValue = JSON.parse(bytes.toString('utf8'))
    return expectObject(value, path)
  } catch (error) {
    if (error instanceof SyntaxError) throw corrupt(path, 'it is not JSON', error)
    throw error
  }
}

function decode(raw: JsonObject, path: string, local: boolean): ConfigFile {
  const fields = new Fields(raw, path)
  const section = (name: string): [string, JsonValue][] =>
    fields.has(name) ? Object.entries(fields.object(name).asObject()) : []
  const remotes = section('remotes').map(([name, value]) => {
    const remote = decodeRemote(name, new Fields(value, `${path}: remotes.${name}`), local)
    return [parseRemoteName(name), remote] as const
  })
  const settings = section('settings').map(([key, value]) => {
    return [key, expectString(value, `${path}: settings.${key}`)] as const
  })
  return {
    path,
    raw,
    remotes: new Map(remotes),
    settings: new Map(settings),
    defaultRemote: fields.optionalString('defaultRemote'),
  }
}

const textFields = ['endpointUrl', 'region', 'profile', 'caBundle', 'sse', 'sseKmsKeyId'] as const
const flagFields = ['anonymous', 'pathStyle', 'singleWriter'] as const

function decodeRemote(name: string, fields: Fields, local: boolean): ConfiguredRemote {
  const texts = textFields.flatMap((field) => {
    const value = fields.optionalString(field)
    return value === undefined ? [] : [[field, value] as const]
  })
  const flags = flagFields.flatMap((field) =>
    fields.has(field) ? [[field, fields.boolean(field)] as const] : [],
  )
  const { singleWriter = false, ...rest } = Object.fromEntries(flags)
  const settings: RemoteSettings = {
    url: fields.string('url'),
    ...Object.fromEntries(texts),
    ...rest,
  }
  return { name, settings, local, singleWriter }
}

function withRemote(
  remotes: JsonObject,
  [name, remote]: readonly [string, ConfiguredRemote | undefined],
): JsonObject {
  const { [name]: before, ...others } = remotes
  if (remote === undefined) return others
  const known = new Set<string>(['url', ...textFields, ...flagFields])
  const unknown = Object.entries(isJsonObject(before) ? before : {}).filter(
    ([field]) => !known.has(field),
  )
  const given = Object.entries(remote.settings).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, value] as const],
  )
  const flag = remote.singleWriter ? [['singleWriter', true] as const] : []
  return { ...others, [name]: Object.fromEntries([...unknown, ...given, ...flag]) }
}

function withSetting(raw: JsonObject, [key, value]: readonly [string, string]): JsonObject {
  return { ...objectAt(raw, 'settings'), [key]: value }
}

function objectAt(raw: JsonObject, name: string): JsonObject {
  const value = raw[name]
  return isJsonObject(value) ? value : {}
}

function sortKeys(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(sortKeys)
  if (!isJsonObject(value)) return value
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([key, inner]) => [key, sortKeys(inner)]))
}
