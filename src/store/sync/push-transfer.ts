/**
 * What a push uploads, over all its turns: the packs that arrived, and what the remote has.
 */

import type { Digest } from '../../core/digest.ts'
import { locatorForm } from '../../core/pack/locator.ts'
import type { Event } from '../../core/events/event.ts'
import type { EntryContent, RemotePack } from '../../core/log/entry.ts'
import type { Rebased } from '../../core/log/rebase.ts'
import { corrupt, isMlstoreError } from '../../errors.ts'
import type { RemoteRecipeRow } from '../../ports/remote-index.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'
import { packBytesMax, transferConcurrency, uploadConcurrency } from './transfer-limits.ts'
import { KnownObjects } from './known-objects.ts'
import { learnBases, noteLearned } from './learn-packs.ts'
import type { PackLaneParts } from './pack-lane.ts'
import { PackSender } from './pack-sender.ts'
import { rowsOfFooter } from './pack-rows.ts'
import type { PushChoice } from './push-choice.ts'
import type { RemoteSession } from './session.ts'
import { upload } from './upload.ts'
import { uploadBodies } from './upload-bodies.ts'

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
  #isTurnStarted = false

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
  async send(choice: PushChoice): Promise<EntryContent<Event>> {
    const { events, versions } = choice
    this.#isTurnStarted = false
    if (versions.length === 0) return { events, packs: [], versions: [] }
    for (const { id } of versions) this.#versions.add(id)
    await this.#startTurn(versions)
    await this.#uploadLocal(choice)
    const { catalog } = this.#parts
    const { repoId } = this.#request
    const uses = catalog.remotePacks.closure(repoId, this.#known.bases, this.#known.uses)
    return {
      events,
      packs: this.#usedPacks(),
      versions: versions.map(({ id, root }) => {
        const location = this.#known.locate(root, locatorForm.treeNode)
        if (location === undefined) throw corrupt(`version ${id}`, 'its root was not uploaded')
        return { version: id, root: location, uses }
      }),
    }
  }

  /**
   * Uploads the bodies of large events, of those that really go: in the same turn, after `send`.
   *
   * @returns What the log entries say.
   */
  async sendBodies({ events, versions, packs }: Rebased): Promise<EntryContent> {
    const logged = await uploadBodies(events, async () => {
      await this.#startTurn([])
      return { ...this.#laneParts, signal: this.#request.signal }
    })
    const named = new Set(packs.map(({ id }) => id))
    const more = this.#isTurnStarted ? this.#usedPacks().filter(({ id }) => !named.has(id)) : []
    return { events: logged, versions, packs: [...packs, ...more] }
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

  get #laneParts(): PackLaneParts {
    return {
      ids: this.#parts.ids,
      codec: this.#parts.codec,
      sender: this.#sender,
      known: this.#known,
      packsAtOnce: uploadConcurrency(this.#parts),
      packBytesMax: packBytesMax(this.#parts),
    }
  }

  /** What arrived and was asked for in this turn. */
  #usedPacks(): RemotePack[] {
    return this.#sender.arrived.filter(({ id }) => this.#known.isUsed(id))
  }

  /** Once a turn, and only if something is to be uploaded in it. */
  async #startTurn(versions: PushChoice['versions']): Promise<void> {
    if (this.#isTurnStarted) return
    this.#isTurnStarted = true
    await this.#open(versions)
    this.#known.startTurn()
  }

  /** Once a push: what interrupted ones left on the remote, and what others have put there. */
  async #open(versions: PushChoice['versions']): Promise<void> {
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
    await learnBases(this.#parts, learning, versions)
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
      const roots = versions.map(({ root }) => root)
      const request = { ...this.#laneParts, progress, signal }
      const { contentBytes, recipes } = await upload(this.#parts, roots, request)
      this.#contentBytes += contentBytes
      this.#recipes = recipes
    } finally {
      progress.end()
    }
  }
}
