/**
 * The servers the user is logged in to: one file, for this user's eyes only.
 *
 * It holds secrets, so it has mode 0600 from its first byte on, in a folder that is made with mode
 * 0700, and one that others can read is refused as ssh refuses such a key: whoever could read it
 * has the secrets by now. Two logins at once lose nothing: a change is made under a lock on what
 * the file holds then.
 */

import { dirname, join } from 'node:path'

import { WriterLock } from '../../catalog/writer-lock.ts'
import { durableWrite, makeDirectoryDurably } from '../../objects/durable-write.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'
import type { FileSystem } from '../../ports/file-system.ts'
import { temporariesOf } from '../durable-files.ts'
import type { Environment } from '../environment.ts'
import { configFolder } from './config-folder.ts'
import { decodeServers, encodeServers, noServers, type ServerList } from './servers-codec.ts'

const fileName = 'servers.json'
const lockTimeoutMs = 30_000

export class SavedServers {
  readonly #fs: FileSystem
  readonly #environment: Environment
  readonly #folder: string | undefined
  readonly #platform: NodeJS.Platform

  constructor(
    fs: FileSystem,
    environment: Environment,
    platform: NodeJS.Platform = process.platform,
  ) {
    this.#fs = fs
    this.#environment = environment
    this.#folder = configFolder(environment, platform)
    this.#platform = platform
  }

  /** Where they are saved; `undefined` where the user has no place for it. */
  get path(): string | undefined {
    return this.#folder && join(this.#folder, fileName)
  }

  /**
   * The servers; none before the first login.
   *
   * @throws {MlstoreError} `REFUSED` for a file that others can read; `CORRUPT`,
   * `FORMAT_UNSUPPORTED`.
   */
  read(): ServerList {
    const { path } = this
    return path === undefined ? noServers : this.#readFrom(path)
  }

  /**
   * Replaces the servers by what `edit` makes of them; durable when it returns.
   *
   * @throws {MlstoreError} As `read`; `INVALID_ARGUMENT` where there is no place to save;
   * `STORE_LOCKED`, `NO_SPACE`, `IO_ERROR`, `INTERRUPTED`.
   */
  async change(edit: (list: ServerList) => ServerList, signal?: AbortSignal): Promise<ServerList> {
    const folder = this.#makeFolder()
    const { clock, ids, user, host } = this.#environment
    const lock = new WriterLock(join(folder, 'servers.lock'), {
      clock,
      ids,
      owner: `${user}@${host}`,
    })
    using _held = await lock.acquire({ timeoutMs: lockTimeoutMs, signal })
    const path = this.#fileIn(folder)
    const next = edit(this.#readFrom(path))
    this.#write(path, next)
    return next
  }

  #readFrom(path: string): ServerList {
    const file = this.#target(path)
    const stat = this.#fs.lstat(file)
    if (stat === undefined) return noServers
    if (this.#platform !== 'win32' && (stat.mode & 0o077) !== 0) throw tooOpen(file, stat.mode)
    return decodeServers(this.#fs.readFile(file), file)
  }

  #write(path: string, list: ServerList): void {
    const fs = this.#fs
    const temporaries = temporariesOf(fs, this.#environment)
    temporaries.sweep(dirname(path))
    durableWrite({ fs, temporaries }, path, encodeServers(list), 0o600)
  }

  /** The real path of the folder, so that all spellings of it have one lock. */
  #makeFolder(): string {
    const folder = this.#folder
    if (folder === undefined) {
      throw invalidArgument(
        'There is no home folder to save a login in.',
        'Set MLSTORE_CONFIG_DIR to a folder that only you can read.',
      )
    }
    if (this.#fs.lstat(folder) === undefined) {
      makeDirectoryDurably(this.#fs, folder)
      this.#fs.chmod(folder, 0o700)
    }
    return this.#fs.realPath(folder)
  }

  #fileIn(folder: string): string {
    return this.#target(join(folder, fileName))
  }

  /** Where a link leads: some keep their settings elsewhere and link to them. */
  #target(path: string): string {
    return this.#fs.lstat(path)?.kind === 'link' ? this.#fs.realPath(path) : path
  }
}

function tooOpen(path: string, mode: number): MlstoreError {
  const shown = (mode & 0o777).toString(8).padStart(4, '0')
  return new MlstoreError('REFUSED', `${path} has mode ${shown}: others can read its secrets.`, {
    hint: `Run \`chmod 600 ${path}\`; if others have accounts here, make new tokens and keys, too.`,
  })
}
