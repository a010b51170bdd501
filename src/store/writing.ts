/**
 * Writing: one at a time, on a catalog that is caught up, through the journal.
 *
 * The holder of the writer lock first cuts a torn tail, applies what others appended, and takes in
 * packs that a crash left without their rows. What it appends is durable in the journal before it
 * is applied, so the catalog can always be built again.
 */

import { encodeJournalPayload, type JournalPayload } from '../core/events/journal-record.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { WriterLock } from '../catalog/writer-lock.ts'
import type { DurableParts } from '../objects/durable-write.ts'
import { JournalWriter } from '../objects/journal-writer.ts'
import { readJournal } from '../objects/journal.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import type { StoreLayout } from './layout.ts'
import type { WriteScope } from './parts.ts'

export type WritingParts = DurableParts & {
  readonly layout: StoreLayout
  readonly catalog: Catalog
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly ids: IdSource
  readonly lockOwner: string
  readonly lockTimeoutMs: () => number
}

/** Applies to the catalog what the journal holds beyond it. Readers may do so too. */
export function catchUpCatalog(parts: Pick<WritingParts, 'fs' | 'layout' | 'catalog'>): void {
  const { fs, layout, catalog } = parts
  if (fs.lstat(layout.journal) === undefined) return
  const [first, ...rest] = take(readJournal(fs, layout.journal, catalog.position))
  if (first !== undefined) catalog.apply([first, ...rest])
}

function take<Item>(items: Iterable<Item>): Item[] {
  return [...items]
}

export class Writing {
  readonly #parts: WritingParts

  constructor(parts: WritingParts) {
    this.#parts = parts
  }

  /** Runs `work` as the only writer. */
  async write<Result>(
    work: (scope: WriteScope) => Result | Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    return this.withLock(this.#parts.layout.writerLock, () => this.#asWriter(work), signal)
  }

  /** Runs `work` while holding another lock of the store. */
  async withLock<Result>(
    path: string,
    work: () => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const { clock, ids, lockOwner, lockTimeoutMs } = this.#parts
    const lock = new WriterLock(path, { clock, ids, owner: lockOwner })
    using _held = await lock.acquire({ timeoutMs: lockTimeoutMs(), signal })
    return await work()
  }

  async #asWriter<Result>(work: (scope: WriteScope) => Result | Promise<Result>): Promise<Result> {
    const { catalog, layout, objects } = this.#parts
    const journal = new JournalWriter(this.#parts, layout.journal, { from: catalog.position })
    try {
      catchUpCatalog(this.#parts)
      objects.adoptUnindexedPacks()
      return await work({
        append: (payloads) => this.#append(journal, payloads),
      })
    } finally {
      journal.close()
    }
  }

  #append(journal: JournalWriter, payloads: readonly JournalPayload[]): void {
    if (payloads.length === 0) return
    journal.append(payloads.map(encodeJournalPayload))
    catchUpCatalog(this.#parts)
  }
}
