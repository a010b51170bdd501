/**
 * Small objects are asked for before they are wanted: one after the other, each would cost the time
 * of a request, however small it is.
 */

import type { ExternalObject } from '../../core/external-objects.ts'
import type { Content } from '../../worktree/file-writer.ts'
import { type ExternalReading, readExternal } from './read-external.ts'

/** Requests at once, and what each brings at most: together they bound the memory. */
const objectsAtOnce = 8
const smallBytesMax = 4 * 1024 * 1024

export class ReadAhead implements Disposable {
  readonly #reading: ExternalReading
  readonly #next: Iterator<ExternalObject>
  readonly #started = new Map<ExternalObject, Promise<Buffer>>()
  readonly #stop = new AbortController()

  /** @param objects In the order in which they will be asked for. */
  constructor(reading: ExternalReading, objects: readonly ExternalObject[]) {
    const { signal } = reading
    const own = this.#stop.signal
    const either = signal === undefined ? own : AbortSignal.any([signal, own])
    this.#reading = { ...reading, signal: either }
    const isSmall = ({ sizeBytes }: ExternalObject): boolean =>
      sizeBytes > 0 && sizeBytes <= smallBytesMax
    this.#next = new Set(objects.filter(isSmall)).values()
  }

  /** The bytes of an object, checked as by `readExternal`. */
  content(object: ExternalObject): Content {
    this.#startMore()
    const started = this.#started.get(object)
    if (started === undefined) return readExternal(this.#reading, object)
    this.#started.delete(object)
    return awaited(started)
  }

  /** Gives up what was asked for and not wanted after all. */
  [Symbol.dispose](): void {
    this.#stop.abort()
  }

  #startMore(): void {
    while (this.#started.size < objectsAtOnce) {
      const { value: object, done } = this.#next.next()
      if (done === true) return
      const bytes = wholeOf(this.#reading, object)
      // Told to whoever asks for it.
      bytes.catch(() => undefined)
      this.#started.set(object, bytes)
    }
  }
}

async function wholeOf(reading: ExternalReading, object: ExternalObject): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of readExternal(reading, object)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function* awaited(bytes: Promise<Buffer>): AsyncGenerator<Uint8Array, void, undefined> {
  yield await bytes
}
