/**
 * The second half of writing a folder: everything is prepared, now the names change hands.
 *
 * First what must go, then what is new, links last. Before anything is touched every file that
 * will be replaced or removed is looked at, and each once more right before its turn: one that is
 * not what the plan saw is left alone, and the work ends with an error. Nothing is reached through
 * a link: the folders above each path are checked to be folders.
 */

import { dirname } from 'node:path'

import { MlstoreError } from '../errors.ts'
import type { FileStat, FileSystem } from '../ports/file-system.ts'
import type { Durability } from './durability.ts'
import { move } from './move.ts'
import { clashAt } from './name-guard.ts'
import { isBelow, joinPath, parentOf } from './relative-path.ts'
import { placements } from './staging.ts'
import type {
  ChmodStep,
  LinkStep,
  MakeDirectoryStep,
  RemoveDirectoryStep,
  RemoveLinkStep,
  SeenFile,
  Step,
  StepList,
  WriteStep,
} from './step-list.ts'

export type PlacingParts = {
  readonly fs: FileSystem
  /** Absolute path of the folder. */
  readonly root: string
  readonly stage: string
  readonly id: string
  readonly durability: Durability
}

/** Called once a step; now and then it gives way to the event loop. */
export type Pause = () => Promise<void> | undefined

/** Applies steps whose new content is prepared in `stage`. */
export class Placing {
  readonly #parts: PlacingParts
  readonly #folders: RealFolders

  constructor(parts: PlacingParts) {
    this.#parts = parts
    this.#folders = new RealFolders(parts.fs, parts.root)
  }

  /**
   * Looks at everything that will be replaced or removed, and changes nothing.
   *
   * @throws {MlstoreError} `WORKING_TREE_CHANGED` for what is not as the plan saw it.
   */
  async verify(steps: StepList, pause: Pause): Promise<void> {
    for (const step of steps) {
      if ('seen' in step && step.seen !== undefined) this.#verifyFile(step.path, step.seen)
      else if (step.op === 'unlink') this.#isToUnlink(step)
      await pause()
    }
  }

  /** @throws {MlstoreError} `WORKING_TREE_CHANGED` as `verify`; what is done by then stays done. */
  async apply(steps: StepList, pause: Pause): Promise<void> {
    for (const step of steps) {
      this.#remove(step)
      await pause()
    }
    for (const { step, staged, isTop } of placements(steps, this.#parts.stage)) {
      if (isTop && step.op !== 'link') this.#place(step, staged)
      await pause()
    }
    for (const step of steps) if (step.op === 'chmod') this.#chmod(step)
    for (const { step, isTop } of placements(steps, this.#parts.stage)) {
      if (isTop && step.op === 'link') this.#link(step)
    }
  }

  #remove(step: Step): void {
    const path = this.#absolute(step.path)
    if (step.op === 'rmdir' || step.op === 'cleardir') {
      if (!this.#isToRemove(step)) return
      this.#parts.fs.removeDirectory(path)
      this.#parts.durability.removed(path)
    } else if (
      (step.op === 'remove' && this.#verifyFile(step.path, step.seen) !== undefined) ||
      (step.op === 'unlink' && this.#isToUnlink(step))
    ) {
      this.#parts.fs.unlink(path)
      this.#parts.durability.changed(dirname(path))
    }
  }

  #place(step: WriteStep | MakeDirectoryStep, staged: string): void {
    const replaced = step.op === 'write' ? step.seen : undefined
    if (replaced === undefined) this.#verifyAbsent(step.path)
    else this.#verifyFile(step.path, replaced)
    const path = this.#absolute(step.path)
    move(this.#parts.fs, staged, path, this.#parts.id)
    this.#parts.durability.changed(dirname(path))
  }

  #link({ path, target }: LinkStep): void {
    this.#verifyAbsent(path)
    this.#parts.fs.symlink(target, this.#absolute(path))
    this.#parts.durability.changed(dirname(this.#absolute(path)))
  }

  #chmod({ path, content, seen }: ChmodStep): void {
    const stat = this.#verifyFile(path, seen)
    if (stat === undefined) return
    if (stat.links > 1) throw changed(path)
    this.#parts.fs.chmod(this.#absolute(path), withExecutable(stat.mode, content.executable))
    if (this.#parts.durability.syncsEach) this.#sync(this.#absolute(path))
  }

  #sync(path: string): void {
    const file = this.#parts.fs.open(path, 'read')
    try {
      file.sync()
    } finally {
      file.close()
    }
  }

  /** The stat of a file that is as it was seen; `undefined` if it is gone. */
  #verifyFile(path: string, seen: SeenFile): FileStat | undefined {
    const stat = this.#lstat(path)
    if (stat === undefined || isAsSeen(stat, seen)) return stat
    throw changed(path)
  }

  #isToUnlink({ path, target }: RemoveLinkStep): boolean {
    const stat = this.#lstat(path)
    if (stat === undefined) return false
    if (stat.kind === 'link' && this.#parts.fs.readLink(this.#absolute(path)) === target)
      return true
    throw changed(path)
  }

  #isToRemove({ op, path }: RemoveDirectoryStep): boolean {
    if (this.#lstat(path)?.kind !== 'directory') return false
    if (this.#parts.fs.readDirectory(this.#absolute(path)).length === 0) return true
    if (op === 'rmdir') return false
    throw changed(path)
  }

  #verifyAbsent(path: string): void {
    if (this.#lstat(path) === undefined) return
    const title = path === '' ? this.#parts.root : path
    throw clashAt(this.#parts.fs, this.#absolute(path), title) ?? changed(title)
  }

  #lstat(path: string): FileStat | undefined {
    this.#folders.check(path)
    return this.#parts.fs.lstat(this.#absolute(path))
  }

  #absolute(path: string): string {
    return joinPath(this.#parts.root, path)
  }
}

function isAsSeen(stat: FileStat, seen: SeenFile): boolean {
  return (
    stat.kind === 'file' &&
    stat.sizeBytes === seen.sizeBytes &&
    stat.mtimeNs === seen.mtimeNs &&
    stat.inode === seen.inode
  )
}

/** Whoever may read a file may run it, if it is executable at all. */
function withExecutable(mode: number, executable: boolean): number {
  return executable ? mode | 0o100 | ((mode & 0o444) >> 2) : mode & ~0o111
}

function changed(path: string): MlstoreError {
  return new MlstoreError('WORKING_TREE_CHANGED', `${path} changed while mlstore was at work.`, {
    hint: 'Look at it, then run the command again.',
    details: { paths: [path] },
  })
}

/**
 * Makes sure that no link stands in for a folder on the way to a path. Paths come mostly in tree
 * order, so only the folders that differ from those of the path before are looked at.
 */
class RealFolders {
  readonly #fs: FileSystem
  readonly #root: string
  #last = ''

  constructor(fs: FileSystem, root: string) {
    this.#fs = fs
    this.#root = root
  }

  check(path: string): void {
    const parent = parentOf(path)
    if (parent === this.#last) return
    for (const folder of foldersDownTo(parent)) {
      if (folder === this.#last || isBelow(this.#last, folder)) continue
      if (this.#fs.lstat(joinPath(this.#root, folder))?.kind === 'link') throw changed(folder)
    }
    this.#last = parent
  }
}

/** `a/b/c` gives `a`, `a/b` and `a/b/c`. */
function* foldersDownTo(path: string): Generator<string> {
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
    yield path.slice(0, end)
  }
  if (path !== '') yield path
}
