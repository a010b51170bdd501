/** Paths of the user against the repository around the store. */

import { relative, resolve, sep } from 'node:path'

import type { StoreParts } from './parts.ts'

type PathParts = Pick<StoreParts, 'repository' | 'fs' | 'cwd'>

/**
 * The path relative to the repository's root, with `/`; `undefined` outside of it and for the root
 * itself, of which no line of the lock can speak.
 */
export function pathInRepository(
  { repository, fs }: PathParts,
  absolute: string,
): string | undefined {
  const path = relative(fs.realPath(repository.root), absolute).split(sep).join('/')
  return path === '' || path === '..' || path.startsWith('../') ? undefined : path
}

/** The absolute path that a line of the lock speaks of. */
export function absolutePath({ repository }: PathParts, path: string): string {
  return resolve(repository.root, path)
}

/** How the working-tree state names an absolute path. */
export function stateKey(parts: PathParts, absolute: string): string {
  return pathInRepository(parts, absolute) ?? absolute
}
