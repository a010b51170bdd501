/**
 * Names that one system can hold and another cannot.
 *
 * A tree made on Linux may hold `README` and `readme`, or `aux.txt`. Where the file system folds
 * case (and often Unicode forms), writing both would silently lose one, so the clash is found
 * before the first byte is written. Only the folders on the way to the current path are held.
 */

import { basename, dirname } from 'node:path'

import { windowsUnsafe } from '../core/names.ts'
import { invalidArgument, type MlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { unfinishedWithin } from './reserved-names.ts'
import { isBelow, joinPath, nameOf, parentOf } from './relative-path.ts'

/** What the place that is written to cannot tell apart or cannot hold. */
export type NameLimits = {
  /** Names that differ in case alone are one file: macOS, Windows. `foldsCase` finds out. */
  readonly foldsCase: boolean
  /** Windows: no device names, no trailing dots, no `:`. */
  readonly windows: boolean
}

/** Whether a folder treats names that differ in case as one. Makes a file there and removes it. */
export function foldsCase(fs: FileSystem, folder: string, id: string): boolean {
  const path = unfinishedWithin(folder, `${id}+case`)
  fs.open(path, 'create', 0o600).close()
  try {
    return fs.lstat(unfinishedWithin(folder, `${id}+CASE`)) !== undefined
  } finally {
    fs.unlink(path)
  }
}

/** The form in which folding file systems compare names, or a coarser one. */
function foldName(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase()
}

type Folder = { readonly path: string; readonly names: Map<string, string> }

/** Checks the paths that will stand side by side. They must come in tree order. */
export class NameGuard {
  readonly #limits: NameLimits
  readonly #folders: Folder[] = []

  constructor(limits: NameLimits) {
    this.#limits = limits
  }

  /** @throws {MlstoreError} `INVALID_ARGUMENT`, naming both paths if two are one. */
  check(path: string): void {
    if (this.#limits.windows) refuseUnsafe(path)
    if (!this.#limits.foldsCase) return
    const { names } = this.#folderOf(path)
    const folded = foldName(nameOf(path))
    const other = names.get(folded)
    if (other !== undefined && other !== path) throw clash(other, path)
    names.set(folded, path)
  }

  #folderOf(path: string): Folder {
    const parent = parentOf(path)
    let folder = this.#folders.at(-1)
    while (folder !== undefined && folder.path !== parent && !isBelow(parent, folder.path)) {
      this.#folders.pop()
      folder = this.#folders.at(-1)
    }
    if (folder?.path === parent) return folder
    const entered = { path: parent, names: new Map<string, string>() }
    this.#folders.push(entered)
    return entered
  }
}

function refuseUnsafe(path: string): void {
  const problem = windowsUnsafe(nameOf(path))
  if (problem === undefined) return
  throw invalidArgument(
    `${path} cannot be written on Windows: its name ${problem}.`,
    'Get the parts you need with `--path`.',
  )
}

/**
 * The error for a name that cannot be made because another one is there which the file system
 * takes for it; `undefined` if that is not the reason.
 *
 * @param path Absolute.
 * @param title What to call it in the message.
 */
export function clashAt(fs: FileSystem, path: string, title: string): MlstoreError | undefined {
  const name = basename(path)
  const names = fs.readDirectory(dirname(path)).map((entry) => entry.name)
  if (names.includes(name)) return undefined
  const other = names.find((each) => foldName(each) === foldName(name))
  return other === undefined ? undefined : clash(joinPath(parentOf(title), other), title)
}

function clash(one: string, other: string): MlstoreError {
  return invalidArgument(
    `${one} and ${other} are the same file on this file system, which does not tell case apart.`,
    'Get the parts you need with `--path`, or write to a file system that tells case apart.',
  )
}
