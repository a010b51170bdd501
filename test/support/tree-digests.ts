/**
 * What a folder holds, found without mlstore: one line a file, link and empty folder, with the
 * SHA-256 of the content. Two folders are the same when their lines are.
 */

import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** SHA-256 of a file of any size, in hex. */
export function sha256OfFile(path: string): string {
  const hash = createHash('sha256')
  const file = openSync(path, 'r')
  const block = Buffer.allocUnsafe(4 * 1024 * 1024)
  for (let read = -1; read !== 0;) {
    read = readSync(file, block)
    hash.update(block.subarray(0, read))
  }
  closeSync(file)
  return hash.digest('hex')
}

/**
 * Paths below a folder, sorted, each with what is there: `file <sha256>`, `exec <sha256>`,
 * `link <target>` or `empty folder`.
 */
export function treeDigests(folder: string): Record<string, string> {
  const found: [string, string][] = []
  collect(folder, folder, found)
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function collect(root: string, folder: string, found: [string, string][]): void {
  const entries = readdirSync(folder, { withFileTypes: true })
  if (entries.length === 0 && folder !== root) found.push([relative(root, folder), 'empty folder'])
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) collect(root, path, found)
    else if (entry.isSymbolicLink())
      found.push([relative(root, path), `link ${readlinkSync(path)}`])
    else found.push([relative(root, path), fileLine(path)])
  }
}

function fileLine(path: string): string {
  const executable = (statSync(path).mode & 0o100) !== 0
  return `${executable ? 'exec' : 'file'} ${sha256OfFile(path)}`
}

/** Bytes of all files below a folder; 0 when there is none. */
export function sizeOfFolder(folder: string): number {
  let sizeBytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sizeBytes += statSync(join(entry.parentPath, entry.name)).size
  }
  return sizeBytes
}
