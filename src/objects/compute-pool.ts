/**
 * Threads that hash and decode, so that adding and reading a large file uses every core.
 *
 *   main thread                                        compute threads
 *   ───────────                                        ───────────────
 *   reads a block into shared memory ──── update ────> digest of the whole file: always the same one
 *   cuts it (WebAssembly, same memory) ── digests ───> digests of its chunks: the least busy one
 *   stores the new chunks, in order <──── answers ────
 *
 * **Who does what.** Everything with an effect stays in the main thread: files are read and written
 * through the FileSystem port, the index is asked, packs are filled, in the order of the file. The
 * threads get views of shared memory and give back digests, so they can be wrong or gone but do no
 * harm. The order of the results never depends on them: the same file makes the same pack with any
 * number of threads, or with none (`InlineCompute`), through the same lines of `file-cutter.ts` and
 * `file-stream.ts`.
 *
 * **Memory.** Bytes lie in a few blocks that are used in turn: a block is read again only when
 * its chunks are stored and its hashing is answered. There is no other queue, so memory does not
 * depend on the size of the file, and whichever of disk and processors is slower holds up the other.
 *
 * **When.** A thread takes some 30 ms to start, in which one core hashes 20 MiB twice. So `for`
 * gives out threads for large files only, and the first file that is large starts them. While jobs
 * are under way a thread keeps the process alive; idle, it does not, and `close` ends it.
 *
 * **Failure.** A thread that dies, for lack of memory say, fails every job it had, and so the file;
 * nothing waits for it. The next job gets a new thread. Damage in what is read is no failure but an
 * answer, and the main thread looks again for itself to say what is wrong.
 *
 * Measurements and what was turned down: docs/decisions/004-workers.md.
 */

import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

import type { Digest } from '../core/digest.ts'
import { MlstoreError } from '../errors.ts'
import type { Codec } from '../ports/codec.ts'
import {
  type Compute,
  type ComputeChoice,
  type EncodedFrame,
  type FrameToDecode,
  type FrameToEncode,
  InlineCompute,
  type PendingDigest,
} from './compute.ts'
import {
  type ComputeAnswer,
  computeWorkerData,
  computeWorkerUrl,
  type ComputeJob,
  type ComputeResult,
  type ComputeWork,
} from './compute-worker.ts'

export type ComputePoolOptions = {
  /** Computes what is not worth a thread. */
  readonly codec: Codec
  /** How many threads at most; 0 = none. Default: one a core, up to four; none on one core. */
  readonly threadsMax?: number | undefined
  /** Files up to this size are done by the calling thread. Default: 16 MiB. */
  readonly inlineBytesMax?: number | undefined
  /** What the threads run. Default: compute-worker. */
  readonly workerUrl?: URL | undefined
}

const inlineBytesMaxDefault = 16 * 1024 * 1024
/** Beyond four, the main thread is what the others wait for. */
const usefulThreads = 4
/** With this many jobs waiting at each thread, another one is started. */
const jobsPerThread = 3

export class ComputePool implements Compute, ComputeChoice {
  readonly #threadsMax: number
  readonly #inlineBytesMax: number
  readonly #workerUrl: URL
  readonly #inline: Compute
  #threads: ComputeThread[] = []
  #streams = 0

  constructor(options: ComputePoolOptions) {
    this.#threadsMax = options.threadsMax ?? defaultThreads()
    this.#inlineBytesMax = options.inlineBytesMax ?? inlineBytesMaxDefault
    this.#workerUrl = options.workerUrl ?? computeWorkerUrl
    this.#inline = new InlineCompute(options.codec)
  }

  /** The threads if a file of this size is worth them, else the calling thread. */
  for(sizeBytes: number): Compute {
    return this.#threadsMax > 0 && sizeBytes > this.#inlineBytesMax ? this : this.#inline
  }

  startDigest(): PendingDigest {
    return new ThreadDigest(this.#leastBusy(), ++this.#streams)
  }

  async digests(pieces: readonly Uint8Array[]): Promise<readonly Digest[]> {
    const { digests = [] } = await this.#leastBusy().run({ kind: 'digests', pieces })
    return digests
  }

  async decode(frames: readonly FrameToDecode[]): Promise<readonly Digest[]> {
    const { digests = [] } = await this.#leastBusy().run({ kind: 'decode', frames })
    return digests
  }

  async encode(frames: readonly FrameToEncode[]): Promise<readonly EncodedFrame[]> {
    const { frames: encoded = [] } = await this.#leastBusy().run({ kind: 'encode', frames })
    return encoded
  }

  /** Ends the threads; what they had to do fails. The pool can be used again. */
  close(): void {
    for (const thread of this.#threads) thread.close()
    this.#threads = []
  }

  #leastBusy(): ComputeThread {
    this.#threads = this.#threads.filter((thread) => thread.isAlive)
    const [first, ...others] = this.#threads
    if (first === undefined) return this.#start()
    const best = others.reduce((a, b) => (b.jobs < a.jobs ? b : a), first)
    const isEnough = best.jobs < jobsPerThread || this.#threads.length >= this.#threadsMax
    return isEnough ? best : this.#start()
  }

  #start(): ComputeThread {
    const thread = new ComputeThread(this.#workerUrl)
    this.#threads.push(thread)
    return thread
  }
}

function defaultThreads(): number {
  // A loader that runs .ts, as for tests, is not handed on to threads by Node 20.
  const canStart = computeWorkerUrl.pathname.endsWith('.js')
  const cores = availableParallelism()
  return canStart && cores > 1 ? Math.min(cores, usefulThreads) : 0
}

/** A digest that one thread keeps from the first piece to the last. */
class ThreadDigest implements PendingDigest {
  readonly #thread: ComputeThread
  readonly #stream: number
  #isEnded = false

  constructor(thread: ComputeThread, stream: number) {
    this.#thread = thread
    this.#stream = stream
  }

  async update(pieces: readonly Uint8Array[]): Promise<void> {
    await this.#thread.run({ kind: 'update', stream: this.#stream, pieces })
  }

  async end(): Promise<Digest> {
    this.#isEnded = true
    const { digests } = await this.#thread.run({ kind: 'end', stream: this.#stream })
    const digest = digests?.[0]
    assert(digest !== undefined, 'a compute thread answered without the digest')
    return digest
  }

  [Symbol.dispose](): void {
    if (!this.#isEnded) this.end().catch(() => undefined)
  }
}

type Waiting = {
  readonly resolve: (result: ComputeResult) => void
  readonly reject: (error: MlstoreError) => void
}

class ComputeThread {
  readonly #worker: Worker
  /** Jobs that were sent and not answered, by id. */
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #failure: MlstoreError | undefined

  constructor(url: URL) {
    this.#worker = new Worker(url, { workerData: computeWorkerData, execArgv: [] })
    this.#worker.unref()
    this.#worker.on('message', (answer: ComputeAnswer) => this.#settle(answer))
    this.#worker.on('messageerror', (error) => this.#fail(error))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', (code) => this.#fail(`exit code ${code}`))
  }

  get isAlive(): boolean {
    return this.#failure === undefined
  }

  /** How many jobs it has not answered. */
  get jobs(): number {
    return this.#waiting.size
  }

  run(work: ComputeWork): Promise<ComputeResult> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      if (this.#waiting.size === 0) this.#worker.ref()
      const job: ComputeJob = { id: ++this.#lastId, work }
      this.#waiting.set(job.id, { resolve, reject })
      this.#worker.postMessage(job, [])
    })
  }

  close(): void {
    this.#fail('closed')
    void this.#worker.terminate()
  }

  #settle({ id, result }: ComputeAnswer): void {
    this.#waiting.get(id)?.resolve(result)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
  }

  #fail(cause: unknown): void {
    this.#failure ??= new MlstoreError('IO_ERROR', 'A computing thread of mlstore has ended.', {
      hint: 'Run the command again. If that does not help, there may be too little memory.',
      cause,
    })
    this.#worker.unref()
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}
