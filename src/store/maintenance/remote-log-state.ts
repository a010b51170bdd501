/**
 * What a remote's log says, kept for the checks that follow from it: packs, versions, bodies, hashes.
 *
 * Not the catalog and not `MemoryView`: a check must not trust what was learned before, and needs
 * neither aliases nor tags.
 */

import type { Digest } from '../../core/digest.ts'
import type { BulkEvent, LoggedEvent } from '../../core/events/bulk-event.ts'
import type { LogEntry, RemotePack, VersionLocation } from '../../core/log/entry.ts'

/** A version that is on the remote and not removed. */
export type LoggedVersion = {
  readonly id: Digest
  readonly artifact: string
  readonly root: Digest
  readonly sizeBytes: number
  readonly location: VersionLocation
}

type LoggedPack = RemotePack & { readonly addedAt: number; sweptAt: number | undefined }

type LoggedRecord = Omit<LoggedVersion, 'id' | 'location'>

export class LogState {
  readonly repoId: string
  readonly #bulk: BulkEvent[] = []
  /** Hash of every entry by its slot, of `format.json` in slot 0; `undefined`: it is unreadable. */
  readonly #hashes: (Digest | undefined)[]
  /** What the hash of an unreadable or changed entry should be, as the one after it says. */
  readonly #expected = new Map<number, Digest>()
  readonly #packs = new Map<string, LoggedPack>()
  readonly #records = new Map<Digest, LoggedRecord>()
  readonly #locations = new Map<Digest, VersionLocation>()
  readonly #removals = new Map<Digest, string[]>()
  readonly #restored = new Set<string>()

  constructor(repoId: string, formatHash: Digest) {
    this.repoId = repoId
    this.#hashes = [formatHash]
  }

  /** The last slot that was read. */
  get seq(): number {
    return this.#hashes.length - 1
  }

  /** Events whose bodies are in packs. */
  get bulk(): readonly BulkEvent[] {
    return this.#bulk
  }

  hashOf(seq: number): Digest | undefined {
    return this.#hashes[seq]
  }

  /** The hash that the entry of a slot should have, as far as the one after it tells. */
  expectedHashOf(seq: number): Digest | undefined {
    return this.#expected.get(seq) ?? this.#hashes[seq]
  }

  /** Takes the next slot in. Both are `undefined` if it cannot be read. */
  push(hash: Digest | undefined, entry: LogEntry | undefined): void {
    this.#hashes.push(hash)
    if (entry === undefined) return
    if (this.#hashes[this.seq - 1] !== entry.prev) this.#expected.set(this.seq - 1, entry.prev)
    for (const pack of entry.packs) {
      if (!this.#packs.has(pack.id)) {
        this.#packs.set(pack.id, { ...pack, addedAt: this.seq, sweptAt: undefined })
      }
    }
    for (const location of entry.versions) this.#locations.set(location.version, location)
    for (const event of entry.events) this.#take(event)
  }

  /** Packs that somebody may count on after the last entry, in the order they came. */
  livePacks(): RemotePack[] {
    return [...this.#packs.values()].filter(({ sweptAt }) => sweptAt === undefined)
  }

  /** Ids of packs as they stood after an earlier entry, sorted. */
  packsAt(seq: number): { readonly live: string[]; readonly swept: string[] } {
    const live: string[] = []
    const swept: string[] = []
    for (const { id, addedAt, sweptAt = Number.POSITIVE_INFINITY } of this.#packs.values()) {
      if (sweptAt <= seq) swept.push(id)
      else if (addedAt <= seq) live.push(id)
    }
    return { live: live.sort(), swept: swept.sort() }
  }

  /** Versions that must be complete, in the order they were located. */
  versions(): LoggedVersion[] {
    return [...this.#locations].flatMap(([id, location]) => {
      const record = this.#records.get(id)
      return record === undefined || this.#isRemoved(id) ? [] : [{ id, location, ...record }]
    })
  }

  #isRemoved(version: Digest): boolean {
    const removals = this.#removals.get(version) ?? []
    return removals.some((removal) => !this.#restored.has(`${version} ${removal}`))
  }

  #take(event: LoggedEvent): void {
    switch (event.type) {
      case 'version.add': {
        const { artifact, root, size } = event.record
        this.#records.set(event.version, { artifact, root, sizeBytes: size })
        return
      }
      case 'version.remove':
        this.#removals.set(event.version, [...(this.#removals.get(event.version) ?? []), event.id])
        return
      case 'version.restore':
        this.#restored.add(`${event.version} ${event.over}`)
        return
      case 'gc.sweep':
        for (const id of event.packs) this.#sweep(id)
        return
      case 'bulk':
        this.#bulk.push(event)
        return
      default:
    }
  }

  /** A pack that no entry named, an orphan, may be swept too. */
  #sweep(id: string): void {
    const known = this.#packs.get(id)
    if (known === undefined) {
      const orphan = { id, kind: 'data', sizeBytes: 0, addedAt: this.seq } as const
      this.#packs.set(id, { ...orphan, sweptAt: this.seq })
    } else known.sweptAt ??= this.seq
  }
}
