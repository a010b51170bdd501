/** Paths of the user against the repository around the store. */

import { dirname, join, relative, resolve, sep } from 'node:path'

import type { FileSystem } from '../ports/file-system.ts'
import type { StoreParts } from './parts.ts'

type PathParts = Pick<StoreParts, 'repository' | 'fs' | 'cwd'>

/** The path from one folder to another place, with `/` on every system. */
export function relativePath(from: string, to: string): string {
  return relative(from, to).split(sep).join('/')
}

/**
 * The path relative to the repository's root, with `/`; `undefined` outside of it and for the root
 * itself, of which no line of the lock can speak.
 */
export function pathInRepository({ repository }: PathParts, absolute: string): string | undefined {
  const path = relativePath(repository.root, absolute)
  return path === '' || path === '..' || path.startsWith('../') ? undefined : path
}

/** The absolute path that a line of the lock speaks of. */
export function absolutePath({ repository }: PathParts, path: string): string {
  return resolve(repository.root, path)
}

/** What messages call an absolute path; `''` is the repository itself. */
export function titleOf({ repository }: PathParts, absolute: string): string {
  const path = relativePath(repository.root, absolute)
  return path === '..' || path.startsWith('../') ? absolute : path
}

/** How the working-tree state names an absolute path. */
export function stateKey(parts: PathParts, absolute: string): string {
  return pathInRepository(parts, absolute) ?? absolute
}

/**
 * What a path of the user means: absolute, with links in the folders above it resolved. It itself
 * need not be there, and stays a link if it is one.
 */
export function realTarget({ fs, cwd }: PathParts, path: string): string {
  const absolute = resolve(cwd, path)
  const parent = dirname(absolute)
  if (parent === absolute) return absolute
  const above = nearestExisting(fs, parent)
  return join(fs.realPath(above), relative(above, absolute))
}

function nearestExisting(fs: FileSystem, path: string): string {
  let folder = path
  while (fs.lstat(folder) === undefined) folder = dirname(folder)
  return folder
}
