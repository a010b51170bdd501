/**
 * A remote that is a folder: on a disk, a stick or a network drive.
 *
 * A key is the path of a file below the folder. Writes go to a fsynced temp in `.tmp/` of the
 * same folder first. `put` renames it onto its key; `create` publishes it by `link()`, which
 * fails if the name is taken and so is the create-if-absent that a shared log needs. After
 * either the folder is fsynced: what is answered survives a power cut.
 *
 * `link()` over NFS may fail with EEXIST for a link it made itself, when the first answer was
 * lost. The temp tells the truth: nobody else ever links it, so two links mean that it was this
 * call that won. Comparing contents instead would call a second create of equal bytes a win.
 *
 * Symbolic links below the folder are never followed, so a folder from a stranger cannot lead
 * reads or writes out of itself. The folder itself may be one.
 */

import { constants, type Dirent } from 'node:fs'
import { link, lstat, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

import { isMlstoreError, throwIfAborted } from '../errors.ts'
import type {
  CreateOutcome,
  GetOptions,
  ListOptions,
  Remote,
  RemoteObject,
  RequestOptions,
} from '../ports/remote.ts'
import { directoryError, isAbsence, notOurs, systemCode } from './directory-errors.ts'
import { DirectoryFolders, syncFolder, type SyncFolder } from './directory-folders.ts'
import { sweepTemps, tempName } from './directory-temps.ts'
import { unsupported } from './failures.ts'
import { checkKey, checkRange, checkRangeInside, isKeySegment } from './keys.ts'

const tempFolder = '.tmp'

/** What `link()` says where hard links cannot be had. */
const noHardLinks: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
])

/** The calls that a test may replace to act a file system that this machine does not have. */
export type DirectoryCalls = {
  readonly link: (existing: string, path: string) => Promise<void>
  readonly syncFolder: SyncFolder
}

export class DirectoryRemote implements Remote {
  readonly url: string
  readonly #root: string
  readonly #folders: DirectoryFolders
  readonly #calls: DirectoryCalls
  #swept = false

  /** @param root Absolute path; made by the first write, and empty until then. */
  constructor(root: string, url: string = root, calls: Partial<DirectoryCalls> = {}) {
    this.url = url
    this.#root = resolve(root)
    this.#calls = { link, syncFolder, ...calls }
    this.#folders = new DirectoryFolders(this.#root, this.#calls.syncFolder)
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkKey(key)
    checkRange(options.range)
    return this.#run(key, options, async (path) => {
      if (!(await this.#folders.exists(dirname(path)))) return undefined
      return readObject(path, options)
    })
  }

  async head(key: string, options: RequestOptions = {}): Promise<RemoteObject | undefined> {
    checkKey(key)
    return this.#run(key, options, async (path) => {
      if (!(await this.#folders.exists(dirname(path)))) return undefined
      const stat = await lstat(path).catch(undefinedIfAbsent)
      if (stat === undefined || stat.isDirectory()) return undefined
      if (!stat.isFile()) throw notOurs(path, 'not a file')
      return { key, sizeBytes: stat.size, modifiedAt: stat.mtime }
    })
  }

  async put(key: string, bytes: Uint8Array, options: RequestOptions = {}): Promise<void> {
    checkKey(key)
    await this.#run(key, options, async (path) => {
      const temp = await this.#writeTemp(bytes, options)
      try {
        await this.#folders.make(dirname(path))
        await rename(temp, path)
      } catch (error) {
        await discard(temp)
        throw error
      }
      await this.#calls.syncFolder(dirname(path))
    })
  }

  async create(
    key: string,
    bytes: Uint8Array,
    options: RequestOptions = {},
  ): Promise<CreateOutcome> {
    checkKey(key)
    return this.#run(key, options, async (path) => {
      const temp = await this.#writeTemp(bytes, options)
      try {
        await this.#folders.make(dirname(path))
        return await this.#publish(temp, path)
      } finally {
        await discard(temp)
      }
    })
  }

  async delete(key: string, options: RequestOptions = {}): Promise<void> {
    checkKey(key)
    await this.#run(key, options, async (path) => {
      if (!(await this.#folders.exists(dirname(path)))) return
      try {
        await unlink(path)
      } catch (error) {
        if (isAbsence(error)) return
        throw error
      }
      await this.#calls.syncFolder(dirname(path))
    })
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<RemoteObject> {
    throwIfAborted(options.signal)
    const top = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    if (!top.split('/').slice(0, -1).every(isKeySegment)) return
    for await (const object of this.#walk(top, { ...options, prefix })) yield object
  }

  async close(): Promise<void> {
    await Promise.resolve()
  }

  /** Objects below the folder `top` (`` or ending in a slash), in the order of their keys. */
  async *#walk(
    top: string,
    options: ListOptions & { readonly prefix: string },
  ): AsyncGenerator<RemoteObject> {
    const { prefix, after = '', signal } = options
    for (const { key, isFolder } of await this.#children(top)) {
      throwIfAborted(signal)
      if (!key.startsWith(prefix)) continue
      if (isFolder && !isBefore(key, after)) yield* this.#walk(key, options)
      if (isFolder || key <= after) continue
      const object = await this.head(key, { signal })
      if (object !== undefined) yield object
    }
  }

  /** What stands in a folder, in key order: a folder sorts by its name and the slash after it. */
  async #children(top: string): Promise<{ readonly key: string; readonly isFolder: boolean }[]> {
    const path = join(this.#root, top)
    const entries = await this.#run(top, {}, async () => {
      if (!(await this.#folders.exists(path))) return []
      return (await readdir(path, { withFileTypes: true }).catch(undefinedIfAbsent)) ?? []
    })
    return entries
      .filter((entry) => isKeySegment(entry.name))
      .map((entry) => ({
        key: `${top}${entry.name}${isFolderOf(entry, path) ? '/' : ''}`,
        isFolder: isFolderOf(entry, path),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** One operation on the file of a key; every error is translated here. */
  async #run<Result>(
    key: string,
    options: RequestOptions,
    operation: (path: string) => Promise<Result>,
  ): Promise<Result> {
    throwIfAborted(options.signal)
    const path = join(this.#root, key)
    try {
      return await operation(path)
    } catch (error) {
      throw directoryError(error, path)
    }
  }

  async #writeTemp(bytes: Uint8Array, options: RequestOptions): Promise<string> {
    const folder = join(this.#root, tempFolder)
    await this.#folders.make(folder)
    const name = tempName()
    const temp = join(folder, name)
    const file = await open(temp, 'wx', 0o644)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } catch (error) {
      await discard(temp)
      throw error
    } finally {
      await file.close()
    }
    try {
      await this.#sweepOnce(folder, name)
      throwIfAborted(options.signal)
    } catch (error) {
      await discard(temp)
      throw error
    }
    return temp
  }

  async #sweepOnce(folder: string, newest: string): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    await sweepTemps(folder, newest)
  }

  async #publish(temp: string, path: string): Promise<CreateOutcome> {
    const failure = await failureOf(this.#calls.link(temp, path))
    if (failure !== undefined && !(await isLinked(temp))) return outcomeOf(failure, path)
    // The name is there but not yet durable, and another may have seen it already.
    return (await failureOf(this.#calls.syncFolder(dirname(path)))) === undefined
      ? 'created'
      : 'unknown'
  }
}

async function failureOf(step: Promise<void>): Promise<unknown> {
  return step.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Whether the temp was published after all: its own name and the key are two links. */
async function isLinked(temp: string): Promise<boolean> {
  const stat = await lstat(temp).catch(undefinedIfAbsent)
  return stat?.nlink === 2
}

/** What a link that was not made means. */
function outcomeOf(failure: unknown, path: string): CreateOutcome {
  const code = systemCode(failure) ?? ''
  if (code === 'EEXIST') return 'exists'
  if (noHardLinks.has(code)) {
    throw unsupported(`The file system of ${path} has no hard links (${code}).`, {
      hint: 'Sharing needs them; use another drive, or a remote with one writer only.',
      cause: failure,
    })
  }
  const error = directoryError(failure, path)
  if (isMlstoreError(error, 'REMOTE_UNAVAILABLE')) return 'unknown'
  throw error
}

/** Reads a file, or a part, without following a link and without waiting for a named pipe. */
async function readObject(path: string, options: GetOptions): Promise<Buffer | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: unknown) => {
    if (systemCode(error) === 'ELOOP') throw notOurs(path, 'a symbolic link')
    return undefinedIfAbsent(error)
  })
  if (file === undefined) return undefined
  try {
    const stat = await file.stat()
    if (stat.isDirectory()) return undefined
    if (!stat.isFile()) throw notOurs(path, 'not a file')
    const { start, end } = options.range ?? { start: 0, end: stat.size }
    checkRangeInside(path, { start, end }, stat.size)
    const bytes = Buffer.allocUnsafeSlow(end - start)
    await fill(file, bytes, { path, start, signal: options.signal })
    return bytes
  } finally {
    await file.close()
  }
}

type Fill = {
  readonly path: string
  readonly start: number
  readonly signal?: AbortSignal | undefined
}
type Reader = {
  read(into: Buffer, offset: number, length: number, at: number): Promise<{ bytesRead: number }>
}

async function fill(file: Reader, into: Buffer, { path, start, signal }: Fill): Promise<void> {
  let filled = 0
  while (filled < into.length) {
    throwIfAborted(signal)
    const { bytesRead } = await file.read(into, filled, into.length - filled, start + filled)
    if (bytesRead === 0) checkRangeInside(path, { start, end: start + into.length }, start + filled)
    filled += bytesRead
  }
}

function isFolderOf(entry: Dirent, folder: string): boolean {
  if (entry.isDirectory()) return true
  if (entry.isFile()) return false
  throw notOurs(join(folder, entry.name), entry.isSymbolicLink() ? 'a symbolic link' : 'not a file')
}

/** Whether all that a folder's key starts sorts before `after`, or is `after` itself. */
function isBefore(folderKey: string, after: string): boolean {
  return folderKey < after && !after.startsWith(folderKey)
}

/** A temp that cannot be removed is swept by a later run. */
async function discard(temp: string): Promise<void> {
  await unlink(temp).catch(() => undefined)
}

function undefinedIfAbsent(error: unknown): undefined {
  if (isAbsence(error)) return undefined
  throw error
}
