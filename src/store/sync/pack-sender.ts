/**
 * Sends packs, remembers which ones are under way, and takes up where an interrupted push stopped.
 *
 * Before a pack's first byte leaves, its index is written durably into the folder of the push: a
 * later push finds there what may have arrived, asks the remote, and counts on what is whole. An
 * id whose pack did not arrive is given up, never used again (rule P3): should its bytes land
 * late, they are an orphan for the remote's gc.
 */

import { join } from 'node:path'

import { type Digest, digestOf } from '../../core/digest.ts'
import { type PackFooter, readPackIndex } from '../../core/pack/footer-reader.ts'
import type { RemotePack } from '../../core/log/entry.ts'
import { packIndexKey, packKey } from '../../core/remote-layout.ts'
import { isMlstoreError } from '../../errors.ts'
import { makeDirectoryDurably } from '../../objects/durable-write.ts'
import type { Remote } from '../../ports/remote.ts'
import type { StoreParts } from '../parts.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import type { BuiltPack, PackPurpose } from './remote-pack.ts'

export type PackSenderRequest = {
  readonly remote: Remote
  /** Each repository has its own folder of notes. */
  readonly repoId: string
  readonly concurrency: number
  readonly signal?: AbortSignal | undefined
}

const purposes: readonly PackPurpose[] = ['data', 'tree']

export class PackSender {
  readonly #parts: StoreParts
  readonly #request: PackSenderRequest
  readonly #folder: string
  readonly #arrived = new Map<string, RemotePack>()

  constructor(parts: StoreParts, request: PackSenderRequest) {
    this.#parts = parts
    this.#request = request
    this.#folder = join(parts.layout.pushes, request.repoId)
  }

  /** Packs that are whole on the remote, in the order in which they got there. */
  get arrived(): readonly RemotePack[] {
    return [...this.#arrived.values()]
  }

  /** Pack, then index (rule P1). */
  async send({ id, purpose, bytes, index }: BuiltPack): Promise<void> {
    const { remote, signal } = this.#request
    makeDirectoryDurably(this.#parts.fs, this.#folder)
    this.#parts.durableWrite(join(this.#folder, `${id}.${purpose}`), index)
    await remote.put(packKey(id), bytes, { signal, digest: () => this.#digestOf(bytes) })
    await remote.put(packIndexKey(id), index, { signal })
    this.#arrived.set(id, { id, kind: purpose, sizeBytes: bytes.length })
  }

  /**
   * Finds the packs of interrupted pushes that arrived whole, and tells what they hold.
   *
   * @param isSettled Was the pack committed or swept meanwhile? Then its note is only removed.
   */
  async resume(
    isSettled: (packId: string) => boolean,
    onPack: (footer: PackFooter) => void,
  ): Promise<void> {
    const open = this.#notes().filter((note) => {
      if (isSettled(note.id)) this.#parts.fs.unlink(note.path)
      return !isSettled(note.id)
    })
    const resumed = mapOrdered(open, this.#request.concurrency, (note) => this.#resumeOne(note))
    for await (const footer of resumed) if (footer !== undefined) onPack(footer)
  }

  /** Removes the notes of packs that no later push will ask for. */
  forget(isDone: (packId: string) => boolean): void {
    for (const note of this.#notes()) if (isDone(note.id)) this.#parts.fs.unlink(note.path)
  }

  /** By a thread if it is much: the calling one has enough to do with sending. */
  async #digestOf(bytes: Uint8Array): Promise<Digest> {
    const [digest] = await this.#parts.objects.compute.for(bytes.length).digests([bytes])
    return digest ?? digestOf(bytes)
  }

  async #resumeOne(note: Note): Promise<PackFooter | undefined> {
    const { remote, signal } = this.#request
    const index = this.#parts.fs.readFile(note.path)
    const footer = readNote(index, note.id)
    const sizeBytes = (footer?.trailer.endOfFrames ?? 0) + index.length
    const found = footer && (await remote.head(packKey(note.id), { signal }))
    if (found?.sizeBytes !== sizeBytes) {
      this.#parts.fs.unlink(note.path)
      return undefined
    }
    await remote.put(packIndexKey(note.id), index, { signal })
    this.#arrived.set(note.id, { id: note.id, kind: note.purpose, sizeBytes })
    return footer
  }

  #notes(): Note[] {
    const { fs } = this.#parts
    if (fs.lstat(this.#folder) === undefined) return []
    return fs.readDirectory(this.#folder).flatMap(({ name }) => {
      const [id = '', suffix] = name.split('.')
      const purpose = purposes.find((candidate) => candidate === suffix)
      return purpose === undefined ? [] : [{ id, purpose, path: join(this.#folder, name) }]
    })
  }
}

type Note = { readonly id: string; readonly purpose: PackPurpose; readonly path: string }

/** A note is a cache of what was sent: a damaged one only costs sending again. */
function readNote(index: Buffer, packId: string): PackFooter | undefined {
  try {
    return readPackIndex(index, packId)
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}
