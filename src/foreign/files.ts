/** Looking at the folders of other tools: what is not there counts as empty. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { MlstoreError } from '../errors.ts'

/** The text of a file; `undefined` if there is none. */
export function readTextIfThere(path: string): string | undefined {
  return ifThere(path, () => readFileSync(path, 'utf8'))
}

/** Names in a folder, in order; none if there is no folder. */
export function namesIn(folder: string): string[] {
  return (ifThere(folder, () => readdirSync(folder)) ?? []).sort()
}

export function isFolder(path: string): boolean {
  return ifThere(path, () => statSync(path).isDirectory()) ?? false
}

export function isFile(path: string): boolean {
  return ifThere(path, () => statSync(path).isFile()) ?? false
}

/** Paths of all files below a folder, relative to it, in order; links to files are followed. */
export function filesBelow(folder: string, prefix = ''): string[] {
  return namesIn(join(folder, prefix)).flatMap((name) => {
    const path = prefix + name
    if (isFolder(join(folder, path))) return filesBelow(folder, `${path}/`)
    return isFile(join(folder, path)) ? [path] : []
  })
}

function ifThere<Result>(path: string, look: () => Result): Result | undefined {
  try {
    return look()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    const refused = code === 'EACCES' || code === 'EPERM'
    throw new MlstoreError(refused ? 'REFUSED' : 'IO_ERROR', `Cannot read ${path}.`, {
      cause: error,
    })
  }
}
