/** Looking at folders: which files are in them, and how many bytes. */

import { readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

export type FoundFile = {
  /** Absolute. */
  readonly path: string
  /** Below the folder, with `/`. */
  readonly name: string
  readonly sizeBytes: number
  readonly isExecutable: boolean
}

/** All files below a folder, sorted by name. */
export function filesBelow(folder: string): FoundFile[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const { size, mode } = statSync(path)
      const isExecutable = (mode & 0o100) !== 0
      return { path, name: relative(folder, path), sizeBytes: size, isExecutable }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Lengths of all files below a folder together. */
export function bytesBelow(folder: string): number {
  return filesBelow(folder).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}
