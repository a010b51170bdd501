/**
 * The packs that one write session makes: one of file content and one of trees and recipes at a
 * time, since readers ask for one or the other.
 *
 * A pack that is full is finished in the background while the next one is filled, so the disk
 * flushes all the time and not at the end. Everything stays in `tmp/` until it is published.
 */

import { join } from 'node:path'

import { type NewPackEntry } from '../core/pack/footer-writer.ts'
import { packKind, type PackFile, type PackKind } from '../core/pack/format.ts'
import type { IdSource } from '../ports/clock.ts'
import { type DurableParts, discard } from './durable-write.ts'
import { PackWriter } from './pack-writer.ts'

export const packSizeBytesMaxDefault: number = 64 * 1024 * 1024

export type SessionParts = DurableParts & {
  readonly ids: IdSource
  readonly temporaryDirectory: string
  /** A pack is closed once it is this long. Default: 64 MiB. */
  readonly packSizeBytesMax?: number | undefined
}

/** A pack that is complete and durable, but has no name in `packs/` yet. */
export type SealedPack = {
  readonly packId: string
  readonly path: string
  readonly sizeBytes: number
  readonly lane: Lane
}

/** Structure (trees, recipes) promises that content is there. */
export type Lane = 'content' | 'structure'

/**
 * Writes of more than 512 KiB take Linux up to five times as long when its page cache is full: it
 * looks for memory in pieces of that size. Smaller ones also stay in the processor's cache between
 * the copy into the buffer and that into the page cache.
 */
const bufferBytes: Readonly<Record<Lane, number>> = {
  content: 512 * 1024,
  structure: 512 * 1024,
}

/** So many packs may be on their way to the disk while the next ones are filled. */
const finishingMax = 2

function laneOf(kind: PackKind): Lane {
  return kind === packKind.blob || kind === packKind.locator ? 'content' : 'structure'
}

export class SessionPacks {
  readonly #parts: SessionParts
  readonly #open = new Map<Lane, PackWriter>()
  readonly #finishing = new Set<Promise<void>>()
  #sealed: SealedPack[] = []
  #failure: { readonly error: unknown } | undefined

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** Packs that `seal` has completed. */
  get sealed(): readonly SealedPack[] {
    return this.#sealed
  }

  /** Adds a frame to a pack of its kind. The bytes are copied. */
  add(entry: Omit<NewPackEntry, 'storedBytes'>, stored: Uint8Array): void {
    this.#throwFailure()
    const lane = laneOf(entry.kind)
    this.#packFor(lane, stored.length).add(entry, stored)
  }

  addFile(file: PackFile): void {
    this.#throwFailure()
    this.#packFor('structure', 0).addFile(file)
  }

  /** Waits until little is held in memory; a loop that only adds should call it now and then. */
  async settle(): Promise<void> {
    while (this.#finishing.size > finishingMax) await Promise.race(this.#finishing)
    for (const pack of this.#open.values()) await pack.settle()
    this.#throwFailure()
  }

  /** Completes every pack and makes it durable under its temporary name. */
  async seal(): Promise<void> {
    for (const lane of this.#open.keys()) this.#finish(lane)
    await Promise.all(this.#finishing)
    this.#throwFailure()
  }

  /** Forgets the sealed packs: they are published now, or another's. */
  forgetSealed(): void {
    this.#sealed = []
  }

  /** Deletes everything that was written and not published. */
  async abort(): Promise<void> {
    await Promise.all([...this.#open.values()].map((pack) => pack.abort()))
    this.#open.clear()
    await Promise.all(this.#finishing)
    for (const { path } of this.#sealed) discard(this.#parts.fs, path)
    this.#sealed = []
  }

  #packFor(lane: Lane, moreBytes: number): PackWriter {
    const pack = this.#open.get(lane)
    if (pack === undefined) return this.#start(lane)
    const sizeBytesMax = this.#parts.packSizeBytesMax ?? packSizeBytesMaxDefault
    if (pack.isEmpty || pack.sizeBytes + moreBytes <= sizeBytesMax) return pack
    this.#finish(lane)
    return this.#start(lane)
  }

  #start(lane: Lane): PackWriter {
    const { fs, ids, temporaries, temporaryDirectory } = this.#parts
    const path = join(temporaryDirectory, temporaries.name())
    const pack = new PackWriter({ fs, path, packId: ids.id(), bufferBytes: bufferBytes[lane] })
    this.#open.set(lane, pack)
    return pack
  }

  #finish(lane: Lane): void {
    const pack = this.#open.get(lane)
    this.#open.delete(lane)
    if (pack === undefined) return
    const finishing = this.#finishInBackground(pack, lane)
    this.#finishing.add(finishing)
    void finishing.then(() => this.#finishing.delete(finishing))
  }

  /** Never rejects: the failure is thrown by the next call. */
  async #finishInBackground(pack: PackWriter, lane: Lane): Promise<void> {
    const { packId, path } = pack
    try {
      this.#sealed.push({ packId, path, lane, sizeBytes: await pack.finish() })
    } catch (error) {
      this.#failure ??= { error }
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
