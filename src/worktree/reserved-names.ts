/**
 * Names in a working tree that are not the user's content.
 *
 * `.git` and `.mlstore` belong to the tools: taking them would copy a store into itself, and
 * writing them would let an artifact plant git hooks. The case is ignored because on a folding
 * file system `.GIT` is `.git`. Unfinished writes of mlstore carry a name that no user picks.
 */

import { basename, dirname, join } from 'node:path'

const unfinished = '.mlstore-tmp-'

/** Whether a name is never read from nor written into a working tree, at any depth. */
export function isToolFolder(name: string): boolean {
  if (name.length > 8 || name[0] !== '.') return false
  const lower = name.toLowerCase()
  return lower === '.git' || lower === '.mlstore'
}

/** Whether mlstore made a file or folder of this name for a write that is not finished. */
export function isUnfinished(name: string): boolean {
  return name[0] === '.' && name.includes(unfinished)
}

/** The id of who made it: what `unfinishedWithin` or `unfinishedBeside` was given. */
export function idOfUnfinished(name: string): string {
  const id = name.slice(name.lastIndexOf(unfinished) + unfinished.length)
  return id.replace(/\+.*$/, '')
}

/** Name of the folder inside `folder` in which what goes into it is prepared: same file system. */
export function unfinishedWithin(folder: string, id: string): string {
  return join(folder, `${unfinished}${id}`)
}

/** Where something that is not there yet is built, to be renamed in one step. */
export function unfinishedBeside(path: string, id: string): string {
  return join(dirname(path), `.${shortened(basename(path))}${unfinished}${id}`)
}

/** Leaves room for the id: a name may have 255 bytes. */
function shortened(name: string): string {
  return Array.from(name).slice(0, 24).join('')
}
