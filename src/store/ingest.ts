/**
 * Reads a file or folder of the user into a write session and builds its tree.
 *
 * A file whose stat is the one recorded with its digest is not read again, as long as the store
 * still has its bytes. Everything else is read once, front to back.
 */

import { join } from 'node:path'

import type { Digest } from '../core/digest.ts'
import { packKind } from '../core/pack/format.ts'
import { type BuiltTree, TreeBuilder, type TreeItem } from '../core/tree/build.ts'
import { compareNames } from '../core/tree/name-order.ts'
import { chunkSizeBytesMin } from '../core/chunking/parameters.ts'
import type { LinkMode } from '../objects/loose-files.ts'
import type { ObjectWriter } from '../objects/object-writer.ts'
import { fileChanged, isUntouched } from '../objects/unchanged.ts'
import type { FileStat } from '../ports/file-system.ts'
import type { ProgressTask } from '../ports/progress.ts'
import { fileSystemTime } from '../worktree/file-system-time.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import { isExecutable, scanFolder, type ScanEntry } from '../worktree/scan.ts'
import { StatIndex } from '../worktree/stat-index.ts'
import type { StoreParts } from './parts.ts'

/** One thing to take: a folder's content goes below `at`, a file or link becomes `at` itself. */
export type Source = {
  /** Absolute, without links. */
  readonly path: string
  /** Path in the version; `''` for the content of the one folder. */
  readonly at: string
}

export type IngestOptions = {
  readonly exclude: readonly string[]
  readonly noHidden: boolean
  readonly hardlink: boolean
  readonly progress: ProgressTask
  readonly signal?: AbortSignal | undefined
}

export type Ingested = BuiltTree & {
  readonly newBytes: number
  /** Names left out by `noHidden`. */
  readonly hidden: number
}

/** Files up to this size are read at once: a promise would cost more than the reading. */
const smallFileBytesMax = 4 * chunkSizeBytesMin

/**
 * Adds the sources to the session.
 *
 * @throws {MlstoreError} `FILE_CHANGED` when a file changed while it was read, and what scanning
 * refuses. The session is then of no use: abort it.
 */
export async function ingest(
  parts: StoreParts,
  writer: ObjectWriter,
  sources: readonly Source[],
  options: IngestOptions,
): Promise<Ingested> {
  const run = new Ingest(parts, writer, options)
  for (const source of sources.toSorted((a, b) => compareNames(a.at, b.at))) {
    await run.take(source)
  }
  return run.end()
}

class Ingest {
  readonly #parts: StoreParts
  readonly #writer: ObjectWriter
  readonly #options: IngestOptions
  readonly #tree: TreeBuilder
  #newBytes = 0
  #hidden = 0
  /** Until a reflink was refused. */
  #canClone = true

  constructor(parts: StoreParts, writer: ObjectWriter, options: IngestOptions) {
    this.#parts = parts
    this.#writer = writer
    this.#options = options
    this.#tree = new TreeBuilder((digest, bytes) => {
      writer.addObject(packKind.treeNode, bytes, digest)
    })
  }

  async take(source: Source): Promise<void> {
    const { fs, layout, ids, catalog } = this.#parts
    const time = fileSystemTime(fs, {
      folder: source.path,
      scratch: layout.temporary,
      id: ids.id(),
    })
    const index = new StatIndex(catalog.stats, source.path, time)
    const stat = fs.lstat(source.path)
    if (stat?.kind === 'directory') await this.#takeFolder(source, index)
    else if (stat?.kind === 'file') await this.#takeFile(source, '', stat, index)
    index.flush()
  }

  end(): Ingested {
    return { ...this.#tree.end(), newBytes: this.#newBytes, hidden: this.#hidden }
  }

  async #takeFolder(source: Source, index: StatIndex): Promise<void> {
    const { exclude, noHidden, signal } = this.#options
    const rules = IgnoreRules.top({ exclude, noHidden })
    const onHidden = (): void => {
      this.#hidden += 1
    }
    if (source.at !== '') this.#tree.add({ kind: 'directory', path: source.at })
    for await (const batch of scanFolder(this.#parts.fs, source.path, rules, {
      signal,
      onHidden,
    })) {
      this.#options.progress.addTotal(totalOf(batch))
      for (const entry of batch) {
        if (entry.kind === 'file') await this.#takeFile(source, entry.path, entry.stat, index)
        else this.#takeOther(source, entry)
      }
      await this.#writer.settle()
    }
  }

  #takeOther(source: Source, entry: ScanEntry): void {
    const path = within(source.at, entry.path)
    if (entry.kind === 'directory') this.#tree.add({ kind: 'directory', path })
    else if (entry.kind === 'link') this.#tree.add({ kind: 'link', path, target: entry.target })
  }

  async #takeFile(source: Source, path: string, stat: FileStat, index: StatIndex): Promise<void> {
    const known = index.digestOf(path, stat)
    const isHere = known !== undefined && this.#writer.keep(known)
    const digest = isHere ? known : await this.#read(join(source.path, path), stat)
    if (isHere) this.#options.progress.advance({ files: 1, dedupedBytes: stat.sizeBytes })
    else index.record(path, stat, digest)
    const item: TreeItem = {
      kind: 'file',
      path: within(source.at, path),
      digest,
      size: stat.sizeBytes,
      exec: isExecutable(stat),
    }
    this.#tree.add(item)
  }

  async #read(path: string, stat: FileStat): Promise<Digest> {
    const added = await this.#store(path, stat)
    this.#newBytes += added.newBytes
    this.#options.progress.advance({ files: 1, dedupedBytes: stat.sizeBytes - added.newBytes })
    return added.digest
  }

  /** Links where that saves a copy, reads everything else. */
  async #store(path: string, stat: FileStat): Promise<AddedBytes> {
    if (this.#options.hardlink && stat.sizeBytes > 0) {
      const linked = await this.#adopt(path, 'hardlink')
      if (linked !== undefined) return linked
    }
    if (stat.sizeBytes <= smallFileBytesMax) return this.#readSmall(path, stat)
    const cloned = this.#canClone ? await this.#adopt(path, 'reflink') : undefined
    this.#canClone &&= cloned !== undefined
    return cloned ?? this.#readLarge(path, stat)
  }

  #readSmall(path: string, stat: FileStat): AddedBytes {
    const bytes = this.#parts.fs.readFile(path)
    this.#refuseChanged(path, stat)
    if (bytes.length !== stat.sizeBytes) throw fileChanged(path)
    return this.#writer.addSmallFile(bytes)
  }

  async #readLarge(path: string, stat: FileStat): Promise<AddedBytes> {
    const { progress, signal } = this.#options
    const file = this.#parts.fs.open(path, 'read')
    try {
      const onBytes = (bytes: number): void => progress.advance({ bytes })
      const added = await this.#writer.addFile(file, { path, signal, onBytes })
      this.#refuseChanged(path, stat)
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
  async #adopt(path: string, mode: LinkMode): Promise<AddedBytes | undefined> {
    const object = await this.#parts.objects.loose.adopt(path, mode, this.#options.signal)
    if (object === undefined) return undefined
    this.#writer.keep(object.digest)
    return { digest: object.digest, newBytes: object.sizeBytes }
  }
}

type AddedBytes = { readonly digest: Digest; readonly newBytes: number }

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

function within(at: string, path: string): string {
  if (path === '') return at
  return at === '' ? path : `${at}/${path}`
}
