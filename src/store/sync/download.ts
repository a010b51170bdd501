/**
 * Bringing a version's objects from a remote into the local store.
 *
 *   walk the tree -> read recipes -> fetch content, pack after pack -> prove the files
 *
 * Frames go into local packs as they are, verified on the way. What arrived is published in steps,
 * and after a failure too, so an interrupted download is continued and not started again. Only the
 * statement that a recipe makes a file waits until the whole file has been hashed.
 */

import { chunkSizeBytesMin } from '../../core/chunking/parameters.ts'
import { mapOrdered } from '../../core/map-ordered.ts'
import { type LocatorEntry, locatorForm } from '../../core/pack/locator.ts'
import type { FileEntry } from '../../core/tree/node.ts'
import type { ObjectWriter, PublishResult } from '../../objects/object-writer.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import { everyPath, type PathSelection } from '../../worktree/path-selection.ts'
import type { ArrivingFiles } from '../arriving-files.ts'
import type { StoreParts } from '../parts.ts'
import { publishUnderLock } from '../publish.ts'
import { rememberWholeTree } from '../whole-trees.ts'
import { LocalFiles } from './local-files.ts'
import { NodeReader } from './node-reader.ts'
import type { FetchedRound, ObjectFetcher, Wanted } from './object-fetcher.ts'
import { type ChunkedFile, groupsOf, RecipeDownload } from './recipe-download.ts'
import { type TreeRoot, walkRemoteTree } from './tree-download.ts'
import { WantedContent } from './wanted-content.ts'

export type DownloadRequest = {
  readonly fetcher: ObjectFetcher
  readonly root: TreeRoot
  readonly selection: PathSelection
  readonly progress: ProgressTask
  /** Takes what arrives of large files. Default: nobody does. */
  readonly arriving?: ArrivingFiles | undefined
}

export type Downloaded = {
  /** On the wire. */
  readonly receivedBytes: number
  /** Nothing was here before: where everything of the version lies is known now. */
  readonly isWhole: boolean
}

/** What is received before it is made part of the store. */
const publishBytes = 256 * 1024 * 1024

/** Rounds that are being hashed: about a mebibyte each. */
const roundsAtOnce = 4

/** Files are noted until there are so many of a sort; then they are fetched. */
const smallFilesMax = 500_000
const otherFilesMax = 50_000

/** Downloads what the selection names and is not here. */
export async function download(parts: StoreParts, request: DownloadRequest): Promise<Downloaded> {
  return new Download(parts, request).run()
}

class Download {
  readonly #parts: StoreParts
  readonly #request: DownloadRequest
  readonly #writer: ObjectWriter
  readonly #nodes: NodeReader
  readonly #local: LocalFiles
  #wanted: WantedContent
  #chunked: ChunkedFile[] = []
  /** No locator told whether they have a recipe. */
  #unhinted: ChunkedFile[] = []
  #unpublishedBytes = 0

  constructor(parts: StoreParts, request: DownloadRequest) {
    const { fetcher } = request
    this.#parts = parts
    this.#request = request
    this.#writer = parts.objects.startWrite()
    this.#nodes = new NodeReader(parts, fetcher, this.#writer)
    this.#local = new LocalFiles(parts)
    this.#wanted = new WantedContent(fetcher.finder)
  }

  async run(): Promise<Downloaded> {
    const { fetcher, root, selection } = this.#request
    try {
      await walkRemoteTree({
        nodes: this.#nodes,
        root,
        selection,
        signal: fetcher.signal,
        onFile: (file, hint) => this.#want(file, hint),
        onBatch: () => this.#fetchIfMany(),
      })
      await this.#fetchFiles()
      const packs = await this.#publish()
      if (this.#isOfPacks) rememberWholeTree(this.#parts, root.digest, packs)
      return { receivedBytes: fetcher.receivedBytes, isWhole: this.#local.isUntouched }
    } catch (error) {
      await this.#keepArrived()
      throw error
    } finally {
      fetcher.finder.flush()
    }
  }

  /** The whole tree came with this download, and lies in its packs and nowhere else. */
  get #isOfPacks(): boolean {
    const isEverything = this.#request.selection === everyPath
    return isEverything && this.#local.isUntouched && this.#nodes.isUntouched
  }

  #want(file: FileEntry, hint: LocatorEntry | undefined): void {
    if (this.#local.has(file)) return
    const { digest, size: sizeBytes } = file
    if (hint?.form === locatorForm.recipeRoot) this.#chunked.push({ digest, sizeBytes, hint })
    else if (hint !== undefined || sizeBytes <= chunkSizeBytesMin) this.#wantWhole(file, hint)
    else this.#unhinted.push({ digest, sizeBytes, hint })
  }

  /** A file of one chunk. */
  #wantWhole(
    { digest, size }: Pick<FileEntry, 'digest' | 'size'>,
    hint: LocatorEntry | undefined,
  ): void {
    if (this.#wanted.has(digest)) return
    this.#wanted.add(digest, size, hint)
    this.#request.progress.addTotal({ files: 1, bytes: size })
  }

  async #fetchIfMany(): Promise<void> {
    const others = this.#chunked.length + this.#unhinted.length
    if (this.#wanted.size >= smallFilesMax || others >= otherFilesMax) await this.#fetchFiles()
  }

  /** Fetches what was noted so far; small files travel with the chunks of the first large ones. */
  async #fetchFiles(): Promise<void> {
    await this.#resolveUnhinted()
    const files = new Map(this.#chunked.map((file) => [file.digest, file]))
    this.#chunked = []
    for (const group of groupsOf(files.values())) await this.#fetchGroup(group)
    await this.#fetchContent()
  }

  /** Files whose place no locator told: the indexes know whether they have a recipe. */
  async #resolveUnhinted(): Promise<void> {
    const { finder } = this.#request.fetcher
    const files = this.#unhinted
    this.#unhinted = []
    const hasRecipe = ({ digest }: ChunkedFile): boolean =>
      finder.recipeOf(digest, undefined) !== undefined
    const isKnown = (file: ChunkedFile): boolean =>
      finder.locate(file.digest, undefined) !== undefined || hasRecipe(file)
    await finder.learnIndexes(() => files.every(isKnown))
    for (const file of files) {
      if (hasRecipe(file)) this.#chunked.push(file)
      else this.#wantWhole({ digest: file.digest, size: file.sizeBytes }, undefined)
    }
  }

  async #fetchGroup(group: readonly ChunkedFile[]): Promise<void> {
    const { fetcher, progress, arriving } = this.#request
    for (const { sizeBytes } of group) progress.addTotal({ files: 1, bytes: sizeBytes })
    await using recipes = new RecipeDownload(
      {
        parts: this.#parts,
        fetcher,
        nodes: this.#nodes,
        writer: this.#writer,
        local: this.#local,
        progress,
        arriving,
      },
      group,
    )
    await recipes.plan(this.#wanted)
    await this.#fetchContent(recipes)
    await recipes.store()
  }

  /** Reads all content that is wanted so far, and publishes it. */
  async #fetchContent(recipes?: RecipeDownload): Promise<void> {
    const wanted = this.#wanted
    if (wanted.size === 0) return
    const { fetcher, progress } = this.#request
    this.#wanted = new WantedContent(fetcher.finder)
    const rounds = fetcher.fetchPlaced(wanted.located(), wanted.unlocated())
    const kept = mapOrdered(rounds, roundsAtOnce, (round) => this.#keepRound(round, recipes))
    for await (const bytes of kept) {
      progress.advance({ bytes })
      await this.#writer.settle()
      if (this.#unpublishedBytes >= publishBytes) await this.#publish()
    }
    await this.#publish()
  }

  /** Puts what was verified into a pack of this store; returns how many bytes of content it is. */
  async #keepRound(
    { objects, release }: FetchedRound<Wanted>,
    recipes?: RecipeDownload,
  ): Promise<number> {
    let contentBytes = 0
    for (const { item, bytes, stored, encoding } of objects) {
      const { digest, kind } = item
      const sizes = { storedBytes: stored.length, sizeBytes: bytes.length }
      this.#writer.addFrame({ digest, kind, encoding, offset: 0, ...sizes }, stored)
      recipes?.arrived(digest, bytes)
      this.#unpublishedBytes += stored.length
      contentBytes += bytes.length
    }
    await recipes?.hash()
    release()
    return contentBytes
  }

  async #publish(): Promise<PublishResult['packs']> {
    this.#unpublishedBytes = 0
    const packs = await publishUnderLock(this.#parts, this.#writer)
    this.#local.lookForPacks()
    return packs
  }

  /** After a failure: what arrived need not be fetched again. The failure is what counts. */
  async #keepArrived(): Promise<void> {
    try {
      await this.#publish()
    } catch {
      await this.#writer.abort()
    }
  }
}
