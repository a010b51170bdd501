/**
 * Settings and remotes: `mlstore.json` (shared, under git) and `.mlstore/config.json` (this store's).
 *
 * Both are small JSON files without secrets. A remote of the store's own file hides one of the
 * same name in the shared file, as does a setting. Writing happens under the writer lock.
 */

import { dirname, join } from 'node:path'

import type { JsonObject, JsonValue } from '../core/canonical-json.ts'
import { expectObject, Fields } from '../core/json-shape.ts'
import { invalidArgument, MlstoreError, notFound } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { RemoteSettings } from '../ports/remote.ts'

export const sharedConfigName = 'mlstore.json'

export type ConfiguredRemote = {
  readonly name: string
  readonly settings: RemoteSettings
  /** Known to this store only. */
  readonly local: boolean
  readonly singleWriter: boolean
}

/** One of the two files, parsed. Unknown fields are kept for the newer version that wrote them. */
type ConfigFile = {
  readonly path: string
  readonly raw: JsonObject
  readonly remotes: ReadonlyMap<string, ConfiguredRemote>
  readonly defaultRemote: string | undefined
  readonly settings: ReadonlyMap<string, string>
}

/** Settings that mean something; `config set` refuses others. */
export const knownSettings: ReadonlyMap<string, string> = new Map([
  ['default-remote', 'the remote that push, fetch and pull use when none is named'],
  ['user.name', 'the name written into versions and events'],
  ['lock.timeout-ms', 'how long a command waits for another one that writes; 60000 by default'],
  ['transfer.concurrency', 'requests at once; 8 by default'],
])

export type ConfigWrite = (path: string, text: string) => void

export class StoreConfig {
  readonly #own: ConfigFile
  readonly #shared: ConfigFile

  constructor(own: ConfigFile, shared: ConfigFile) {
    this.#own = own
    this.#shared = shared
  }

  /** Remotes by name: the store's own before the shared ones. */
  remotes(): ConfiguredRemote[] {
    const all = new Map([...this.#shared.remotes, ...this.#own.remotes])
    return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** @throws {MlstoreError} `NOT_FOUND`, listing the remotes there are. */
  remote(name: string): ConfiguredRemote {
    const found = this.#own.remotes.get(name) ?? this.#shared.remotes.get(name)
    if (found !== undefined) return found
    const names = this.remotes().map((remote) => remote.name)
    throw notFound(
      `No remote named ${JSON.stringify(name)}.`,
      names.length > 0
        ? `Remotes: ${names.join(', ')}.`
        : 'Add one with `mlstore remote add NAME URL`.',
    )
  }

  /** The default remote: the one set, else `origin`, else the only one. */
  defaultRemote(): ConfiguredRemote | undefined {
    const named = this.#own.defaultRemote ?? this.#shared.defaultRemote
    const remotes = this.remotes()
    if (named !== undefined) return remotes.find((remote) => remote.name === named)
    return (
      remotes.find((remote) => remote.name === 'origin') ??
      (remotes.length === 1 ? remotes[0] : undefined)
    )
  }

  setting(key: string): string | undefined {
    if (key === 'default-remote') return this.#own.defaultRemote ?? this.#shared.defaultRemote
    return this.#own.settings.get(key) ?? this.#shared.settings.get(key)
  }

  settings(): Record<string, string> {
    const entries = [...knownSettings.keys()].map((key) => [key, this.setting(key)] as const)
    return Object.fromEntries(
      entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined),
    )
  }

  /** The text of the file that changes when the remote is added, replaced or (undefined) removed. */
  withRemote(name: string, remote: ConfiguredRemote | undefined): { path: string; text: string } {
    const inOwn = remote?.local ?? this.#own.remotes.has(name)
    const file = inOwn ? this.#own : this.#shared
    const remotes = new Map(file.remotes)
    if (remote === undefined) remotes.delete(name)
    else remotes.set(name, remote)
    return { path: file.path, text: render(file, { remotes }) }
  }

  /** The text of the file that changes when the setting is set. */
  withSetting(key: string, value: string): { path: string; text: string } {
    if (!knownSettings.has(key)) throw unknownSetting(key)
    if (key === 'default-remote') {
      const remote = this.remote(value)
      const file = remote.local ? this.#own : this.#shared
      return { path: file.path, text: render(file, { defaultRemote: value }) }
    }
    const settings = new Map([...this.#own.settings, [key, value]])
    return { path: this.#own.path, text: render(this.#own, { settings }) }
  }
}

export function unknownSetting(key: string): MlstoreError {
  const list = [...knownSettings].map(([name, meaning]) => `${name} (${meaning})`).join('; ')
  return invalidArgument(`No setting named ${JSON.stringify(key)}.`, `Settings: ${list}.`)
}

/** The folder at or above `from` whose `mlstore.json` names remotes; `undefined` without one. */
export function findSharedRemotes(fs: FileSystem, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, sharedConfigName)
    if (fs.lstat(path) !== undefined) {
      return loadFile(fs, path, false).remotes.size > 0 ? folder : undefined
    }
    if (dirname(folder) === folder) return undefined
  }
}

/** Reads both files; either may be absent. */
export function loadConfig(
  fs: FileSystem,
  paths: { readonly own: string; readonly repository: string },
): StoreConfig {
  const shared = join(paths.repository, sharedConfigName)
  return new StoreConfig(loadFile(fs, paths.own, true), loadFile(fs, shared, false))
}

function loadFile(fs: FileSystem, path: string, local: boolean): ConfigFile {
  const raw = fs.lstat(path) === undefined ? {} : parseFile(fs.readFile(path), path)
  const fields = new Fields(raw, path)
  const remotes = new Map<string, ConfiguredRemote>()
  for (const [name, value] of Object.entries(section(fields, 'remotes', path))) {
    remotes.set(name, decodeRemote(name, new Fields(value, `${path}: remotes.${name}`), local))
  }
  const settings = new Map<string, string>()
  for (const [key, value] of Object.entries(section(fields, 'settings', path))) {
    settings.set(key, String(value))
  }
  return { path, raw, remotes, settings, defaultRemote: fields.optionalString('defaultRemote') }
}

function parseFile(bytes: Buffer, path: string): JsonObject {
  try {
    const value: JsonValue = JSON.parse(bytes.toString('utf8'))
    return expectObject(value, path)
  } catch (cause) {
    if (cause instanceof MlstoreError) throw cause
    throw new MlstoreError('INVALID_ARGUMENT', `${path} is not JSON.`, {
      hint: 'Mend it by hand; a merge may have left conflict markers in it.',
      cause,
    })
  }
}

function section(fields: Fields, name: string, path: string): JsonObject {
  return fields.has(name) ? expectObject(fields.get(name), `${path}: ${name}`) : {}
}

function decodeRemote(name: string, fields: Fields, local: boolean): ConfiguredRemote {
  const flag = (field: string): boolean => fields.get(field) === true
  const optional = ['endpointUrl', 'region', 'profile', 'caBundle', 'sse', 'sseKmsKeyId'] as const
  const texts = Object.fromEntries(
    optional.flatMap((field) => {
      const value = fields.optionalString(field)
      return value === undefined ? [] : [[field, value]]
    }),
  )
  const settings: RemoteSettings = {
    url: fields.string('url'),
    ...texts,
    ...(flag('anonymous') ? { anonymous: true } : {}),
    ...(fields.has('pathStyle') ? { pathStyle: flag('pathStyle') } : {}),
  }
  return { name, settings, local, singleWriter: flag('singleWriter') }
}

function encodeRemote(remote: ConfiguredRemote): JsonObject {
  const given = Object.entries(remote.settings).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(given), ...(remote.singleWriter ? { singleWriter: true } : {}) }
}

type Change = {
  readonly remotes?: ReadonlyMap<string, ConfiguredRemote>
  readonly settings?: ReadonlyMap<string, string>
  readonly defaultRemote?: string
}

/** The file with the change, everything else as it was; keys sorted so that git merges lines. */
function render(file: ConfigFile, change: Change): string {
  const remotes = change.remotes ?? file.remotes
  const settings = change.settings ?? file.settings
  const wanted = change.defaultRemote ?? file.defaultRemote
  const defaultRemote = wanted !== undefined && remotes.has(wanted) ? wanted : undefined
  const { defaultRemote: _dropped, ...rest } = file.raw
  const next: JsonObject = {
    ...rest,
    ...(defaultRemote === undefined ? {} : { defaultRemote }),
    remotes: Object.fromEntries([...remotes].map(([name, value]) => [name, encodeRemote(value)])),
    ...(settings.size > 0 ? { settings: Object.fromEntries(settings) } : {}),
  }
  return `${JSON.stringify(sortKeys(next), undefined, 2)}\n`
}

function sortKeys(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (isArray(value)) return value.map(sortKeys)
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([key, inner]) => [key, sortKeys(inner)]))
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
