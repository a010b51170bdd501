/**
 * Sends packs, remembers which ones are under way, and takes up where an interrupted push stopped.
 *
 * Before a pack's first byte leaves, its index is written durably into the folder of the push: a
 * later push finds there what may have arrived, asks the remote, and counts on what is whole. An
 * id whose pack did not arrive is given up, never used again (rule P3): should its bytes land
 * late, they are an orphan for the remote's gc.
 */

import { join } from 'node:path'

import { type PackFooter, readPackIndex } from '../../core/pack/footer-reader.ts'
import { packIndexKey, packKey } from '../../core/remote-layout.ts'
import { isMlstoreError } from '../../errors.ts'

import type { Remote } from '../../ports/remote.ts'
import type { StoreParts } from '../parts.ts'
import { type PackRows, rowsOfFooter } from './pack-rows.ts'
import type { BuiltPack, PackPurpose } from './remote-pack.ts'

export type SentPack = {
  readonly id: string
  readonly purpose: PackPurpose
  readonly sizeBytes: number
}

const purposes: readonly PackPurpose[] = ['data', 'tree']

export class PackSender {
  readonly #parts: StoreParts
  readonly #remote: Remote
  readonly #folder: string
  readonly #signal: AbortSignal | undefined
  readonly #sent = new Map<string, SentPack>()

  /** @param repoId Of the remote; each remote has its own folder of pushes. */
  constructor(parts: StoreParts, remote: Remote, repoId: string, signal: AbortSignal | undefined) {
    this.#parts = parts
    this.#remote = remote
    this.#folder = join(parts.layout.pushes, repoId)
    this.#signal = signal
  }

  /** Packs that are whole on the remote and that no log entry names yet. */
  get sent(): readonly SentPack[] {
    return [...this.#sent.values()]
  }

  async send(pack: BuiltPack): Promise<void> {
    const { fs } = this.#parts
    fs.makeDirectory(this.#folder)
    this.#parts.durableWrite(this.#noteOf(pack.id, pack.purpose), pack.index)
    await this.#remote.put(packKey(pack.id), pack.bytes, { signal: this.#signal })
    await this.#remote.put(packIndexKey(pack.id), pack.index, { signal: this.#signal })
    this.#sent.set(pack.id, {
      id: pack.id,
      purpose: pack.purpose,
      sizeBytes: pack.bytes.length,
    })
  }

  /**
   * Finds the packs of an interrupted push that arrived whole.
   *
   * @param isSettled Was the pack committed or swept meanwhile? Then its note is only removed.
   */
  async resume(isSettled: (packId: string) => boolean): Promise<ResumedPack[]> {
    const resumed: ResumedPack[] = []
    for (const note of this.#notes()) {
      const pack = isSettled(note.id) ? undefined : await this.#resumeOne(note)
      if (pack === undefined) this.#parts.fs.unlink(note.path)
      else resumed.push(pack)
    }
    return resumed
  }

  /** Forgets the packs: a log entry names them now. */
  settle(): void {
    for (const note of this.#notes()) this.#parts.fs.unlink(note.path)
    this.#sent.clear()
  }

  async #resumeOne(note: Note): Promise<ResumedPack | undefined> {
    const index = this.#parts.fs.readFile(note.path)
    const footer = readNote(index, note.id)
    if (footer === undefined) return undefined
    const sizeBytes = footer.trailer.endOfFrames + index.length
    const arrived = await this.#remote.head(packKey(note.id), { signal: this.#signal })
    if (arrived?.sizeBytes !== sizeBytes) return undefined
    await this.#remote.put(packIndexKey(note.id), index, { signal: this.#signal })
    this.#sent.set(note.id, { id: note.id, purpose: note.purpose, sizeBytes })
    return { id: note.id, ...rowsOfFooter(footer) }
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

  #noteOf(packId: string, purpose: PackPurpose): string {
    return join(this.#folder, `${packId}.${purpose}`)
  }
}

type Note = { readonly id: string; readonly purpose: PackPurpose; readonly path: string }

export type ResumedPack = PackRows & { readonly id: string }

/** A note is a cache of what was sent: a damaged one only costs sending again. */
function readNote(index: Buffer, packId: string): PackFooter | undefined {
  try {
    return readPackIndex(index, packId)
  } catch (error) {
    if (isMlstoreError(error, 'CORRUPT')) return undefined
    throw error
  }
}
