/**
 * What a push uploads, over all its turns: the packs that arrived, and what the remote has.
 */

import type { Digest } from '../../core/digest.ts'
import { locatorForm } from '../../core/pack/locator.ts'
import type { EntryContent } from '../../core/log/entry.ts'
import { corrupt, isMlstoreError } from '../../errors.ts'
import type { RemoteRecipeRow } from '../../ports/remote-index.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'
import { packBytesMax, transferConcurrency, uploadConcurrency } from './transfer-limits.ts'
import { KnownObjects } from './known-objects.ts'
import { learnBases, noteLearned } from './learn-packs.ts'
import { PackSender } from './pack-sender.ts'
import { rowsOfFooter } from './pack-rows.ts'
import type { PushChoice } from './push-choice.ts'
import type { RemoteSession } from './session.ts'
import { upload } from './upload.ts'

export type TransferRequest = {
  readonly repoId: string
  readonly signal?: AbortSignal | undefined
}

export class PushTransfer {
  readonly #parts: StoreParts
  readonly #session: RemoteSession
  readonly #request: TransferRequest
  readonly #known: KnownObjects
  readonly #sender: PackSender
  readonly #versions = new Set<Digest>()
  #recipes: Iterable<RemoteRecipeRow> = []
  #contentBytes = 0
  #isOpen = false

  constructor(parts: StoreParts, session: RemoteSession, request: TransferRequest) {
    const { repoId, signal } = request
    const { catalog } = parts
    this.#parts = parts
    this.#session = session
    this.#request = request
    const view = catalog.remoteView(repoId)
    this.#known = new KnownObjects({
      repoId,
      index: catalog.remoteObjects,
      packState: (packId) => view.packState(packId),
      intactSeq: (packId) => catalog.remotePacks.intactSeq(repoId, packId),
    })
    const concurrency = transferConcurrency(parts)
    this.#sender = new PackSender(parts, { remote: session.remote, repoId, concurrency, signal })
  }

  /** Bytes of the content that was sent, before compression. */
  get contentBytes(): number {
    return this.#contentBytes
  }

  /**
   * Uploads what the remote lacks of the versions, as the log is known now.
   *
   * @returns What a log entry has to say for it.
   */
  async send(choice: PushChoice): Promise<EntryContent> {
    const { events, versions } = choice
    if (versions.length === 0) return { events, packs: [], versions: [] }
    for (const { id } of versions) this.#versions.add(id)
    await this.#open(choice)
    this.#known.startTurn()
    await this.#uploadLocal(choice)
    const { catalog } = this.#parts
    const { repoId } = this.#request
    const uses = catalog.remotePacks.closure(repoId, this.#known.bases, this.#known.uses)
    return {
      events,
      packs: this.#sender.arrived.filter(({ id }) => this.#known.isUsed(id)),
      versions: versions.map(({ id, root }) => {
        const location = this.#known.locate(root, locatorForm.treeNode)
        if (location === undefined) throw corrupt(`version ${id}`, 'its root was not uploaded')
        return { version: id, root: location, uses }
      }),
    }
  }

  /**
   * The push has ended well: keeps what was learned, and forgets what was under way.
   *
   * @param isEverything No later push will want packs that this one did not use.
   */
  finish({ isEverything }: { readonly isEverything: boolean }): void {
    const { catalog } = this.#parts
    const { repoId } = this.#request
    const view = catalog.remoteView(repoId)
    if (this.#isOpen) this.#known.remember(this.#recipes)
    for (const version of this.#versions) noteLearned(this.#parts, repoId, version)
    this.#sender.forget((packId) => isEverything || view.packState(packId) !== undefined)
  }

  /** Once a push: what interrupted ones left on the remote, and what others have put there. */
  async #open(choice: PushChoice): Promise<void> {
    if (this.#isOpen) return
    this.#isOpen = true
    const { repoId, signal } = this.#request
    const { remote } = this.#session
    const view = this.#parts.catalog.remoteView(repoId)
    await this.#sender.resume(
      (packId) => view.packState(packId) !== undefined,
      (footer) => {
        this.#known.addPending(footer.packId)
        for (const row of rowsOfFooter(footer).rows) this.#known.putArrived(row)
      },
    )
    const concurrency = transferConcurrency(this.#parts)
    const learning = { remote, repoId, concurrency, options: { signal } }
    await learnBases(this.#parts, learning, choice.versions)
  }

  /** A version that is named but was only fetched so far comes from another remote first. */
  async #uploadLocal(choice: PushChoice): Promise<void> {
    try {
      await this.#upload(choice)
    } catch (error) {
      if (!isMlstoreError(error, 'OBJECT_MISSING')) throw error
      for (const version of choice.versions) {
        await ensureLocal(this.#parts, version, everyPath, this.#request.signal)
      }
      await this.#upload(choice)
    }
  }

  async #upload({ versions }: PushChoice): Promise<void> {
    const { signal } = this.#request
    const progress = this.#parts.progress.start('upload')
    try {
      const known = this.#known
      const sender = this.#sender
      const roots = versions.map(({ root }) => root)
      const { contentBytes, recipes } = await upload(this.#parts, roots, {
        known,
        sender,
        packsAtOnce: uploadConcurrency(this.#parts),
        packBytesMax: packBytesMax(this.#parts),
        progress,
        signal,
      })
      this.#contentBytes += contentBytes
      this.#recipes = recipes
    } finally {
      progress.end()
    }
  }
}
