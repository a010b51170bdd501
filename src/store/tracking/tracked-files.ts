/**
 * Files of runs as a server takes and gives them: streamed in and out, deduplicated on arrival.
 *
 * A file is part of the run's draft, and durable, when `put` resolves. The version `run/<id>` is made
 * of the draft when the run ends.
 */

import type { Digest } from '../../core/digest.ts'
import { splitTreePath } from '../../core/names.ts'
import { invalidArgument, MlstoreError, notFound } from '../../errors.ts'
import { addStream } from '../add-stream.ts'
import type { StoreParts } from '../parts.ts'
import { readRunFile } from '../runs/run-files.ts'
import type { CommitQueue } from './commit-queue.ts'

export type TrackedFile = {
  /** In the run's tree. */
  readonly path: string
  readonly sizeBytes: number
  readonly digest: Digest
}

/** Paths of one event. */
const pathsPerEvent = 1000

export class TrackedFiles {
  readonly #parts: StoreParts
  readonly #queue: CommitQueue

  /** @internal Use `Tracking.files`. */
  constructor(parts: StoreParts, queue: CommitQueue) {
    this.#parts = parts
    this.#queue = queue
  }

  /** All, or those within a folder, by path. */
  list(run: string, folder = ''): TrackedFile[] {
    this.#parts.catchUp()
    const { runFiles } = this.#parts.catalog
    return folder === '' ? runFiles.of(run) : runFiles.below(run, folder)
  }

  get(run: string, path: string): TrackedFile | undefined {
    this.#parts.catchUp()
    return this.#parts.catalog.runFiles.get(run, path)
  }

  /** Verified bytes; fetched when they are not here. */
  read(run: string, path: string): AsyncGenerator<Uint8Array> {
    return readRunFile(this.#parts, run, path)
  }

  /** Verified bytes of a file of a draft that is no run, which are always here. */
  async *readDraft(draft: string, path: string): AsyncGenerator<Uint8Array> {
    await this.#parts.codec.open()
    const file = this.get(draft, path)
    if (file === undefined) throw notFound(`The draft has no file ${path}.`)
    yield* this.#parts.objects.readFile(file.digest)
  }

  /**
   * Takes a file, in place of one that has the path already.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` for a path that no tree can hold, or that is a folder
   * or lies within a file; what reading `content` throws: then nothing has changed.
   */
  async put(run: string, path: string, content: AsyncIterable<Uint8Array>): Promise<TrackedFile> {
    this.#check(run, path)
    await this.#parts.codec.open()
    const writer = this.#parts.objects.startWrite()
    try {
      const { digest, sizeBytes } = await addStream(writer, content, path)
      await writer.seal()
      await this.#queue.commit(`run:${run}`, () => {
        this.#check(run, path)
        const { missing } = writer.publish()
        if (missing.length > 0) throw takenAway(path)
        return [{ type: 'run.files', run, files: [{ path, digest, size: sizeBytes }] }]
      })
      return { path, digest, sizeBytes }
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  /**
   * Takes a file, or all below a folder, out of the draft; its bytes stay in versions of the run.
   *
   * @returns How many files there were.
   */
  async remove(run: string, path: string): Promise<number> {
    let count = 0
    await this.#queue.commit(`run:${run}`, () => {
      const file = path === '' ? undefined : this.get(run, path)
      const gone = file === undefined ? this.list(run, path) : [file]
      count = gone.length
      const files = gone.map((file) => ({ path: file.path, digest: null, size: 0 }))
      const groups = Math.ceil(files.length / pathsPerEvent)
      return Array.from({ length: groups }, (_, i) => {
        const some = files.slice(i * pathsPerEvent, (i + 1) * pathsPerEvent)
        return { type: 'run.files', run, files: some }
      })
    })
    return count
  }

  #check(run: string, path: string): void {
    const names = splitTreePath(path)
    const { runFiles } = this.#parts.catalog
    const folders = names.slice(1).map((_, i) => names.slice(0, i + 1).join('/'))
    const blocked = folders.find((folder) => runFiles.get(run, folder) !== undefined)
    if (blocked !== undefined) {
      throw invalidArgument(`${path} cannot be a file of the run: ${blocked} is one, not a folder.`)
    }
    if (runFiles.below(run, path).length > 0) {
      throw invalidArgument(`${path} cannot be a file of the run: it is a folder there.`)
    }
  }
}

function takenAway(path: string): MlstoreError {
  return new MlstoreError('OBJECT_MISSING', `Bytes of ${path} were freed while it was stored.`, {
    hint: 'Send the file again.',
    details: { path },
  })
}
