/**
 * The other end of `ComputePool`: the code that a compute thread runs.
 *
 * A thread touches no file and knows nothing of the store. Bad bytes are an answer, not an error;
 * what is thrown here is a bug or a lack of memory and ends the thread.
 *
 * The module is its own entry point: imported by the pool it only tells where it is, so the same
 * lines work as .ts under a loader, as .js in dist/ and inside node_modules.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

import { type Digest, digestOf, DigestStream } from '../core/digest.ts'
import {
  decodedDigest,
  type EncodedFrame,
  encodedFrame,
  type FrameToDecode,
  type FrameToEncode,
} from './compute.ts'

export const computeWorkerUrl: URL = new URL(import.meta.url)

/** What makes a thread that loads this module a compute thread. */
export const computeWorkerData = 'mlstore compute'

/** Jobs with a `stream` are about the digest of that number. */
export type ComputeWork =
  | { readonly kind: 'digests'; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'decode'; readonly frames: readonly FrameToDecode[] }
  | { readonly kind: 'encode'; readonly frames: readonly FrameToEncode[] }
  | { readonly kind: 'update'; readonly stream: number; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'end'; readonly stream: number }

export type ComputeJob = { readonly id: number; readonly work: ComputeWork }

export type ComputeResult = {
  readonly digests?: readonly Digest[]
  readonly frames?: readonly EncodedFrame[]
}

export type ComputeAnswer = { readonly id: number; readonly result: ComputeResult }

function serve(port: MessagePort): void {
  const worker = new ComputeWorker()
  const answer = async ({ id, work }: ComputeJob): Promise<void> => {
    const message: ComputeAnswer = { id, result: await worker.run(work) }
    port.postMessage(message)
  }
  port.on('message', (job: ComputeJob) => void answer(job))
}

class ComputeWorker {
  readonly #streams = new Map<number, DigestStream>()

  /** Work that needs no codec is done at once, so the pieces of a stream keep their order. */
  async run(work: ComputeWork): Promise<ComputeResult> {
    if (work.kind === 'digests') return { digests: work.pieces.map(digestOf) }
    if (work.kind === 'update') return this.#update(work.stream, work.pieces)
    if (work.kind === 'end') return this.#end(work.stream)
    const { openCodec } = await import('./compression.ts')
    const codec = await openCodec()
    return work.kind === 'decode'
      ? { digests: work.frames.map((frame) => decodedDigest(codec, frame)) }
      : { frames: work.frames.map((frame) => encodedFrame(codec, frame)) }
  }

  #update(number: number, pieces: readonly Uint8Array[]): ComputeResult {
    const stream = this.#streams.get(number) ?? new DigestStream()
    this.#streams.set(number, stream)
    for (const piece of pieces) stream.update(piece)
    return {}
  }

  #end(number: number): ComputeResult {
    const stream = this.#streams.get(number) ?? new DigestStream()
    this.#streams.delete(number)
    return { digests: [stream.end()] }
  }
}

if (parentPort !== null && workerData === computeWorkerData) serve(parentPort)
