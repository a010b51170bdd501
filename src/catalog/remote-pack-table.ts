/**
 * The `remote_pack` and `remote_entry` tables: packs of a remote's log, live and swept, and which
 * entries still have all they need.
 */

import type { LogEntry } from '../core/log/entry.ts'
import type { PackState } from '../core/log/remote-view.ts'
import { idBlob, idOfBlob, idsBlob, idsOfBlob } from './blobs.ts'
import type { Database } from './database.ts'
import { noRemote, type RemoteTable } from './remote-table.ts'
import type { LocatedVersion } from './remote-version-table.ts'

/** Packs of a remote as a checkpoint lists them: ids, sorted. */
export type PackStates = { readonly live: string[]; readonly swept: string[] }

type PackRow = { readonly pack: Buffer; readonly seq: number; readonly swept: number }
type EntryRow = { readonly seq: number; readonly needs: Buffer; readonly intact: number }

export class RemotePackTable {
  readonly #remotes: RemoteTable
  readonly #select
  readonly #all
  readonly #ofEntry
  readonly #insert
  readonly #sweep
  readonly #selectEntry
  readonly #intactEntries
  readonly #insertEntry
  readonly #breakEntry

  constructor(db: Database, remotes: RemoteTable) {
    this.#remotes = remotes
    this.#select = db.query<PackRow>(
      'SELECT pack, seq, swept FROM remote_pack WHERE remote = ? AND pack = ?',
    )
    this.#all = db.query<PackRow>(
      'SELECT pack, seq, swept FROM remote_pack WHERE remote = ? ORDER BY pack',
    )
    this.#ofEntry = db.query<PackRow>(
      'SELECT pack, seq, swept FROM remote_pack WHERE remote = ? AND seq = ? ORDER BY pack',
    )
    this.#insert = db.query(
      `INSERT OR IGNORE INTO remote_pack (remote, pack, seq, kind, size_bytes)
       VALUES (?, ?, ?, ?, ?)`,
    )
    // A pack that no entry named, an orphan, is swept all the same: nobody may name it later.
    this.#sweep = db.query(
      `INSERT INTO remote_pack (remote, pack, seq, kind, size_bytes, swept)
       VALUES (?, ?, ?, '', 0, 1)
       ON CONFLICT (remote, pack) DO UPDATE SET swept = 1`,
    )
    this.#selectEntry = db.query<EntryRow>(
      'SELECT seq, needs, intact FROM remote_entry WHERE remote = ? AND seq = ?',
    )
    this.#intactEntries = db.query<EntryRow>(
      'SELECT seq, needs, intact FROM remote_entry WHERE remote = ? AND intact = 1',
    )
    this.#insertEntry = db.query(
      'INSERT INTO remote_entry (remote, seq, needs, intact) VALUES (?, ?, ?, ?)',
    )
    this.#breakEntry = db.query('UPDATE remote_entry SET intact = 0 WHERE remote = ? AND seq = ?')
  }

  /** The entry that brought a pack; `undefined` if the pack is not live. */
  liveSeq(repoId: string, pack: string): number | undefined {
    const row = this.#select.get(this.#key(repoId), idBlob(pack))
    return row === undefined || row.swept === 1 ? undefined : row.seq
  }

  /**
   * The entry that brought a pack, if everything that entry's versions need is live: then a tree
   * node in the pack stands for all that is below it.
   */
  intactSeq(repoId: string, pack: string): number | undefined {
    const seq = this.liveSeq(repoId, pack)
    if (seq === undefined) return undefined
    return this.#selectEntry.get(this.#key(repoId), seq)?.intact === 1 ? seq : undefined
  }

  /** The packs that entries brought and used, and more packs; sorted, each once. */
  closure(repoId: string, entries: Iterable<number>, packs: Iterable<string>): string[] {
    const remote = this.#key(repoId)
    const all = new Set(packs)
    for (const seq of entries) {
      const row = this.#selectEntry.get(remote, seq)
      for (const pack of row === undefined ? [] : idsOfBlob(row.needs)) all.add(pack)
    }
    return [...all].sort()
  }

  /** Packs that may hold something a version needs, oldest first. */
  needsOf(repoId: string, { seq, uses }: LocatedVersion): string[] {
    const remote = this.#key(repoId)
    const own = this.#ofEntry.all(remote, seq).map(({ pack }) => idOfBlob(pack))
    const seqs = new Map(own.map((pack) => [pack, seq]))
    for (const pack of uses) seqs.set(pack, this.liveSeq(repoId, pack) ?? 0)
    return [...seqs].sort(([, a], [, b]) => a - b).map(([pack]) => pack)
  }

  all(repoId: string): PackStates {
    const states: PackStates = { live: [], swept: [] }
    for (const { pack, swept } of this.#all.iterate(this.#key(repoId))) {
      states[swept === 1 ? 'swept' : 'live'].push(idOfBlob(pack))
    }
    return states
  }

  state(remote: number, pack: string): PackState | undefined {
    const row = this.#select.get(remote, idBlob(pack))
    if (row === undefined) return undefined
    return row.swept === 1 ? 'swept' : 'live'
  }

  /** Takes note of an entry's packs. Ids are never used again, so a swept one stays swept. */
  insertEntry(remote: number, entry: Pick<LogEntry, 'seq' | 'packs' | 'versions'>): void {
    for (const { id, kind, sizeBytes } of entry.packs) {
      this.#insert.run(remote, idBlob(id), entry.seq, kind, sizeBytes)
    }
    const needs = new Set(entry.packs.map(({ id }) => id))
    for (const { root, uses } of entry.versions) {
      needs.add(root.packId)
      for (const pack of uses) needs.add(pack)
    }
    const isIntact = [...needs].every((pack) => this.state(remote, pack) === 'live')
    this.#insertEntry.run(remote, entry.seq, idsBlob([...needs].sort()), Number(isIntact))
  }

  /** Sweeps are rare, so finding the entries that need a pack may read them all. */
  sweep(remote: number, seq: number, packs: readonly string[]): void {
    for (const pack of packs) this.#sweep.run(remote, idBlob(pack), seq)
    const swept = new Set(packs)
    for (const entry of this.#intactEntries.all(remote)) {
      if (idsOfBlob(entry.needs).some((pack) => swept.has(pack))) {
        this.#breakEntry.run(remote, entry.seq)
      }
    }
  }

  #key(repoId: string): number {
    return this.#remotes.keyOf(repoId) ?? noRemote
  }
}
