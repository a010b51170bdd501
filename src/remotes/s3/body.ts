/**
 * Reads an answer's body: whole, of the promised length, and never waiting for ever.
 *
 * The bytes go straight into one buffer of the promised length, or into the memory that was given,
 * so a pack is held once. A
 * connection that stays open and sends nothing is told from a slow one by a watchdog that each
 * arriving piece winds up again.
 */

import { Readable } from 'node:stream'

import { throwIfAborted } from '../../errors.ts'
import { unavailable } from '../failures.ts'

export type BodyOptions = {
  /** What is read, for messages. */
  readonly what: string
  /** From the headers; `undefined` for an answer sent in pieces. */
  readonly sizeBytes: number | undefined
  /** The longest wait for the next byte. */
  readonly stallMs: number
  /** Memory to read into, if it is long enough. Default: memory of its own. */
  readonly into?: Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
}

/** @throws {MlstoreError} `REMOTE_UNAVAILABLE` for a body that stalls, breaks off or is too long. */
export async function readBody(body: unknown, options: BodyOptions): Promise<Uint8Array> {
  const { what, sizeBytes, into, signal } = options
  if (!(body instanceof Readable)) throw unavailable(`${what}: the answer has no body.`)
  const sink = sizeBytes === undefined ? new GrowingSink() : new SizedSink(sizeBytes, into)
  let hasStalled = false
  const onStall = (): void => {
    hasStalled = true
    body.destroy()
  }
  try {
    await drain(body, sink, { ...options, onStall })
  } catch (cause) {
    throwIfAborted(signal)
    if (hasStalled) throw unavailable(`${what}: no byte came for ${options.stallMs} ms.`, { cause })
    throw unavailable(`${what}: the connection broke off in the middle.`, { cause })
  }
  if (sizeBytes === undefined || sink.sizeBytes === sizeBytes) return sink.bytes()
  throw unavailable(`${what}: ${sink.sizeBytes} bytes came instead of ${sizeBytes}.`)
}

/** Lets go of a body that nobody wants to read, and of its connection. */
export function discardBody(body: unknown): void {
  if (body instanceof Readable) body.destroy()
}

type DrainOptions = BodyOptions & { readonly onStall: () => void }

async function drain(body: Readable, sink: Sink, options: DrainOptions): Promise<void> {
  const { stallMs, signal, onStall } = options
  const stop = (): void => void body.destroy()
  const watchdog = setTimeout(onStall, stallMs)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    throwIfAborted(signal)
    await new Promise<void>((resolve, reject) => {
      body.on('data', (piece: Buffer) => {
        watchdog.refresh()
        sink.add(piece)
      })
      body.once('end', resolve)
      body.once('error', reject)
      // Neither comes when the connection is given up on this side.
      body.once('close', () => reject(body.errored ?? undefined))
      if (body.destroyed) reject(body.errored ?? undefined)
    })
  } finally {
    clearTimeout(watchdog)
    signal?.removeEventListener('abort', stop)
  }
}

interface Sink {
  readonly sizeBytes: number
  add(piece: Buffer): void
  bytes(): Uint8Array
}

class SizedSink implements Sink {
  readonly #bytes: Uint8Array
  sizeBytes = 0

  constructor(sizeBytes: number, into: Uint8Array | undefined) {
    const isEnough = into !== undefined && into.length >= sizeBytes
    this.#bytes = isEnough ? into.subarray(0, sizeBytes) : Buffer.allocUnsafeSlow(sizeBytes)
  }

  add(piece: Buffer): void {
    // Bytes beyond the promised length are counted, so that they are noticed, and not kept.
    if (this.sizeBytes + piece.length <= this.#bytes.length) this.#bytes.set(piece, this.sizeBytes)
    this.sizeBytes += piece.length
  }

  bytes(): Uint8Array {
    return this.#bytes
  }
}

class GrowingSink implements Sink {
  readonly #pieces: Buffer[] = []
  sizeBytes = 0

  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.sizeBytes += piece.length
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces)
  }
}
