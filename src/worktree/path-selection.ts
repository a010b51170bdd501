/**
 * Which paths of a version are meant: everything, or files, folders and globs a user named.
 *
 * A selection answers for whole folders and for ranges of names as well, so that a walk over a
 * remote tree reads only the nodes that can hold a selected path.
 */

import ignore from 'ignore'

import { compareNames } from '../core/tree/name-order.ts'

export type PathSelection = {
  /** Is this file or link selected? Paths are relative to the version's root, with `/`. */
  includes(path: string): boolean
  /** May a selected path lie in this directory (`''` is the root)? */
  mayBeIn(directory: string): boolean
  /** May one lie at a name after `after` (undefined: from the first) up to `last` in this directory? */
  mayBeBetween(directory: string, after: string | undefined, last: string): boolean
}

export const everyPath: PathSelection = {
  includes: () => true,
  mayBeIn: () => true,
  mayBeBetween: () => true,
}

/**
 * Selects no file, only the nodes of the tree that list what is in a folder (`''` is the root):
 * what a listing reads.
 */
export function noFiles(folder: string, recursive: boolean): PathSelection {
  const around = below(folder, () => false)
  const isListed = (directory: string): boolean => recursive || isAtOrBelow(folder, directory)
  return { ...around, mayBeIn: (directory) => around.mayBeIn(directory) && isListed(directory) }
}

/**
 * Selects what any of the patterns names: a file, a folder with all below it, or a glob with
 * `*`, `**`, `?` and `[…]` as gitignore reads them. No patterns select everything.
 */
export function selectPaths(patterns: readonly string[]): PathSelection {
  if (patterns.length === 0) return everyPath
  const selections = patterns.map((pattern) => selectOne(trimSlashes(pattern)))
  return {
    includes: (path) => selections.some((selection) => selection.includes(path)),
    mayBeIn: (directory) => selections.some((selection) => selection.mayBeIn(directory)),
    mayBeBetween: (directory, after, last) =>
      selections.some((selection) => selection.mayBeBetween(directory, after, last)),
  }
}

function selectOne(pattern: string): PathSelection {
  if (pattern === '') return everyPath
  const segments = pattern.split('/')
  const firstGlob = segments.findIndex((segment) => /[*?[\]]/.test(segment))
  if (firstGlob === -1) return below(pattern, (path) => isAtOrBelow(path, pattern))
  const matcher = ignore({ ignorecase: false, allowRelativePaths: true }).add(`/${pattern}`)
  const literal = segments.slice(0, firstGlob).join('/')
  return below(literal, (path) => matcher.ignores(path))
}

/** Selected paths all lie at or below `literal`. */
function below(literal: string, includes: (path: string) => boolean): PathSelection {
  return {
    includes,
    mayBeIn: (directory) => isAtOrBelow(directory, literal) || isAtOrBelow(literal, directory),
    mayBeBetween: (directory, after, last) => {
      if (isAtOrBelow(directory, literal)) return true
      if (!isAtOrBelow(literal, directory)) return false
      const rest = directory === '' ? literal : literal.slice(directory.length + 1)
      const [name = ''] = rest.split('/')
      const isAfter = after === undefined || compareNames(name, after) > 0
      return isAfter && compareNames(name, last) <= 0
    },
  }
}

function isAtOrBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

function trimSlashes(path: string): string {
  return path.replace(/^(\.?\/)+/, '').replace(/\/+$/, '')
}
