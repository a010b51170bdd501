/**
 * Where each new thing is prepared before it gets its name.
 *
 * A folder that is new as a whole is built with everything in it and moved in one rename; a new
 * file in a folder that exists is prepared alone. So nothing in the folder of the user changes
 * until all content is there and durable, and a failed download or a full disk changes nothing.
 */

import { join } from 'node:path'

import { isMlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { isBelow } from './relative-path.ts'
import { idOfUnfinished } from './reserved-names.ts'
import type { LinkStep, MakeDirectoryStep, StepList, WriteStep } from './step-list.ts'

export type Placement = {
  readonly step: WriteStep | LinkStep | MakeDirectoryStep
  /** Absolute path at which it is prepared. */
  readonly staged: string
  /** Moved on its own; the others move with the folder they are in. */
  readonly isTop: boolean
}

/** The same places each time it is called, so that none has to be remembered. */
export function* placements(steps: StepList, stage: string): Generator<Placement> {
  let top: { readonly path: string; readonly staged: string } | undefined
  for (const [index, step] of steps.entries()) {
    if (step.op !== 'write' && step.op !== 'link' && step.op !== 'mkdir') continue
    if (top !== undefined && isBelow(step.path, top.path)) {
      const inTop = top.path === '' ? step.path : step.path.slice(top.path.length + 1)
      yield { step, staged: `${top.staged}/${inTop}`, isTop: false }
      continue
    }
    const staged = step.path === '' ? stage : `${stage}/${index}`
    if (step.op === 'mkdir') top = { path: step.path, staged }
    yield { step, staged, isTop: true }
  }
}

/** Whether the folder itself is new: then everything is staged in its place. */
export function isFresh(steps: StepList): boolean {
  for (const step of steps) return step.op === 'mkdir' && step.path === ''
  return false
}

/**
 * Removes what interrupted runs left in a folder: names that start with `prefix`.
 *
 * @param isAbandoned Tells by its id whether the run that made it is over.
 */
export function removeLeftovers(
  fs: FileSystem,
  place: { readonly folder: string; readonly prefix: string },
  isAbandoned: (id: string) => boolean,
): void {
  for (const name of namesIn(fs, place.folder)) {
    if (name.startsWith(place.prefix) && isAbandoned(idOfUnfinished(name))) {
      fs.removeTree(join(place.folder, name))
    }
  }
}

/** What cannot be listed keeps its leftovers: they are in nobody's way. */
function namesIn(fs: FileSystem, folder: string): string[] {
  try {
    return fs.readDirectory(folder).map(({ name }) => name)
  } catch (error) {
    if (isMlstoreError(error)) return []
    throw error
  }
}
