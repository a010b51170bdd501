/** A file system that does not tell case apart, as on macOS and Windows, over one that does. */

import { basename, dirname, join } from 'node:path'

import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import type { FileStat, OpenFile, OpenMode } from '../../src/ports/file-system.ts'

export class FoldingFileSystem extends NodeFileSystem {
  override lstat(path: string): FileStat | undefined {
    return super.lstat(this.#existing(path))
  }

  override open(path: string, mode: OpenMode, permissions?: number): OpenFile {
    return super.open(this.#existing(path), mode, permissions)
  }

  override makeDirectory(path: string): void {
    super.makeDirectory(this.#existing(path))
  }

  override rename(from: string, to: string): void {
    super.rename(this.#existing(from), this.#existing(to))
  }

  override unlink(path: string): void {
    super.unlink(this.#existing(path))
  }

  override symlink(target: string, path: string): void {
    super.symlink(target, this.#existing(path))
  }

  /** The path with each name as it is on disk, where one that differs in case alone is there. */
  #existing(path: string): string {
    if (dirname(path) === path) return path
    const folder = this.#existing(dirname(path))
    const name = basename(path)
    if (super.lstat(join(folder, name)) !== undefined) return join(folder, name)
    if (super.lstat(folder)?.kind !== 'directory') return join(folder, name)
    const names = super.readDirectory(folder).map((entry) => entry.name)
    const same = names.find((each) => each.toLowerCase() === name.toLowerCase())
    return join(folder, same ?? name)
  }
}
