/**
 * Reads small files of a package some ahead of when they are written: each alone would cost the
 * way to the server and back.
 */

import assert from 'node:assert/strict'

import type { PackageFile } from '../../core/packages/package.ts'
import type { OpenedPackage, PackageBytes } from '../../ports/package-repository.ts'

/** Files that are asked for at once; with those that wait, what is in memory. */
const aheadMax = 8

/** Larger ones are streamed when it is their turn. */
const smallBytesMax = 1024 * 1024

type Reading = { readonly file: PackageFile; readonly bytes: Promise<Uint8Array> }

export class ReadAhead implements AsyncDisposable {
  readonly #opened: OpenedPackage
  readonly #files: readonly PackageFile[]
  readonly #readings: Reading[] = []
  #next = 0

  /** @param files In the order in which `read` will be asked for them. */
  constructor(opened: OpenedPackage, files: readonly PackageFile[]) {
    this.#opened = opened
    this.#files = files
  }

  read(file: PackageFile): PackageBytes {
    const content = this.#opened.read(file)
    if (content instanceof Uint8Array || file.sizeBytes > smallBytesMax) return content
    return this.#small(file)
  }

  /** Nothing goes on afterwards. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#readings.map(({ bytes }) => bytes))
  }

  async *#small(file: PackageFile): AsyncGenerator<Uint8Array> {
    this.#start()
    const reading = this.#readings.shift()
    assert.equal(reading?.file, file, 'files are written in the order they were planned')
    yield await reading.bytes
  }

  #start(): void {
    while (this.#readings.length < aheadMax && this.#next < this.#files.length) {
      const file = this.#files[this.#next++]
      if (file === undefined || file.sizeBytes > smallBytesMax) continue
      const bytes = collect(this.#opened.read(file))
      // It may fail long before it is awaited.
      bytes.catch(() => undefined)
      this.#readings.push({ file, bytes })
    }
  }
}

/** All of a content, which is small. */
export async function collect(content: PackageBytes): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}
