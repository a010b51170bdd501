/**
 * Source of a repair: a remote whose log this store knows.
 *
 * Objects are asked for where they were last seen there; only if that fails, the indexes of all
 * its packs are read.
 */

import { type RecipeItem } from '../../core/chunking/recipe.ts'
import { recipeChunksAsync } from '../../core/chunking/recipe-walk.ts'
import { type Digest, DigestStream } from '../../core/digest.ts'
import { packKind } from '../../core/pack/format.ts'
import { isMlstoreError } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import { transferConcurrency } from '../sync/transfer-limits.ts'
import { ObjectFinder } from '../sync/object-finder.ts'
import {
  readRemoteObjects,
  type RemoteItem,
  type RemoteObjectBytes,
} from '../sync/remote-objects.ts'
import { type RemoteSession, withRemote } from '../sync/session.ts'
import type { LocalCheck } from './local-check.ts'
import type { Wants } from './wants.ts'

/** Asks every remote in turn, as long as something is wanted; those out of reach are passed over. */
export async function repairFromRemotes(
  check: LocalCheck,
  writer: ObjectWriter,
  wants: Wants,
): Promise<void> {
  const { parts } = check
  for (const { name } of parts.config().remotes()) {
    const repoId = parts.catalog.remotes.byName(name)?.repoId
    if (wants.isEmpty || repoId === undefined) continue
    try {
      await withRemote(parts, name, (session) =>
        new RemoteSource(check, { session, repoId, writer, wants }).run(),
      )
    } catch (error) {
      if (!isMlstoreError(error) || !outOfReach.has(error.code)) throw error
    }
  }
}

const outOfReach: ReadonlySet<string> = new Set([
  'REMOTE_REFUSED',
  'REMOTE_REPLACED',
  'REMOTE_UNAVAILABLE',
  'REMOTE_UNSUPPORTED',
])

type SourceRequest = {
  readonly session: RemoteSession
  readonly repoId: string
  readonly writer: ObjectWriter
  readonly wants: Wants
}

/** Chunks of a file that are in memory at once. */
const chunksPerWindow = 64

class RemoteSource {
  readonly #check: LocalCheck
  readonly #request: SourceRequest
  readonly #finder: ObjectFinder
  /** Objects that were not where they were said to be. */
  readonly #stale = new Set<Digest>()
  #hasLearnedAll = false

  constructor(check: LocalCheck, request: SourceRequest) {
    const { parts, signal } = check
    const { session, repoId } = request
    this.#check = check
    this.#request = request
    this.#finder = new ObjectFinder(parts, {
      remote: session.remote,
      repoId,
      packs: parts.catalog.remotePacks.all(repoId).live,
      concurrency: transferConcurrency(parts),
      options: { signal },
    })
  }

  async run(): Promise<void> {
    const { wants } = this.#request
    const singles = [...new Set([...wants.objects, ...wants.files])]
    for await (const { item, bytes } of this.#fetch(singles)) {
      wants.found(item.kind, item.digest, bytes)
      if (wants.files.has(item.digest)) wants.foundFile(item.digest)
    }
    for (const file of wants.files) if (await this.#fetchFile(file)) wants.foundFile(file)
  }

  /** Reads what the remote has of the objects and adds it to the session. */
  async *#fetch(digests: readonly Digest[]): AsyncGenerator<RemoteObjectBytes<RemoteItem>> {
    const missed: Digest[] = []
    yield* this.#fetchKnown(digests, missed)
    if (missed.length === 0 || this.#hasLearnedAll) return
    await this.#learn(missed)
    yield* this.#fetchKnown(missed, [])
  }

  /** Reads indexes until they tell where everything is; where they never do, all of them, once. */
  async #learn(missed: readonly Digest[]): Promise<void> {
    const isFound = (digest: Digest): boolean =>
      !this.#stale.has(digest) &&
      (this.#finder.locate(digest, undefined) ?? this.#finder.recipeOf(digest, undefined)) !==
        undefined
    await this.#finder.learnIndexes(() => missed.every(isFound))
    this.#hasLearnedAll = !missed.every(isFound)
  }

  async *#fetchKnown(
    digests: readonly Digest[],
    missed: Digest[],
  ): AsyncGenerator<RemoteObjectBytes<RemoteItem>> {
    const { parts, signal } = this.#check
    const { session, writer } = this.#request
    const items = digests.flatMap((digest) => this.#itemOf(digest) ?? this.#miss(digest, missed))
    const { codec } = parts
    const reader = {
      remote: session.remote,
      codec,
      concurrency: transferConcurrency(parts),
      signal,
    }
    for await (const round of readRemoteObjects(reader, items)) {
      for (const { digest } of round.stale) {
        this.#stale.add(digest)
        missed.push(digest)
      }
      for (const object of round.objects) {
        const { digest, kind } = object.item
        const sizes = { storedBytes: object.stored.length, sizeBytes: object.bytes.length }
        const frame = { digest, kind, encoding: object.encoding, offset: 0, ...sizes }
        writer.addFrame(frame, object.stored)
        yield object
      }
      await writer.settle()
    }
  }

  #itemOf(digest: Digest): RemoteItem | undefined {
    const location = this.#finder.locate(digest, undefined)
    const row = this.#check.parts.catalog.remoteObjects.find(this.#request.repoId, digest)
    return location && { digest, kind: row?.kind ?? packKind.blob, location }
  }

  #miss(digest: Digest, missed: Digest[]): [] {
    missed.push(digest)
    return []
  }

  /** A file of several chunks: its recipe, then its chunks in order, hashed as a whole (rule R3). */
  async #fetchFile(file: Digest): Promise<boolean> {
    const { repoId, writer } = this.#request
    const recipe = this.#check.parts.catalog.remoteObjects.findRecipe(repoId, file)
    if (recipe === undefined) return false
    const chunks: RecipeItem[] = []
    const hash = new DigestStream()
    try {
      const root = { digest: recipe.recipe, sizeBytes: recipe.sizeBytes }
      const walk = recipeChunksAsync(root, (nodes) => this.#bytesOf(nodes))
      for await (const window of windowsOf(walk)) {
        const bytes = await this.#bytesOf(window.map(({ digest }) => digest))
        for (const piece of bytes) hash.update(piece)
        chunks.push(...window)
      }
    } catch (error) {
      if (isMlstoreError(error, 'OBJECT_MISSING') || isMlstoreError(error, 'CORRUPT')) return false
      throw error
    }
    if (hash.end() !== file) return false
    writer.addRecipe(file, recipe.sizeBytes, chunks)
    return true
  }

  /** Objects from here or there, in order. */
  async #bytesOf(digests: readonly Digest[]): Promise<Uint8Array[]> {
    const { objects, catalog } = this.#check.parts
    const isHere = (digest: Digest): boolean =>
      catalog.objects.find(digest) !== undefined && !this.#check.unreadable.has(digest)
    const fetched = new Map<Digest, Uint8Array>()
    for await (const { item, bytes } of this.#fetch(digests.filter((each) => !isHere(each)))) {
      fetched.set(item.digest, bytes)
    }
    return digests.map((digest) => fetched.get(digest) ?? objects.readObject(digest))
  }
}

async function* windowsOf<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let window: Item[] = []
  for await (const item of items) {
    window.push(item)
    if (window.length < chunksPerWindow) continue
    yield window
    window = []
  }
  if (window.length > 0) yield window
}
