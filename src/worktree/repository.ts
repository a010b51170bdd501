/**
 * The repository around a store: where it starts, and the text files mlstore keeps in it.
 *
 * Text of the user is never rewritten: a line is added at the end or taken out, and every other
 * byte stays, whatever its encoding.
 */

import { dirname, join } from 'node:path'

import { MlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { escapeGlob } from './escape-glob.ts'

export type RepositoryParts = {
  readonly fs: FileSystem
  /** Replaces or makes the file so that it survives a power cut. */
  readonly durableWrite: (path: string, bytes: Uint8Array) => void
}

const ignoreFile = '.gitignore'

/**
 * Finds the repository of a store: the nearest folder with `.git` (a folder, or the file of a
 * worktree or submodule) at or above the one that holds `.mlstore`, else that folder itself.
 *
 * @param storeFolder Absolute path of `.mlstore`.
 */
export function findRepositoryRoot(fs: FileSystem, storeFolder: string): string {
  const home = dirname(storeFolder)
  for (let folder = home; ; folder = dirname(folder)) {
    if (fs.lstat(join(folder, '.git')) !== undefined) return folder
    if (dirname(folder) === folder) return home
  }
}

/** The files of mlstore at the root of a repository, and its lines in `.gitignore`. */
export class Repository {
  /** Absolute path of the topmost folder. */
  readonly root: string
  readonly #parts: RepositoryParts

  constructor(parts: RepositoryParts, root: string) {
    this.#parts = parts
    this.root = root
  }

  /** Whether git is used here at all. */
  get hasGit(): boolean {
    return this.#parts.fs.lstat(join(this.root, '.git')) !== undefined
  }

  /**
   * Text of a file at the root, or `undefined` if it is not there.
   *
   * @throws {MlstoreError} `REFUSED` for a link: what it points at may lie outside.
   */
  readText(name: string): string | undefined {
    return this.#read(name)?.toString('utf8')
  }

  /** Writes a file at the root durably; the same text again costs no write. */
  writeText(name: string, text: string): void {
    const bytes = Buffer.from(text, 'utf8')
    if (this.#read(name)?.equals(bytes) !== true) this.#write(name, bytes)
  }

  /**
   * Makes git leave a path alone. Returns whether a line was added; the second time none is.
   *
   * @param path Relative to the root, with `/`; `''` or `.` stands for the root and adds nothing.
   */
  addIgnoredPath(path: string): boolean {
    if (path === '' || path === '.') return false
    const line = ignoreLine(path)
    const lines = this.#ignoreLines()
    if (lines.some((each) => withoutEnd(each) === line)) return false
    const end = lines[0]?.endsWith('\r\n') === true ? '\r\n' : '\n'
    const last = lines.at(-1)
    const separator = last === undefined || last.endsWith('\n') ? '' : end
    this.#writeIgnoreLines([...lines, separator, line, end])
    return true
  }

  /** Takes the line of `addIgnoredPath` out again. Returns whether there was one. */
  removeIgnoredPath(path: string): boolean {
    const line = ignoreLine(path)
    const lines = this.#ignoreLines()
    const rest = lines.filter((each) => withoutEnd(each) !== line)
    if (rest.length === lines.length) return false
    this.#writeIgnoreLines(rest)
    return true
  }

  /** Lines with their ends. Latin-1 maps bytes to characters one to one, so none is lost. */
  #ignoreLines(): string[] {
    const text = this.#read(ignoreFile)?.toString('latin1') ?? ''
    return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  }

  #writeIgnoreLines(lines: readonly string[]): void {
    this.#write(ignoreFile, Buffer.from(lines.join(''), 'latin1'))
  }

  #read(name: string): Buffer | undefined {
    const path = join(this.root, name)
    const kind = this.#parts.fs.lstat(path)?.kind
    if (kind === undefined) return undefined
    if (kind === 'file') return this.#parts.fs.readFile(path)
    throw new MlstoreError('REFUSED', `${path} is not a regular file.`, {
      hint: 'mlstore writes no file through a link: put a real file there.',
    })
  }

  #write(name: string, bytes: Uint8Array): void {
    this.#parts.durableWrite(join(this.root, name), bytes)
  }
}

/** The line as `#ignoreLines` gives it: anchored at the root, every character literal. */
function ignoreLine(path: string): string {
  return Buffer.from(`/${escapeGlob(path)}`, 'utf8').toString('latin1')
}

function withoutEnd(line: string): string {
  return line.replace(/\r?\n$/, '')
}
