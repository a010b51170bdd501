/** A folder of the user as a place of objects: files below it, links never followed. */

import { constants, type Dirent } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { throwIfAborted } from '../errors.ts'
import type { ExternalEntry, ExternalFolder, ExternalRead } from '../ports/external-folder.ts'
import type { RequestOptions } from '../ports/remote.ts'
import { directoryError, isAbsence, notOurs, systemCode } from './directory-errors.ts'
import { checkRange, checkRangeInside } from './keys.ts'

export class ExternalDirectory implements ExternalFolder {
  readonly uri: string
  readonly requests = 0
  readonly #root: string

  /** @param root Absolute; it may be a link itself. */
  constructor(root: string, uri: string) {
    this.#root = root
    this.uri = uri
  }

  async *list(options: RequestOptions = {}): AsyncGenerator<ExternalEntry> {
    yield* this.#walk('', options)
  }

  async read(path: string, options: ExternalRead): Promise<Uint8Array | undefined> {
    checkRange(options.range)
    throwIfAborted(options.signal)
    const absolute = join(this.#root, path)
    try {
      return await readRange(absolute, options)
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw directoryError(error, absolute)
    }
  }

  async close(): Promise<void> {
    await Promise.resolve()
  }

  async *#walk(folder: string, options: RequestOptions): AsyncGenerator<ExternalEntry> {
    for (const entry of await this.#children(folder)) {
      throwIfAborted(options.signal)
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      const absolute = join(this.#root, path)
      if (entry.isDirectory()) yield* this.#walk(path, options)
      else if (entry.isFile()) yield { path, sizeBytes: await sizeOf(absolute), etag: undefined }
      else throw notOurs(absolute, entry.isSymbolicLink() ? 'a symbolic link' : 'not a file')
    }
  }

  /** None where there is no folder. */
  async #children(folder: string): Promise<Dirent[]> {
    const path = join(this.#root, folder)
    try {
      return await readdir(path, { withFileTypes: true })
    } catch (error) {
      if (folder === '' && isAbsence(error)) return []
      throw directoryError(error, path)
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch (error) {
    throw directoryError(error, path)
  }
}

async function readRange(path: string, { range, signal }: ExternalRead): Promise<Buffer> {
  const { start, end } = range
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: unknown) => {
    throw systemCode(error) === 'ELOOP' ? notOurs(path, 'a symbolic link') : error
  })
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw notOurs(path, 'not a file')
    checkRangeInside(path, range, stat.size)
    const bytes = Buffer.allocUnsafeSlow(end - start)
    for (let filled = 0; filled < bytes.length;) {
      throwIfAborted(signal)
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
      if (bytesRead === 0) checkRangeInside(path, range, start + filled)
      filled += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}
