/**
 * A store's packages as a server takes and gives them: content first, then the version that names
 * it.
 *
 * Content that no version names yet is in the store all the same, so an upload that was broken off
 * leaves no version, and goes on without sending anything twice, also after the server was started
 * anew. Versions are made here and travel with `push`, like anything else.
 */

import { type Digest, digestOf } from '../../core/digest.ts'
import type {
  PackageFile,
  PackageId,
  PackageKind,
  PackageName,
} from '../../core/packages/package.ts'
import { packageArtifact } from '../../core/packages/package-names.ts'
import { digestMismatch } from '../../errors.ts'
import type { ListedPackage, PackageInfo, UploadedPackage } from '../../ports/package-repository.ts'
import { arrive } from '../add-stream.ts'
import type { StoreParts } from '../parts.ts'
import { remove } from '../remove.ts'
import { ContentQueue, storeContent } from './content-queue.ts'
import type { HeldContent, HeldPackage } from './held.ts'
import { StoreRepository } from './store-repository.ts'

/** Content as it arrives. */
export type ArrivingContent = {
  /** What to call it in an error. */
  readonly path: string
  readonly bytes: AsyncIterable<Uint8Array>
  /** What it has to be. Default: anything. */
  readonly digest?: Digest | undefined
}

export class PackageDepot {
  readonly #parts: StoreParts
  readonly #repository: StoreRepository
  readonly #small: ContentQueue
  /** Versions that were named by the time and are not made yet; of the newest second only. */
  #named: { readonly second: number; readonly titles: Set<string> } = {
    second: 0,
    titles: new Set(),
  }

  /** @internal Use `Store.packageDepot`. */
  constructor(parts: StoreParts) {
    this.#parts = parts
    this.#repository = new StoreRepository(parts, undefined)
    this.#small = new ContentQueue(parts)
  }

  /** Whether the store has the content; `undefined`: not all of it. */
  async held(digest: Digest): Promise<HeldContent | undefined> {
    this.#parts.catchUp()
    await this.#parts.codec.open()
    const { objects } = this.#parts
    const sizeBytes = objects.missingOf([digest]).length === 0 && objects.sizeOfFile(digest)
    return typeof sizeBytes === 'number' ? { digest, sizeBytes } : undefined
  }

  /**
   * Takes content; durable when it resolves.
   *
   * @throws {MlstoreError} `DIGEST_MISMATCH`; what reading throws: then nothing has changed.
   */
  async take({ path, bytes, digest: wanted }: ArrivingContent): Promise<HeldContent> {
    await this.#parts.codec.open()
    const arrived = await arrive(bytes)
    if ('whole' in arrived) {
      checkDigest(path, wanted, () => digestOf(arrived.whole))
      return this.#small.add(arrived.whole)
    }
    const { digest, sizeBytes } = await storeContent(this.#parts, path, async (writer) => {
      const added = await writer.addFile(arrived.pieces, { path })
      checkDigest(path, wanted, () => added.digest)
      return added
    })
    return { digest, sizeBytes }
  }

  /** A version that nobody else is given: the time in UTC, or with `-2`, `-3` … behind it. */
  nameVersion(name: PackageName): string {
    this.#parts.catchUp()
    const second = Math.floor(this.#parts.clock.now().getTime() / 1000)
    if (this.#named.second !== second) this.#named = { second, titles: new Set() }
    const { titles } = this.#named
    const titleOf = (version: string): string => `${packageArtifact(name)}@${version}`
    const version = this.#repository.freeVersion(name, (each) => titles.has(titleOf(each)))
    titles.add(titleOf(version))
    return version
  }

  /**
   * Makes a version of content that was taken. The same again is no error.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` for content that is not here or has another size,
   * and for paths that lead elsewhere; `LABEL_TAKEN`.
   */
  make(content: HeldPackage): Promise<UploadedPackage> {
    return this.#repository.uploadHeld(content)
  }

  /** @throws {MlstoreError} `NOT_FOUND` */
  async info(id: PackageId): Promise<PackageInfo> {
    this.#parts.catchUp()
    const { info } = await this.#repository.open(id)
    return info
  }

  /** One file of a version; `undefined` if there is none. It is here then, to be read. */
  async file(
    id: PackageId,
    place: Pick<PackageFile, 'part' | 'path'>,
  ): Promise<HeldContent | undefined> {
    this.#parts.catchUp()
    return this.#repository.file(id, place)
  }

  /** Verified bytes. */
  read(digest: Digest): AsyncIterable<Uint8Array> {
    return this.#parts.objects.readFile(digest)
  }

  /** All versions of a repository. */
  async list(kind: PackageKind, repository: string): Promise<ListedPackage[]> {
    this.#parts.catchUp()
    return this.#repository.list({ kind, repository })
  }

  /**
   * Removes all packages of a repository, until they are restored.
   *
   * @throws {MlstoreError} `REFUSED` when something uses one of them.
   */
  async removeRepository(repository: string): Promise<void> {
    for (const kind of ['model', 'dataset'] as const) {
      for (const { namespace, ...listed } of await this.list(kind, repository)) {
        const id = { ...listed, kind, repository, namespace: namespace ?? undefined }
        const { digest } = await this.info(id)
        const reference = `${packageArtifact(id)}@${digest}`
        await remove(this.#parts, { reference, reason: 'its repository was deleted' })
      }
    }
  }
}

function checkDigest(path: string, wanted: Digest | undefined, actual: () => Digest): void {
  if (wanted === undefined) return
  const digest = actual()
  if (digest !== wanted) throw digestMismatch(path, wanted, digest)
}
