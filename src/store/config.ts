/**
 * Settings and remotes: `mlstore.json` (shared, under git) and `.mlstore/config.json` (this store's).
 *
 * Neither holds secrets. A remote of the store's own file hides one of the same name in the shared
 * file, as does a setting. Writing happens under the writer lock.
 */

import { dirname, join } from 'node:path'

import { invalidArgument, type MlstoreError, notFound } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import {
  type ConfigFile,
  type ConfiguredRemote,
  loadConfigFile,
  renderConfigFile,
} from './config-file.ts'

export type { ConfiguredRemote } from './config-file.ts'

export const sharedConfigName = 'mlstore.json'

/** A file of settings and the text it shall have. */
export type ConfigEdit = { readonly path: string; readonly text: string }

/** Settings that mean something; `config set` refuses others. */
const knownSettings: ReadonlyMap<string, string> = new Map([
  ['default-remote', 'the remote that push, fetch and pull use when none is named'],
  ['user.name', 'the name written into versions and events'],
  ['lock.timeout-ms', 'how long a command waits for another one that writes; 60000 by default'],
  ['transfer.concurrency', 'requests at once; 8 by default'],
  ['transfer.pack-bytes', 'how large the packs are that a push sends; 33554432 by default'],
  ['tracking.use-s3-backend', 'whether attributes of model versions travel; true by default'],
  ['tracking.s3-backend-bucket', 'the bucket, or the remote, that model versions are pushed to'],
  ['tracking.s3-backend-prefix', 'where in that bucket, without slashes at its ends'],
  ['tracking.logger-name', 'what lines of model versions call themselves'],
  ['tracking.logger-fmt', 'how those lines look, as Python writes it: %(levelname)s - %(message)s'],
  ['tracking.logger-level', 'the least that is told: 10, 20, 30 or 40; 20 by default'],
])

const numericSettings: ReadonlySet<string> = new Set([
  'lock.timeout-ms',
  'transfer.concurrency',
  'transfer.pack-bytes',
])

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
    const origin = remotes.find((remote) => remote.name === 'origin')
    return origin ?? (remotes.length === 1 ? remotes[0] : undefined)
  }

  /** @throws {MlstoreError} `INVALID_ARGUMENT` for a setting there is none of. */
  setting(key: string): string | undefined {
    checkKnown(key)
    if (key === 'default-remote') return this.#own.defaultRemote ?? this.#shared.defaultRemote
    return this.#own.settings.get(key) ?? this.#shared.settings.get(key)
  }

  /** A setting that is a number; someone may have written anything into the file by hand. */
  wholeNumber(key: string): number | undefined {
    const value = this.setting(key)
    if (value === undefined) return undefined
    checkValue(key, value)
    return Number(value)
  }

  /** Those that are set. */
  settings(): Record<string, string> {
    const set = [...knownSettings.keys()].flatMap((key) => {
      const value = this.setting(key)
      return value === undefined ? [] : [[key, value] as const]
    })
    return Object.fromEntries(set)
  }

  /** What changes when the remote is added, replaced or (undefined) removed. */
  withRemote(name: string, remote: ConfiguredRemote | undefined): ConfigEdit {
    const inOwn = remote?.local ?? this.#own.remotes.has(name)
    const file = inOwn ? this.#own : this.#shared
    return { path: file.path, text: renderConfigFile(file, { remote: [name, remote] }) }
  }

  /** The same for one more remote of this store, with the default remote as it is now. */
  withRemoteBesideDefault(remote: ConfiguredRemote): ConfigEdit {
    const isSaid = this.setting('default-remote') !== undefined
    const unsaid = isSaid ? undefined : this.defaultRemote()?.name
    const text = renderConfigFile(this.#own, {
      remote: [remote.name, remote],
      // One more could be the default instead, or leave none.
      ...(unsaid === undefined || unsaid === 'origin' ? {} : { defaultRemote: unsaid }),
    })
    return { path: this.#own.path, text }
  }

  /**
   * What changes when the setting is set.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT`; `NOT_FOUND` for a default remote there is none of.
   */
  withSetting(key: string, value: string): ConfigEdit {
    checkKnown(key)
    checkValue(key, value)
    if (key !== 'default-remote') {
      return { path: this.#own.path, text: renderConfigFile(this.#own, { setting: [key, value] }) }
    }
    const file = this.remote(value).local ? this.#own : this.#shared
    return { path: file.path, text: renderConfigFile(file, { defaultRemote: value }) }
  }
}

/** Reads both files; either may be absent. */
export function loadConfig(
  fs: FileSystem,
  paths: { readonly own: string; readonly repository: string },
): StoreConfig {
  const shared = join(paths.repository, sharedConfigName)
  return new StoreConfig(loadConfigFile(fs, paths.own, true), loadConfigFile(fs, shared, false))
}

/** The folder at or above `from` whose `mlstore.json` names remotes; `undefined` without one. */
export function findSharedRemotes(fs: FileSystem, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, sharedConfigName)
    if (fs.lstat(path) !== undefined) {
      return loadConfigFile(fs, path, false).remotes.size > 0 ? folder : undefined
    }
    if (dirname(folder) === folder) return undefined
  }
}

function checkKnown(key: string): void {
  if (!knownSettings.has(key)) throw unknownSetting(key)
}

function checkValue(key: string, value: string): void {
  if (!numericSettings.has(key) || /^[1-9]\d{0,8}$/.test(value)) return
  throw invalidArgument(`${key} takes a whole number, not ${JSON.stringify(value)}.`)
}

function unknownSetting(key: string): MlstoreError {
  const list = [...knownSettings].map(([name, meaning]) => `${name} (${meaning})`).join('; ')
  return invalidArgument(`No setting named ${JSON.stringify(key)}.`, `Settings: ${list}.`)
}
