/**
 * One import: what it brings, written in batches.
 *
 *   take files, say events  ->  (batch full) seal, writer lock, publish, append
 *
 * A batch is whole or not there, and what an import says depends on what is here already, so one
 * that was interrupted goes on when it is started again. A dry run does the same and gives every
 * batch up.
 */

import type { EventFields } from '../../core/events/event.ts'
import { packKind } from '../../core/pack/format.ts'
import { type BuiltTree, buildTree, type TreeFile } from '../../core/tree/build.ts'
import { MlstoreError, throwIfAborted } from '../../errors.ts'
import type { AddedFile, ObjectWriter } from '../../objects/object-writer.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import { appendWithin } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'
import type { ImportOptions, ImportResult } from './results.ts'

/** A batch is written when it has so much of anything. */
const batchMax = { bytes: 256 * 1024 * 1024, eventBytes: 16 * 1024 * 1024, events: 5000 }

/** Files up to this size are read at once. */
const smallFileBytesMax = 64 * 1024

/** Work between two turns of the event loop, in milliseconds. */
const turnMs = 20

/** What an event is counted with besides its points and texts. */
const eventOverheadBytes = 300

type Saying = { readonly fields: EventFields; readonly id: string | undefined }

export type TakenFile = {
  readonly digest: AddedFile['digest']
  readonly sizeBytes: number
  readonly exec: boolean
}

export class ImportSession {
  readonly parts: StoreParts
  readonly #options: ImportOptions
  readonly #progress: ProgressTask
  readonly #notes = new Set<string>()
  readonly #counts = { versions: 0, runs: 0, experiments: 0, points: 0, bytes: 0, events: 0 }
  #writer: ObjectWriter | undefined
  #sayings: Saying[] = []
  #eventBytes = 0
  #batchBytes = 0
  #turnAtMs = 0

  private constructor(parts: StoreParts, title: string, options: ImportOptions) {
    this.parts = parts
    this.#options = options
    this.#progress = parts.progress.start(title)
  }

  /**
   * Runs an import: one at a time in a store, since each looks at what is here before it writes.
   *
   * @param title What a person reads meanwhile.
   */
  static async run(
    parts: StoreParts,
    title: string,
    options: ImportOptions,
    work: (session: ImportSession) => Promise<void>,
  ): Promise<ImportResult> {
    await parts.codec.open()
    const held = async (): Promise<ImportResult> => {
      const session = new ImportSession(parts, title, options)
      try {
        parts.catchUp()
        await work(session)
        await session.#write()
        return session.#result()
      } finally {
        await session.#end()
      }
    }
    if (options.dryRun === true) return held()
    return parts.withLock(`${parts.layout.directory}/import.sqlite`, held, options.signal)
  }

  get signal(): AbortSignal | undefined {
    return this.#options.signal
  }

  /** Tells the user something; the same thing once. */
  note(text: string): void {
    this.#notes.add(text)
  }

  /** @param id Of the event, where two imports of the same must say it once. */
  say(fields: EventFields, id?: string): void {
    this.#sayings.push({ fields, id })
    this.#eventBytes += eventOverheadBytes + textBytes(fields)
    this.#count(fields)
  }

  /** Brings a file's bytes into the store. @param path Absolute. */
  async takeFile(path: string): Promise<TakenFile> {
    throwIfAborted(this.signal)
    const { fs } = this.parts
    const real = fs.realPath(path)
    const file = fs.open(real, 'read')
    try {
      const { sizeBytes, mode } = file.stat()
      const exec = (mode & 0o100) !== 0
      const added =
        sizeBytes <= smallFileBytesMax
          ? this.#sink.addSmallFile(fs.readFile(real))
          : await this.#sink.addFile(file, { path, signal: this.signal })
      return { ...(await this.#taken(added)), exec }
    } finally {
      file.close()
    }
  }

  /** Brings bytes into the store that come from elsewhere. */
  async takeBytes(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<TakenFile> {
    const added =
      bytes instanceof Uint8Array
        ? this.#sink.addSmallFile(bytes)
        : await this.#sink.addFile(bytes, { signal: this.signal })
    return { ...(await this.#taken(added)), exec: false }
  }

  /** Counts on a file that an earlier call took, or the store has; `false` if it has it not. */
  keep(digest: AddedFile['digest']): boolean {
    return this.#sink.keep(digest)
  }

  /** Makes the tree of files in any order. */
  buildTree(files: Iterable<TreeFile>): BuiltTree {
    const writer = this.#sink
    return buildTree(files, (digest, bytes) => {
      writer.addObject(packKind.treeNode, bytes, digest)
    })
  }

  /** To be called where what was said so far may stand alone; writes a batch that is full. */
  async settle(): Promise<void> {
    await this.#takeTurn()
    const isFull =
      this.#eventBytes >= batchMax.eventBytes ||
      this.#sayings.length >= batchMax.events ||
      this.#batchBytes >= batchMax.bytes
    if (isFull) await this.#write()
    else await this.#writer?.settle()
  }

  /** Readers are synchronous: now and then, progress is drawn and an interrupt is heard. */
  async #takeTurn(): Promise<void> {
    const now = this.parts.clock.elapsedMs()
    if (now - this.#turnAtMs >= turnMs) {
      await new Promise((resolve) => setImmediate(resolve))
      this.#turnAtMs = now
    }
    throwIfAborted(this.signal)
  }

  get #sink(): ObjectWriter {
    this.#writer ??= this.parts.objects.startWrite()
    return this.#writer
  }

  async #taken(added: AddedFile): Promise<Omit<TakenFile, 'exec'>> {
    const { digest, sizeBytes, newBytes } = added
    this.#counts.bytes += newBytes
    this.#batchBytes += newBytes
    const dedupedBytes = sizeBytes - newBytes
    this.#progress.addTotal({ files: 1, bytes: sizeBytes })
    this.#progress.advance({ files: 1, bytes: newBytes, dedupedBytes })
    await this.#writer?.settle()
    return { digest, sizeBytes }
  }

  async #write(): Promise<void> {
    const writer = this.#writer
    const sayings = this.#sayings
    this.#writer = undefined
    this.#sayings = []
    this.#eventBytes = 0
    this.#batchBytes = 0
    try {
      if (this.#options.dryRun === true || sayings.length === 0) return
      await writer?.seal()
      await this.parts.write((scope) => {
        const missing = writer?.publish().missing ?? []
        if (missing.length > 0) throw takenAway()
        const fields = sayings.map((saying) => saying.fields)
        appendWithin(
          this.parts,
          scope,
          fields,
          sayings.map((saying) => saying.id),
        )
      }, this.signal)
    } finally {
      await writer?.abort()
    }
  }

  async #end(): Promise<void> {
    this.#progress.end()
    await this.#writer?.abort()
  }

  #count(fields: EventFields): void {
    const counts = this.#counts
    counts.events += 1
    if (fields.type === 'version.add') counts.versions += 1
    if (fields.type === 'run.start') counts.runs += 1
    if (fields.type === 'experiment.create') counts.experiments += 1
    if (fields.type === 'run.metrics') counts.points += pointsOf(fields.series)
  }

  #result(): ImportResult {
    const dryRun = this.#options.dryRun ?? false
    return { ...this.#counts, dryRun, notes: [...this.#notes] }
  }
}

/** Base64 has four characters for three bytes, and a point has 24. */
function pointsOf(series: readonly { readonly points: string }[]): number {
  return series.reduce((sum, { points }) => sum + Math.floor((points.length * 3) / 4 / 24), 0)
}

function textBytes(fields: EventFields): number {
  if (fields.type === 'run.metrics') {
    return fields.series.reduce((sum, { points }) => sum + points.length, 0)
  }
  if (fields.type === 'run.params') {
    return Object.values(fields.params).reduce((sum, value) => sum + value.length, 0)
  }
  return fields.type === 'run.files' ? fields.files.length * eventOverheadBytes : 0
}

function takenAway(): MlstoreError {
  return new MlstoreError('STORE_LOCKED', 'A gc removed what was being imported.', {
    hint: 'Run the command again when the gc is done: it goes on where it stopped.',
  })
}
