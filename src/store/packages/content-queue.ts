/**
 * Small content of many requests, stored together: what arrives while some is being written goes
 * with the next.
 *
 * Making content durable takes some milliseconds, however little it is. Clients send several files
 * at once, so those share one pack and its syncs, and each is still durable before it is answered.
 */

import { MlstoreError } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { StoreParts } from '../parts.ts'
import type { HeldContent } from './held.ts'

type Waiting = {
  readonly bytes: Uint8Array
  readonly resolve: (held: HeldContent) => void
  readonly reject: (error: unknown) => void
}

/** Contents that are written together at most. */
const joinedMax = 64

export class ContentQueue {
  readonly #parts: StoreParts
  #waiting: Waiting[] = []
  #isWriting = false

  /** @param parts Their codec is open. */
  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /** Durable, and part of the store, when it resolves. */
  add(bytes: Uint8Array): Promise<HeldContent> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    // What comes in the same turn of the event loop goes together.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeSome(this.#waiting.splice(0, joinedMax))
    this.#isWriting = false
  }

  async #writeSome(some: readonly Waiting[]): Promise<void> {
    try {
      const held = await storeContent(this.#parts, 'a file', async (writer) =>
        some.map(({ bytes }) => writer.addSmallFile(bytes)),
      )
      for (const [i, { resolve }] of some.entries()) {
        const added = held[i]
        if (added !== undefined) resolve({ digest: added.digest, sizeBytes: added.sizeBytes })
      }
    } catch (error) {
      for (const { reject } of some) reject(error)
    }
  }
}

/**
 * Stores what `add` adds; durable, and part of the store, when it resolves.
 *
 * @param path What to call it in an error.
 * @throws {MlstoreError} What `add` throws: then nothing has changed.
 */
export async function storeContent<Added>(
  parts: Pick<StoreParts, 'objects' | 'write'>,
  path: string,
  add: (writer: ObjectWriter) => Promise<Added>,
): Promise<Added> {
  const writer = parts.objects.startWrite()
  try {
    const added = await add(writer)
    await writer.seal()
    const { missing } = await parts.write(() => writer.publish())
    if (missing.length === 0) return added
    throw new MlstoreError('OBJECT_MISSING', `Bytes of ${path} were freed while it was stored.`, {
      hint: 'Send the file again.',
      details: { path },
    })
  } finally {
    await writer.abort()
  }
}
