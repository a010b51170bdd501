/** Compute threads that run from src/, for every file, however small. */

import { openCodec } from '../../src/objects/compression.ts'
import { ComputePool } from '../../src/objects/compute-pool.ts'

export type ThreadOptions = {
  readonly threadsMax?: number
  /** What the threads run. Default: the real thing. */
  readonly workerUrl?: URL
}

const computeWorker = new URL('compute-worker.mjs', import.meta.url)

/** The caller closes the pool. */
export async function computeThreads(options: ThreadOptions = {}): Promise<ComputePool> {
  const codec = await openCodec()
  const { threadsMax = 2, workerUrl = computeWorker } = options
  return new ComputePool({ codec, inlineBytesMax: -1, threadsMax, workerUrl })
}

/** What a thread runs that works, but dies instead of giving its n-th answer. */
export function dyingWorker(answer: number): URL {
  const code = `
    import { parentPort } from 'node:worker_threads'
    const post = parentPort.postMessage.bind(parentPort)
    let answers = 0
    parentPort.postMessage = (message) => {
      if (++answers === ${answer}) process.exit(7)
      post(message)
    }
    await import(${JSON.stringify(computeWorker.href)})`
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`)
}
