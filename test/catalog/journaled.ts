/** A catalog in memory behind a journal in memory, as a store has both on disk. */

import type { PlacedRecord } from '../../src/catalog/apply.ts'
import type { Catalog } from '../../src/catalog/catalog.ts'
import { openCatalog } from '../../src/catalog/open-catalog.ts'
import type { Event } from '../../src/core/events/event.ts'
import { encodeJournalPayload, type JournalPayload } from '../../src/core/events/journal-record.ts'
import { digestOf } from '../../src/core/digest.ts'
import { encodeEntry, type EntryContent, type LogHead } from '../../src/core/log/entry.ts'
import { entryOf, formatHash, repoId } from '../core/events/samples.ts'

/** Bytes in a journal file, so that a few records already need a second one. */
const fileBytesMax = 4000

/** Places payloads one after the other, a new file when one is full. */
export class MemoryJournal {
  readonly records: PlacedRecord[] = []
  #file = 1
  #offset = 8

  add(payload: JournalPayload): PlacedRecord {
    if (this.#offset > fileBytesMax) {
      this.#file += 1
      this.#offset = 8
    }
    const text = encodeJournalPayload(payload)
    const position = { file: this.#file, offset: this.#offset }
    this.#offset += 12 + Buffer.byteLength(text)
    const record = { payload: text, position, next: { file: this.#file, offset: this.#offset } }
    this.records.push(record)
    return record
  }
}

export function memoryCatalog(defaultRemote?: string): Catalog {
  return openCatalog('/nowhere/index.sqlite', { inMemory: true, defaultRemote })
}

/** One store: what it does goes into the journal, then into the catalog. */
export class Journaled {
  readonly journal: MemoryJournal = new MemoryJournal()
  readonly catalog: Catalog

  constructor(catalog: Catalog = memoryCatalog()) {
    this.catalog = catalog
  }

  /** Own events. */
  make(...events: readonly Event[]): void {
    this.append({ kind: 'events', events })
  }

  append(payload: JournalPayload): void {
    this.catalog.apply([this.journal.add(payload)])
  }

  /** Sees a remote; `repo` names the repository. */
  meet(remote: LogOfRemote, name = 'origin', url = 'file:///r'): void {
    this.append({ kind: 'remote', name, url, repoId: remote.repoId, format: formatHash })
  }

  /** Fetches what the remote's log has beyond what is known. */
  fetch(remote: LogOfRemote): void {
    const known = this.catalog.remotes.head(remote.repoId)?.seq ?? 0
    for (const [i, bytes] of remote.slots.slice(known).entries()) {
      const seq = known + i + 1
      this.append({ kind: 'entry', remote: remote.repoId, seq, bytes: bytes.toString() })
    }
  }
}

/** A remote's log. */
export class LogOfRemote {
  readonly repoId: string
  readonly slots: Buffer[] = []
  #head: LogHead

  constructor(id: string = repoId) {
    this.repoId = id
    this.#head = { repoId: id, seq: 0, hash: formatHash }
  }

  commit(content: Partial<EntryContent> & { readonly events: readonly Event[] }): void {
    const { seq, hash } = this.#head
    const bytes = encodeEntry(
      entryOf({ ...content, repoId: this.repoId, seq: seq + 1, prev: hash }),
    )
    this.slots.push(bytes)
    this.#head = { repoId: this.repoId, seq: seq + 1, hash: digestOf(bytes) }
  }
}
