/**
 * The files of the user that make a package.
 *
 * A package holds files only. Links are followed, also to folders, as a user who keeps weights in
 * a cache expects; a link into a folder around it is an error, not an endless upload. What version
 * control and file managers leave behind stays out, by its name below the folder that was named:
 * what the folders above are called does not matter.
 */

import { basename, join } from 'node:path'

import type { PackageKind, PackagePart } from '../../core/packages/package.ts'
import { comparePaths } from '../../core/tree/name-order.ts'
import { invalidArgument, isMlstoreError, type MlstoreError, throwIfAborted } from '../../errors.ts'
import type { FileStat, FileSystem } from '../../ports/file-system.ts'
import type { LocalPackageFile } from '../../ports/package-repository.ts'
import { isToolFolder, isUnfinished } from '../../worktree/reserved-names.ts'

/** Absolute paths. */
export type PackageSources = {
  readonly kind: PackageKind
  /** A file or a folder. */
  readonly path: string
  readonly dependencies: readonly string[]
  readonly code?: string | undefined
}

export type FoundFiles = {
  /** By part and path, in tree order. */
  readonly files: readonly LocalPackageFile[]
  /** Paths below the folder that were left out. */
  readonly leftOut: readonly string[]
}

/** In lower case. */
const ignoredNames: ReadonlySet<string> = new Set([
  '.ds_store',
  'cvs',
  '.cvsignore',
  'sccs',
  'vssver.scc',
  '.svn',
  '.git',
  '.gitignore',
  '.gitattributes',
  '.gitmodules',
  '.gitkeep',
  '.gitconfig',
  'model-manifest.json',
  'dataset-manifest.json',
])

/**
 * Finds them.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for what is not there, is a folder where a file is
 * wanted or the other way round, has a name twice, or leaves nothing to upload.
 */
export function findPackageFiles(
  fs: FileSystem,
  sources: PackageSources,
  signal?: AbortSignal,
): FoundFiles {
  const { path, dependencies, code } = sources
  const walk = new Walk(fs, signal)
  walk.take(path)
  if (walk.files.length === 0) throw nothingIn(path, walk.leftOut)
  const all = [
    ...(code === undefined ? [] : [single(fs, 'code', code)]),
    ...singles(fs, dependencies),
    ...walk.files.toSorted((a, b) => comparePaths(a.path, b.path)),
  ]
  return { files: all, leftOut: walk.leftOut }
}

class Walk {
  readonly files: LocalPackageFile[] = []
  readonly leftOut: string[] = []
  readonly #fs: FileSystem
  readonly #signal: AbortSignal | undefined

  constructor(fs: FileSystem, signal: AbortSignal | undefined) {
    this.#fs = fs
    this.#signal = signal
  }

  /** A file that was named is taken, whatever it is called. */
  take(path: string): void {
    const { source, stat } = followed(this.#fs, path)
    if (stat.kind === 'directory') this.#folder(source, '', [source])
    else this.#add(basename(path), source, stat)
  }

  #folder(folder: string, prefix: string, around: readonly string[]): void {
    throwIfAborted(this.#signal)
    for (const { name, kind } of this.#fs.readDirectory(folder)) {
      const path = `${prefix}${name}`
      if (isUnfinished(name)) continue
      if (isLeftOut(name)) this.leftOut.push(path)
      else if (kind === 'directory') this.#into(join(folder, name), path, around)
      else this.#entry(join(folder, name), path, around)
    }
  }

  #entry(absolute: string, path: string, around: readonly string[]): void {
    const { source, stat } = followed(this.#fs, absolute)
    if (stat.kind === 'directory') this.#into(source, path, around)
    else this.#add(path, source, stat)
  }

  #into(source: string, path: string, around: readonly string[]): void {
    if (around.includes(source)) {
      throw invalidArgument(
        `${path} is a link to a folder around it: ${source}.`,
        'Remove the link, or upload a folder that does not have it.',
      )
    }
    this.#folder(source, `${path}/`, [...around, source])
  }

  #add(path: string, source: string, stat: FileStat): void {
    this.files.push({ part: 'files', path, source, stat })
  }
}

function isLeftOut(name: string): boolean {
  return ignoredNames.has(name.toLowerCase()) || isToolFolder(name)
}

function singles(fs: FileSystem, paths: readonly string[]): LocalPackageFile[] {
  const files = paths.map((path) => single(fs, 'dependencies', path))
  const sorted = files.toSorted((a, b) => comparePaths(a.path, b.path))
  const twice = sorted.find(({ path }, at) => sorted[at - 1]?.path === path)
  if (twice === undefined) return sorted
  throw invalidArgument(
    `Two dependencies are called ${JSON.stringify(twice.path)}.`,
    'A package keeps them by their names alone: give one of them another name.',
  )
}

function single(fs: FileSystem, part: PackagePart, path: string): LocalPackageFile {
  const { source, stat } = followed(fs, path)
  if (stat.kind === 'file') return { part, path: basename(path), source, stat }
  throw invalidArgument(
    `file '${path}' must be a file, but is a directory.`,
    'Put it into an archive, and name that.',
  )
}

function followed(fs: FileSystem, path: string): { source: string; stat: FileStat } {
  const source = realPath(fs, path)
  const stat = fs.lstat(source)
  if (stat === undefined) throw absent(path)
  if (stat.kind !== 'other') return { source, stat }
  throw invalidArgument(`${path} is a device, a socket or a fifo.`, 'A package holds files.')
}

function realPath(fs: FileSystem, path: string): string {
  try {
    return fs.realPath(path)
  } catch (error) {
    if (isMlstoreError(error, 'NOT_FOUND')) throw absent(path)
    throw error
  }
}

function absent(path: string): MlstoreError {
  return invalidArgument(
    `Provided path does not exists : '${path}'`,
    'Check the path; a link may point at nothing.',
  )
}

function nothingIn(path: string, leftOut: readonly string[]): MlstoreError {
  const why = leftOut.length === 0 ? 'has no files' : `has only ${leftOut.slice(0, 3).join(', ')}`
  return invalidArgument(`${path} ${why}: there is nothing to upload.`, 'Name another path.')
}
