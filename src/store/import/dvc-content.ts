/** Where the bytes of DVC's versions are: its cache, a working tree, its remote. */

import { isAbsolute, join } from 'node:path'

import { isMlstoreError } from '../../errors.ts'
import {
  type CheckedBytes,
  checked,
  contentKeys,
  type ContentName,
  openCached,
  openChecked,
} from '../../foreign/dvc/content.ts'
import type { DvcSettings } from '../../foreign/dvc/settings.ts'
import { isFile } from '../../foreign/files.ts'
import type { Remote } from '../../ports/remote.ts'
import type { ImportSession } from './session.ts'

/** Bytes of one request to a remote. */
const rangeBytes = 16 * 1024 * 1024

export class DvcContent implements AsyncDisposable {
  readonly #session: ImportSession
  readonly #settings: DvcSettings
  readonly #root: string
  #remote: Promise<Remote | undefined> | undefined

  /** @param root The working tree that paths are relative to. */
  constructor(session: ImportSession, settings: DvcSettings, root: string) {
    this.#session = session
    this.#settings = settings
    this.#root = root
  }

  /**
   * The bytes, which are checked while they are read; `undefined` if they are nowhere.
   *
   * @param path Where they may also be in the working tree.
   */
  async open(name: ContentName, path?: string): Promise<CheckedBytes | undefined> {
    const { cache, remote } = this.#settings
    const cached = openCached(cache, name)
    if (cached !== undefined) return cached
    const beside = remote !== undefined && isAbsolute(remote.url) ? remote.url : undefined
    const copied = beside === undefined ? undefined : openCached(beside, name)
    return copied ?? (await this.#working(name, path)) ?? (await this.#fetched(name))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const remote = await this.#remote
    await remote?.close()
  }

  /** A file of the working tree may be another one by now, so it is looked through first. */
  async #working(name: ContentName, path: string | undefined): Promise<CheckedBytes | undefined> {
    const file = path === undefined ? undefined : join(this.#root, path)
    if (file === undefined || !isFile(file)) return undefined
    try {
      const bytes = openChecked(file, name)
      if (bytes instanceof Uint8Array) return bytes
      await drain(bytes)
      return openChecked(file, name)
    } catch (error) {
      if (isMlstoreError(error, 'DIGEST_MISMATCH')) return undefined
      throw error
    }
  }

  async #fetched(name: ContentName): Promise<CheckedBytes | undefined> {
    this.#remote ??= this.#openRemote()
    const remote = await this.#remote
    if (remote === undefined) return undefined
    for (const key of contentKeys(name)) {
      const found = await remote.head(key)
      if (found === undefined) continue
      return checked(inRanges(remote, key, found.sizeBytes), `${remote.url}/${key}`, name)
    }
    return undefined
  }

  async #openRemote(): Promise<Remote | undefined> {
    const { remote } = this.#settings
    if (remote === undefined || isAbsolute(remote.url)) return undefined
    const { name, url, endpointUrl, region, profile } = remote
    const settings = { url, endpointUrl, region, profile }
    try {
      const configured = { name, settings, local: true, singleWriter: false }
      return (await this.#session.parts.openRemote(configured)).remote
    } catch (error) {
      if (!isMlstoreError(error, 'INVALID_ARGUMENT')) throw error
      this.#session.note(`DVC's remote ${name} cannot be read: ${error.message}`)
      return undefined
    }
  }
}

async function* inRanges(
  remote: Remote,
  key: string,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < sizeBytes; start += rangeBytes) {
    const range = { start, end: Math.min(start + rangeBytes, sizeBytes) }
    const bytes = await remote.get(key, { range })
    if (bytes !== undefined) yield bytes
  }
}

async function drain(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of bytes) void piece
}
