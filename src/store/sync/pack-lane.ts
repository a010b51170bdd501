/**
 * A lane of packs: one is filled while those before it are on their way.
 *
 * Adding is synchronous. Whoever adds in a loop calls `settle` whenever `isBusy`, which is what
 * bounds memory: at most so many packs are on their way, and one is being filled.
 */

import type { PackFile, PackKind } from '../../core/pack/format.ts'
import type { Digest } from '../../core/digest.ts'
import type { LocatorEntry } from '../../core/pack/locator.ts'
import type { Codec } from '../../ports/codec.ts'
import type { IdSource } from '../../ports/clock.ts'
import type { KnownObjects } from './known-objects.ts'
import type { PackSender } from './pack-sender.ts'
import { PackMemory } from './pack-memory.ts'
import { type PackPurpose, RemotePackBuilder, type StoredFrame } from './remote-pack.ts'

export type PackLaneParts = {
  readonly ids: IdSource
  readonly codec: Codec
  readonly sender: PackSender
  /** Learns of every object as soon as it has a place. */
  readonly known: KnownObjects
  /** Packs that are sent at once. */
  readonly packsAtOnce: number
  readonly packBytesMax: number
}

export class PackLane {
  readonly #parts: PackLaneParts
  readonly #purpose: PackPurpose
  readonly #memory: PackMemory
  readonly #sending = new Set<Promise<void>>()
  #pack: RemotePackBuilder | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(parts: PackLaneParts, purpose: PackPurpose) {
    this.#parts = parts
    this.#purpose = purpose
    this.#memory = new PackMemory(parts.packBytesMax)
  }

  /** Whether the next thing to do is to wait. */
  get isBusy(): boolean {
    return this.#failure !== undefined || this.#sending.size >= this.#parts.packsAtOnce
  }

  addBlob(frame: StoredFrame): void {
    this.#parts.known.put(this.#packFor(frame.stored.length).addBlob(frame))
  }

  addNode(
    node: { readonly kind: PackKind; readonly digest: Digest; readonly bytes: Uint8Array },
    children: readonly (LocatorEntry | undefined)[],
  ): void {
    const { known, codec } = this.#parts
    known.put(this.#packFor(node.bytes.length).addNode(node, children, codec))
  }

  addFile(file: PackFile): void {
    this.#packFor(0).addFile(file)
  }

  /** Waits until fewer packs are on their way. Throws what went wrong with any of them. */
  async settle(): Promise<void> {
    while (this.#failure === undefined && this.isBusy) await Promise.race(this.#sending)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Sends the last pack and waits until everything has arrived. */
  async end(): Promise<void> {
    this.#close()
    await Promise.all(this.#sending)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** After a failure: waits for what is on its way, so that no request outlives the push. */
  async abort(): Promise<void> {
    this.#pack = undefined
    await Promise.all(this.#sending)
  }

  #packFor(moreBytes: number): RemotePackBuilder {
    const pack = this.#pack
    const isFull =
      pack !== undefined && !pack.isEmpty && pack.storedBytes + moreBytes > this.#parts.packBytesMax
    if (isFull) this.#close()
    this.#pack ??= this.#start()
    return this.#pack
  }

  #start(): RemotePackBuilder {
    const pack = new RemotePackBuilder(this.#parts.ids.id(), this.#purpose, this.#memory)
    this.#parts.known.addPending(pack.id)
    return pack
  }

  #close(): void {
    const pack = this.#pack
    this.#pack = undefined
    if (pack === undefined || pack.isEmpty) return
    const sending = this.#send(pack)
    this.#sending.add(sending)
    void sending.then(() => this.#sending.delete(sending))
  }

  /** Never rejects: the failure is thrown where the lane is next waited for. */
  async #send(pack: RemotePackBuilder): Promise<void> {
    try {
      await this.#parts.sender.send(pack.finish())
      pack.release()
    } catch (error) {
      this.#failure ??= { error }
    }
  }
}
