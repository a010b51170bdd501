/**
 * Writing: one at a time, on a catalog that is caught up, through the journal.
 *
 * The holder of the writer lock first cuts a torn tail, applies what others appended, and takes in
 * packs that a crash left without their rows. What it appends is durable in the journal before it
 * is applied, so the catalog can always be built again.
 */

import { encodeJournalPayload, type JournalPayload } from '../core/events/journal-record.ts'
import { MlstoreError } from '../errors.ts'
import { WriterLock } from '../catalog/writer-lock.ts'
import { JournalWriter } from '../objects/journal-writer.ts'
import type { StoreParts, WriteScope } from './parts.ts'

export type WritingOptions = {
  /** Names this process to others that wait for the lock. */
  readonly lockOwner: () => string
  readonly lockTimeoutMs: () => number
  /** Removes what dead writers left unfinished in a folder; costs nothing the second time. */
  readonly sweep: (folder: string) => void
}

export class Writing {
  readonly #parts: StoreParts
  readonly #options: WritingOptions

  constructor(parts: StoreParts, options: WritingOptions) {
    this.#parts = parts
    this.#options = options
  }

  /** Runs `work` as the only writer. */
  write<Result>(
    work: (scope: WriteScope) => Result | Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    return this.withLock(this.#parts.layout.writerLock, () => this.#asWriter(work), signal)
  }

  /** Runs `work` while holding the lock that the file at `path` stands for. */
  async withLock<Result>(
    path: string,
    work: () => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const { clock, ids } = this.#parts
    const { lockOwner, lockTimeoutMs } = this.#options
    const lock = new WriterLock(path, { clock, ids, owner: lockOwner() })
    using _held = await lock.acquire({ timeoutMs: lockTimeoutMs(), signal })
    return await work()
  }

  async #asWriter<Result>(work: (scope: WriteScope) => Result | Promise<Result>): Promise<Result> {
    const { catalog, layout, objects } = this.#parts
    this.#refuseDuringRepair()
    const { directory, journal: folder, temporary } = layout
    for (const each of [directory, folder, temporary]) this.#options.sweep(each)
    const from = catalog.position
    const journal = new JournalWriter(this.#parts, layout.journal, { from })
    try {
      this.#parts.catchUp()
      objects.adoptUnindexedPacks()
      return await work({ append: (payloads) => this.#append(journal, payloads) })
    } finally {
      journal.close()
    }
  }

  #refuseDuringRepair(): void {
    const { fs, layout } = this.#parts
    if (fs.lstat(layout.journalRepair) === undefined) return
    throw new MlstoreError('CORRUPT', 'A repair of the journal was interrupted.', {
      hint: 'Run `mlstore fsck --repair`: it goes on where it ended.',
    })
  }

  #append(journal: JournalWriter, payloads: readonly JournalPayload[]): void {
    if (payloads.length === 0) return
    journal.append(payloads.map(encodeJournalPayload))
    this.#parts.catchUp()
  }
}
