/**
 * Decides how a folder becomes what a version says, without touching anything.
 *
 * Three things are compared at every path: what is on disk, what mlstore wrote there last (the
 * previous tree), and what shall be there (the target tree). mlstore replaces and deletes only
 * bytes that it wrote itself. Whatever else is in the way is a conflict, found before the first
 * change; files of the user that neither tree knows stay, and so do the folders they are in.
 */

import type { Digest } from '../core/digest.ts'
import type { TreeItem } from '../core/tree/build.ts'
import { MlstoreError, throwIfAborted } from '../errors.ts'
import { type Batches, type Joined, joinByPath } from './merge.ts'
import { NameGuard, type NameLimits } from './name-guard.ts'
import { isBelow } from './relative-path.ts'
import { isExecutable, type ScanEntry } from './scan.ts'
import { type FileContent, StepList } from './step-list.ts'

export type ScannedFile = Extract<ScanEntry, { kind: 'file' }>
type FileItem = Extract<TreeItem, { kind: 'file' }>

export type PlanRequest = {
  /** A scan with `odd: 'report'`; `undefined` if the folder is not there. */
  readonly disk: Batches<ScanEntry> | undefined
  /** What mlstore wrote there last; none if it never did. */
  readonly previous?: Batches<TreeItem> | undefined
  readonly target: Batches<TreeItem>
  /**
   * Digests of files on disk, in order; from the stat index or by reading. Asked only where the
   * size leaves it open.
   */
  readonly digestsOf: (files: readonly ScannedFile[]) => Promise<readonly Digest[]>
  /** Replaces and deletes what mlstore did not write, where it is in the way. Default: false. */
  readonly force?: boolean | undefined
  readonly limits?: NameLimits | undefined
  /** What an error calls a path. Default: the path itself. */
  readonly titleOf?: ((path: string) => string) | undefined
  /** What to do about what is in the way. Default: that some commands have `--force`. */
  readonly hint?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export type Plan = {
  readonly steps: StepList
  /** Of the target: files and links, and bytes of the files. */
  readonly files: number
  readonly sizeBytes: number
  /** What has to be written of that. */
  readonly writtenFiles: number
  readonly writtenBytes: number
  readonly removedFiles: number
}

/**
 * Compares and plans. All lists are in tree order; memory is that of the steps.
 *
 * @throws {MlstoreError} `WORKING_TREE_CHANGED` if anything is in the way; `details.paths` lists
 *   it. With `force` that is only left for what cannot be deleted, such as a `.git` folder.
 * @throws {MlstoreError} `INVALID_ARGUMENT` if `limits` rule a name out.
 */
export async function planChanges(request: PlanRequest): Promise<Plan> {
  const planner = new Planner(request)
  const { disk = [], previous = [], target } = request
  for await (const batch of joinByPath({ disk, previous, target })) {
    throwIfAborted(request.signal)
    const unsure = batch.flatMap(fileToRead)
    const digests = unsure.length > 0 ? await request.digestsOf(unsure) : []
    const known = new Map(unsure.map(({ path }, index) => [path, digests[index]]))
    for (const row of batch) planner.visit(row, known.get(row.path))
  }
  return planner.end()
}

type Row = Joined<ScanEntry, TreeItem, TreeItem>

/** The file on disk, if its size does not yet rule out that one of the trees knows its bytes. */
function fileToRead({ disk, previous, target }: Row): ScannedFile[] {
  if (disk?.kind !== 'file') return []
  const { sizeBytes } = disk.stat
  const mayBe = (item: TreeItem | undefined): boolean =>
    item?.kind === 'file' && item.size === sizeBytes
  return mayBe(previous) || mayBe(target) ? [disk] : []
}

/** A folder on disk for which the target has none. */
type LeavingFolder = {
  readonly path: string
  /** The target has a file or link of that name, so everything in the folder must go. */
  readonly inTheWay: boolean
  /** Something in it stays. */
  kept: boolean
}

class Planner {
  readonly #steps = new StepList()
  readonly #force: boolean
  readonly #hasExecutableBit: boolean
  readonly #guard: NameGuard | undefined
  readonly #titleOf: (path: string) => string
  readonly #hint: string | undefined
  readonly #conflicts: string[] = []
  /** From the outermost to the one that holds the current path. */
  readonly #leaving: LeavingFolder[] = []
  #files = 0
  #sizeBytes = 0
  #writtenFiles = 0
  #writtenBytes = 0
  #removedFiles = 0

  constructor({ disk, force, limits, titleOf, hint }: PlanRequest) {
    this.#force = force ?? false
    this.#hasExecutableBit = limits?.windows !== true
    this.#guard = limits && new NameGuard(limits)
    this.#titleOf = titleOf ?? ((path) => path)
    this.#hint = hint
    if (disk === undefined) this.#steps.add({ op: 'mkdir', path: '' })
  }

  /** Decides about one path; `digest` is that of the file on disk, where it matters. */
  visit({ path, disk, previous, target }: Row, digest: Digest | undefined): void {
    this.#leaveFoldersAround(path)
    if (target !== undefined) this.#expect(target)
    if (disk === undefined) {
      if (target !== undefined) this.#make(target)
      return
    }
    const found = { disk, digest, isOurs: isSame(disk, digest, previous) }
    if (target === undefined) this.#drop(found, previous)
    else this.#change(found, target)
  }

  end(): Plan {
    this.#leaveFoldersAround('')
    if (this.#conflicts.length > 0)
      throw treeChanged(this.#conflicts.map(this.#titleOf), this.#hint)
    return {
      steps: this.#steps,
      files: this.#files,
      sizeBytes: this.#sizeBytes,
      writtenFiles: this.#writtenFiles,
      writtenBytes: this.#writtenBytes,
      removedFiles: this.#removedFiles,
    }
  }

  #expect(target: TreeItem): void {
    this.#guard?.check(target.path)
    if (target.kind === 'directory') return
    this.#files += 1
    if (target.kind === 'file') this.#sizeBytes += target.size
  }

  /** The target has nothing here. */
  #drop(found: Found, previous: TreeItem | undefined): void {
    const { disk } = found
    const mustGo = this.#leaving.at(-1)?.inTheWay === true
    if (disk.kind === 'directory') {
      if (mustGo || previous?.kind === 'directory') this.#leave(disk.path, mustGo)
      else this.#keep(disk.path)
      return
    }
    const isTracked =
      previous !== undefined && previous.kind !== 'directory' && disk.kind !== 'other'
    if (!mustGo && !isTracked) this.#keep(disk.path)
    else if (this.#mayReplace(found)) this.#remove(disk)
  }

  /** Something is on disk where the target has something. */
  #change(found: Found, target: TreeItem): void {
    const { disk, digest } = found
    if (disk.kind === 'directory') {
      if (target.kind === 'directory') return
      this.#leave(disk.path, true)
      this.#make(target)
      return
    }
    if (isSame(disk, digest, target)) this.#setExecutable(disk, target)
    else if (this.#mayReplace(found)) this.#replace(disk, target)
  }

  #replace(disk: ScanEntry, target: TreeItem): void {
    if (disk.kind === 'file' && target.kind === 'file') {
      this.#write(target, disk)
      return
    }
    this.#remove(disk)
    this.#make(target)
  }

  /** The bytes are right. A file with several links is replaced, since they share their mode. */
  #setExecutable(disk: ScanEntry, target: TreeItem): void {
    if (disk.kind !== 'file' || target.kind !== 'file' || !this.#hasExecutableBit) return
    if (isExecutable(disk.stat) === (target.exec === true)) return
    if (disk.stat.links > 1) this.#write(target, disk)
    else
      this.#steps.add({
        op: 'chmod',
        path: target.path,
        content: contentOf(target),
        seen: disk.stat,
      })
  }

  #make(target: TreeItem): void {
    if (target.kind === 'file') return this.#write(target, undefined)
    if (target.kind === 'directory') return this.#steps.add({ op: 'mkdir', path: target.path })
    this.#writtenFiles += 1
    return this.#steps.add({ op: 'link', path: target.path, target: target.target })
  }

  #write(target: FileItem, replaced: ScannedFile | undefined): void {
    this.#writtenFiles += 1
    this.#writtenBytes += target.size
    this.#steps.add({
      op: 'write',
      path: target.path,
      content: contentOf(target),
      seen: replaced?.stat,
    })
  }

  #remove(disk: ScanEntry): void {
    if (disk.kind === 'file') this.#steps.add({ op: 'remove', path: disk.path, seen: disk.stat })
    if (disk.kind === 'link')
      this.#steps.add({ op: 'unlink', path: disk.path, target: disk.target })
    this.#removedFiles += 1
  }

  /** Whether what is in the way may go; if not, it is a conflict. */
  #mayReplace({ disk, isOurs }: Found): boolean {
    if (isOurs || (this.#force && disk.kind !== 'other')) return true
    this.#conflicts.push(disk.path)
    return false
  }

  /** Something of the user's stays, and the folder it is in. */
  #keep(path: string): void {
    this.#guard?.check(path)
    const folder = this.#leaving.at(-1)
    if (folder !== undefined) folder.kept = true
  }

  #leave(path: string, inTheWay: boolean): void {
    this.#leaving.push({ path, inTheWay, kept: false })
  }

  /** Ends the folders that do not hold `path`: they are empty now, or are kept. */
  #leaveFoldersAround(path: string): void {
    for (let folder = this.#leaving.at(-1); folder !== undefined; folder = this.#leaving.at(-1)) {
      if (isBelow(path, folder.path)) return
      this.#leaving.pop()
      if (folder.inTheWay) this.#steps.add({ op: 'cleardir', path: folder.path })
      else if (folder.kept) this.#keep(folder.path)
      else this.#steps.add({ op: 'rmdir', path: folder.path })
    }
  }
}

/** What is on disk at a path, and whether its bytes are those mlstore wrote there last. */
type Found = {
  readonly disk: ScanEntry
  readonly digest: Digest | undefined
  readonly isOurs: boolean
}

/** Whether the content is that of the item; the executable bit is not content. */
function isSame(disk: ScanEntry, digest: Digest | undefined, item: TreeItem | undefined): boolean {
  if (disk.kind === 'file') return item?.kind === 'file' && item.digest === digest
  return disk.kind === 'link' && item?.kind === 'link' && item.target === disk.target
}

function contentOf({ digest, size, exec }: FileItem): FileContent {
  return { digest, sizeBytes: size, executable: exec === true }
}

const pathsInMessage = 10

/** Of callers that may be behind any command: those without the option are not told to use it. */
const hintOfForce =
  'Add or move them, or choose another place; `get`, `pull` and `checkout` have `--force` to lose them.'

/** The error for what is in the way, `details.paths` naming all of it. */
export function treeChanged(paths: readonly string[], hint: string = hintOfForce): MlstoreError {
  const shown = paths.slice(0, pathsInMessage).join(', ')
  const more = paths.length > pathsInMessage ? ` and ${paths.length - pathsInMessage} more` : ''
  return new MlstoreError(
    'WORKING_TREE_CHANGED',
    `In the way, and not written by mlstore: ${shown}${more}.`,
    {
      hint,
      details: { paths },
    },
  )
}
