/**
 * Takes the files of a package into a write session, wherever they lie, and builds their tree.
 *
 * In a store a package version is `model/` (or `dataset/`), `dependencies/`, `code/` and the info
 * document beside them. A file whose stat is the one recorded with its digest is not read again.
 */

import { basename, dirname } from 'node:path'

import { chunkSizeBytesMin } from '../../core/chunking/parameters.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { packKind } from '../../core/pack/format.ts'
import { infoBytes, infoFileName } from '../../core/packages/documents.ts'
import type {
  PackageContent,
  PackageFile,
  PackageKind,
  PackagePart,
} from '../../core/packages/package.ts'
import { TreeBuilder } from '../../core/tree/build.ts'
import { throwIfAborted } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import { fileChanged, isUntouched } from '../../objects/unchanged.ts'
import type { FileStat } from '../../ports/file-system.ts'
import type { LocalPackageFile, PackageWork } from '../../ports/package-repository.ts'
import { fileSystemTime } from '../../worktree/file-system-time.ts'
import { isExecutable } from '../../worktree/scan.ts'
import { StatIndex } from '../../worktree/stat-index.ts'
import type { ReadContent } from '../add.ts'
import type { Trust } from '../ingest.ts'
import type { StoreParts } from '../parts.ts'

/** What the files are files of. */
export type Described = Omit<PackageContent, 'files'>

export type Taking = {
  readonly described: Described
  readonly files: readonly LocalPackageFile[]
  readonly trust: Trust
  readonly work: PackageWork
}

/** Files up to this size are read at once. */
const smallFileBytesMax = 4 * chunkSizeBytesMin

/** After so many files the session waits until little is held in memory. */
const filesPerSettling = 200

/** The folder of a part in a store's version. */
export function folderOf(kind: PackageKind, part: PackagePart): string {
  return part === 'files' ? kind : part
}

/**
 * Takes all of them and the info document.
 *
 * @throws {MlstoreError} `FILE_CHANGED`, `INTERRUPTED`, and what reading throws.
 */
export async function takeFiles(
  parts: StoreParts,
  writer: ObjectWriter,
  { described, files, trust, work }: Taking,
): Promise<ReadContent> {
  const taker = new Taker(parts, writer, trust, work)
  const tree = new TreeBuilder((digest, bytes) => {
    writer.addObject(packKind.treeNode, bytes, digest)
  })
  const taken: PackageFile[] = []
  for (const file of files) {
    throwIfAborted(work.signal)
    const { part, stat } = file
    const path = `${folderOf(described.kind, part)}/${file.path}`
    const digest = await taker.take(file)
    tree.add({ kind: 'file', path, digest, size: stat.sizeBytes, exec: isExecutable(stat) })
    taken.push({ part, path: file.path, sizeBytes: stat.sizeBytes, digest })
    if (taken.length % filesPerSettling === 0) await writer.settle()
  }
  taker.end()
  const info = writer.addSmallFile(infoBytes({ ...described, files: taken }))
  const path = infoFileName(described.kind)
  tree.add({ kind: 'file', path, digest: info.digest, size: info.sizeBytes })
  return { ...tree.end(), newBytes: taker.newBytes, assumed: taker.assumed, hidden: 0 }
}

type Known = PackageFile['digest'] | undefined

class Taker {
  readonly assumed = new DigestSet()
  newBytes = 0
  readonly #parts: StoreParts
  readonly #writer: ObjectWriter
  readonly #trust: Trust
  readonly #work: PackageWork
  /** The file system's time before the first look, by device. */
  readonly #times = new Map<bigint, bigint>()
  #index: { readonly folder: string; readonly rows: StatIndex } | undefined

  constructor(parts: StoreParts, writer: ObjectWriter, trust: Trust, work: PackageWork) {
    this.#parts = parts
    this.#writer = writer
    this.#trust = trust
    this.#work = work
  }

  async take({ source, stat }: LocalPackageFile): Promise<PackageFile['digest']> {
    const { progress } = this.#work
    const index = this.#indexOf(dirname(source), stat)
    const known = this.#knownDigest(index.digestOf(basename(source), stat))
    if (known !== undefined) {
      progress.advance({ files: 1, dedupedBytes: stat.sizeBytes })
      return known
    }
    const { digest, newBytes } = await this.#read(source, stat)
    this.newBytes += newBytes
    progress.advance({ files: 1, bytes: newBytes, dedupedBytes: stat.sizeBytes - newBytes })
    index.record(basename(source), stat, digest)
    return digest
  }

  /** Writes what was learned about the files. */
  end(): void {
    this.#index?.rows.flush()
  }

  #knownDigest(known: Known): Known {
    if (this.#trust === 'never' || known === undefined) return undefined
    if (this.#trust === 'check') return this.#writer.keep(known) ? known : undefined
    this.assumed.add(known)
    return known
  }

  async #read(
    source: string,
    stat: FileStat,
  ): Promise<Pick<PackageFile, 'digest'> & { readonly newBytes: number }> {
    const { fs } = this.#parts
    if (stat.sizeBytes <= smallFileBytesMax) {
      const bytes = fs.readFile(source)
      const after = fs.lstat(source)
      const isSame = after !== undefined && isUntouched(stat, after)
      if (!isSame || bytes.length !== stat.sizeBytes) throw fileChanged(source)
      return this.#writer.addSmallFile(bytes)
    }
    const file = fs.open(source, 'read')
    try {
      if (!isUntouched(stat, file.stat())) throw fileChanged(source)
      return await this.#writer.addFile(file, { path: source, signal: this.#work.signal })
    } finally {
      file.close()
    }
  }

  #indexOf(folder: string, stat: FileStat): StatIndex {
    if (this.#index?.folder === folder) return this.#index.rows
    this.#index?.rows.flush()
    const rows = new StatIndex(
      this.#parts.catalog.stats,
      folder,
      this.#timeOf(folder, stat),
      'each',
    )
    this.#index = { folder, rows }
    return rows
  }

  #timeOf(folder: string, { device }: FileStat): bigint {
    const known = this.#times.get(device)
    if (known !== undefined) return known
    const { fs, layout, temporaries } = this.#parts
    const request = { folder, scratch: layout.temporary, id: temporaries.name() }
    const time = fileSystemTime(fs, request)
    this.#times.set(device, time)
    return time
  }
}
