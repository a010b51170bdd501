/**
 * Reads files and folders of the user into a write session and builds their tree.
 *
 * A file whose stat is the one recorded with its digest is not read again. Whether the store still
 * has its bytes is only asked when a version is to be made of them (`holdsAssumed`), since most
 * often nothing changed and none is made. Everything else is read once, front to back.
 */

import { basename, join } from 'node:path'

import { chunkSizeBytesMin } from '../core/chunking/parameters.ts'
import type { Digest } from '../core/digest.ts'
import { DigestSet } from '../core/digest-set.ts'
import { packKind } from '../core/pack/format.ts'
import { type BuiltTree, TreeBuilder } from '../core/tree/build.ts'
import { compareNames } from '../core/tree/name-order.ts'
import type { LinkMode } from '../objects/loose-files.ts'
import type { ObjectWriter } from '../objects/object-writer.ts'
import { fileChanged, isUntouched } from '../objects/unchanged.ts'
import type { FileStat } from '../ports/file-system.ts'
import type { ProgressTask } from '../ports/progress.ts'
import type { IgnoreRules } from '../worktree/ignore-rules.ts'
import type { ScannedFile } from '../worktree/plan.ts'
import { isExecutable, type ScanEntry } from '../worktree/scan.ts'
import { LinkedFiles } from './linked-files.ts'
import type { StoreParts } from './parts.ts'
import { WatchedScan } from './remembered-tree.ts'
import {
  lookAt,
  lookIntoFolder,
  type LookOptions,
  type Source,
  type UserPath,
} from './user-path.ts'

/**
 * How far a digest of the stat cache is believed to stand for bytes that the store has: until
 * someone asks, only after asking, or not at all.
 */
export type Trust = 'assume' | 'check' | 'never'

export type IngestOptions = {
  readonly rules: IgnoreRules
  readonly trust: Trust
  readonly hardlink: boolean
  readonly progress: ProgressTask
  /** Told of each name that the rules leave out as hidden. */
  readonly onHidden: () => void
  readonly signal?: AbortSignal | undefined
}

export type Ingested = BuiltTree & {
  /** Bytes of content that the store did not have. */
  readonly newBytes: number
  /** Digests that were believed without asking. */
  readonly assumed: DigestSet
}

/**
 * Adds the content of one folder, or several things under their names, to the session.
 *
 * @throws {MlstoreError} `FILE_CHANGED` when a file changed while it was read, `INTERRUPTED`, and
 * what scanning refuses. The session can be used on.
 */
export async function ingest(
  parts: StoreParts,
  writer: ObjectWriter,
  sources: readonly Source[],
  options: IngestOptions,
): Promise<Ingested> {
  const run = new Ingest(parts, writer, options)
  const [only, ...others] = sources
  if (only?.isFolder === true && others.length === 0) return run.takeContent(only.path)
  const byName = (a: Source, b: Source): number => compareNames(basename(a.path), basename(b.path))
  for (const source of sources.toSorted(byName)) await run.takeNamed(source)
  return run.end()
}

/** Files up to this size are read at once: a promise would cost more than the reading. */
const smallFileBytesMax = 4 * chunkSizeBytesMin

class Ingest {
  readonly #parts: StoreParts
  readonly #writer: ObjectWriter
  readonly #options: IngestOptions
  readonly #tree: TreeBuilder
  readonly #linked: LinkedFiles
  readonly #assumed = new DigestSet()
  #newBytes = 0
  /** Until a reflink was refused. */
  #canClone = true

  constructor(parts: StoreParts, writer: ObjectWriter, options: IngestOptions) {
    this.#parts = parts
    this.#writer = writer
    this.#options = options
    this.#linked = new LinkedFiles(parts)
    this.#tree = new TreeBuilder((digest, bytes) => {
      writer.addObject(packKind.treeNode, bytes, digest)
    })
  }

  /** Takes what is in a folder, and remembers the tree it has. */
  async takeContent(path: string): Promise<Ingested> {
    const place = lookIntoFolder(this.#parts, path, this.#lookOptions)
    const scan = new WatchedScan(this.#parts, place)
    await this.#takeAll({ ...place, entries: scan.entries() }, '')
    const ingested = await this.end()
    scan.remember(ingested.root)
    return ingested
  }

  /** Takes a file or folder under its own name. */
  async takeNamed(source: Source): Promise<void> {
    const { path, isFolder } = source
    const name = basename(path)
    if (isFolder) this.#tree.add({ kind: 'directory', path: name })
    const place = lookAt(this.#parts, source, this.#lookOptions)
    await this.#takeAll(place, isFolder ? `${name}/` : '')
  }

  async end(): Promise<Ingested> {
    await this.#linked.recordRows()
    return { ...this.#tree.end(), newBytes: this.#newBytes, assumed: this.#assumed }
  }

  get #lookOptions(): LookOptions {
    const { rules, onHidden, signal } = this.#options
    return { rules, onHidden, signal }
  }

  async #takeAll(place: UserPath, prefix: string): Promise<void> {
    for await (const batch of place.entries) {
      this.#options.progress.addTotal(totalOf(batch))
      for (const entry of batch) {
        if (entry.kind !== 'file') this.#takeOther(entry, prefix)
        else {
          const known = this.#knownDigest(place, entry)
          this.#addFile(entry, prefix, known ?? (await this.#read(place, entry)))
        }
      }
      await this.#writer.settle()
    }
    place.index.flush()
  }

  #takeOther(entry: Exclude<ScanEntry, ScannedFile>, prefix: string): void {
    const path = prefix + entry.path
    if (entry.kind === 'directory') this.#tree.add({ kind: 'directory', path })
    else if (entry.kind === 'link') this.#tree.add({ kind: 'link', path, target: entry.target })
  }

  #addFile({ path, stat }: ScannedFile, prefix: string, digest: Digest): void {
    const [size, exec] = [stat.sizeBytes, isExecutable(stat)]
    this.#tree.add({ kind: 'file', path: prefix + path, digest, size, exec })
  }

  /** The digest of a file that need not be read. */
  #knownDigest({ index }: UserPath, { path, stat }: ScannedFile): Digest | undefined {
    const { trust, progress } = this.#options
    const known = trust === 'never' ? undefined : index.digestOf(path, stat)
    if (known === undefined) return undefined
    if (trust === 'assume') this.#assumed.add(known)
    else if (!this.#writer.keep(known)) return undefined
    progress.advance({ files: 1, dedupedBytes: stat.sizeBytes })
    return known
  }

  async #read({ folder, index, timeNs }: UserPath, { path, stat }: ScannedFile): Promise<Digest> {
    const absolute = join(folder, path)
    const { digest, newBytes, isLinked = false } = await this.#store(absolute, stat)
    this.#newBytes += newBytes
    if (isLinked) this.#linked.add({ path: absolute, stat, digest }, timeNs)
    else index.record(path, stat, digest)
    return digest
  }

  /** Links where that saves a copy, reads everything else. */
  async #store(path: string, stat: FileStat): Promise<StoredFile> {
    const { hardlink, progress } = this.#options
    const adopted = hardlink && stat.sizeBytes > 0 ? await this.#adopt(path, 'hardlink') : undefined
    if (adopted !== undefined) return { ...adopted, isLinked: true }
    if (stat.sizeBytes > smallFileBytesMax) return this.#storeLarge(path, stat)
    const stored = this.#storeSmall(path, stat)
    const { newBytes } = stored
    progress.advance({ files: 1, bytes: newBytes, dedupedBytes: stat.sizeBytes - newBytes })
    return stored
  }

  #storeSmall(path: string, stat: FileStat): StoredFile {
    const bytes = this.#parts.fs.readFile(path)
    this.#refuseChanged(path, stat)
    if (bytes.length !== stat.sizeBytes) throw fileChanged(path)
    return this.#writer.addSmallFile(bytes)
  }

  async #storeLarge(path: string, stat: FileStat): Promise<StoredFile> {
    const cloned = this.#canClone ? await this.#adopt(path, 'reflink') : undefined
    this.#canClone &&= cloned !== undefined
    if (cloned !== undefined) {
      this.#refuseChanged(path, stat)
      return cloned
    }
    const { progress, signal } = this.#options
    const file = this.#parts.fs.open(path, 'read')
    try {
      const onBytes = (bytes: number): void => progress.advance({ bytes })
      const added = await this.#writer.addFile(file, { path, signal, onBytes })
      this.#refuseChanged(path, stat)
      const known = stat.sizeBytes - added.newBytes
      progress.advance({ files: 1, bytes: -known, dedupedBytes: known })
      return added
    } finally {
      file.close()
    }
  }

  #refuseChanged(path: string, before: FileStat): void {
    const after = this.#parts.fs.lstat(path)
    if (after === undefined || !isUntouched(before, after)) throw fileChanged(path)
  }

  /** Keeps the file itself, or a reflink of it, as the store's copy; `undefined` where that cannot be. */
  async #adopt(path: string, mode: LinkMode): Promise<StoredFile | undefined> {
    const { objects, catalog } = this.#parts
    const object = await objects.loose.adopt(path, mode, this.#options.signal)
    if (object === undefined) return undefined
    const { digest, sizeBytes, isNew } = object
    const isPacked =
      catalog.objects.find(digest) !== undefined || catalog.objects.findRecipe(digest) !== undefined
    this.#writer.keep(digest)
    const newBytes = isNew && !isPacked ? sizeBytes : 0
    this.#options.progress.advance({
      files: 1,
      bytes: newBytes,
      dedupedBytes: sizeBytes - newBytes,
    })
    return { digest, newBytes }
  }
}

type StoredFile = {
  readonly digest: Digest
  readonly newBytes: number
  /** It is the store's copy now, so its stat has changed. */
  readonly isLinked?: boolean
}

function totalOf(batch: readonly ScanEntry[]): { files: number; bytes: number } {
  let files = 0
  let bytes = 0
  for (const entry of batch) {
    if (entry.kind !== 'file') continue
    files += 1
    bytes += entry.stat.sizeBytes
  }
  return { files, bytes }
}
