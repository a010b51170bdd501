/**
 * Reads a folder of the user: what is in it, in the order of `comparePaths` of the tree.
 *
 * File-system calls are synchronous, because a promise costs more than an lstat, and the work is
 * handed out in batches with a turn of the event loop in between, so that progress is drawn and
 * an interrupt is heard. Links are never followed. What disappears while the folder is read is
 * left out, as if the scan had come a moment later.
 */

import { isSafeLinkTarget } from '../core/names.ts'
import { compareNames } from '../core/tree/name-order.ts'
import { invalidArgument, isMlstoreError, MlstoreError, throwIfAborted } from '../errors.ts'
import type { DirectoryEntry, FileKind, FileStat, FileSystem } from '../ports/file-system.ts'
import { ignoreFileName, type IgnoreRules } from './ignore-rules.ts'

/** One thing found; `path` is relative to the scanned folder, with `/`. */
export type ScanEntry =
  | { readonly kind: 'file'; readonly path: string; readonly stat: FileStat }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** Only with `odd: 'report'`: a socket, device or fifo, or a folder `.git` or `.mlstore`. */
  | { readonly kind: 'other'; readonly path: string }

export type ScanOptions = {
  readonly signal?: AbortSignal | undefined
  /**
   * `refuse` is for making a version: what none can hold is an error. `report` is for looking at
   * a folder that gets one: sockets and tool folders come as `other`, links whatever they say.
   * Default: `refuse`.
   */
  readonly odd?: 'refuse' | 'report' | undefined
  /** Called with the path of each name that `noHidden` leaves out. */
  readonly onHidden?: ((path: string) => void) | undefined
}

/** About 10 ms of work between two turns of the event loop. */
const namesPerTurn = 2048

/**
 * Walks everything below `root`, an existing folder given by its real path.
 *
 * A folder comes before its content; one whose content is all left out is kept, as an empty one.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a name that is not UTF-8, and with `refuse` for a
 *   link that points outside and for what is no file, folder or link; `REFUSED` for what may not
 *   be read; `NOT_FOUND` without the folder. The message names the path.
 */
export async function* scanFolder(
  fs: FileSystem,
  root: string,
  rules: IgnoreRules,
  options: ScanOptions = {},
): AsyncGenerator<ScanEntry[], void, undefined> {
  throwIfAborted(options.signal)
  const walk = new Walk(fs, root, options)
  walk.start(rules)
  while (!walk.done) {
    yield walk.next()
    await new Promise((resolve) => setImmediate(resolve))
    throwIfAborted(options.signal)
  }
}

/** The executable bit as versions hold it: the owner's. */
export function isExecutable(stat: FileStat): boolean {
  return (stat.mode & 0o100) !== 0
}

/** A folder that is being read: names in order, the next one to look at, and what holds for them. */
type Frame = {
  /** Path relative to the root, with a slash at its end; empty at the top. */
  readonly prefix: string
  readonly entries: readonly DirectoryEntry[]
  readonly rules: IgnoreRules
  next: number
}

class Walk {
  readonly #fs: FileSystem
  readonly #root: string
  readonly #options: ScanOptions
  readonly #frames: Frame[] = []

  constructor(fs: FileSystem, root: string, options: ScanOptions) {
    this.#fs = fs
    this.#root = root
    this.#options = options
  }

  start(rules: IgnoreRules): void {
    const kind = this.#fs.lstat(this.#root)?.kind
    if (kind !== undefined && kind !== 'directory') {
      throw invalidArgument(`${this.#root} is not a folder.`)
    }
    const entries = this.#fs.readDirectory(this.#root)
    this.#enter('', entries, rules)
  }

  get done(): boolean {
    return this.#frames.length === 0
  }

  /** Looks at the next names; the batch is empty when all of them are left out. */
  next(): ScanEntry[] {
    const batch: ScanEntry[] = []
    for (let seen = 0; seen < namesPerTurn; seen++) {
      const frame = this.#frames.at(-1)
      if (frame === undefined) break
      const entry = frame.entries[frame.next++]
      if (entry === undefined) this.#frames.pop()
      else this.#visit(frame, entry, batch)
    }
    return batch
  }

  #visit(frame: Frame, entry: DirectoryEntry, batch: ScanEntry[]): void {
    const path = frame.prefix + entry.name
    const verdict = frame.rules.verdict(entry.name, entry.kind === 'directory')
    if (verdict === 'hidden') this.#options.onHidden?.(path)
    if (verdict === 'tool' && this.#options.odd === 'report') batch.push({ kind: 'other', path })
    if (verdict !== 'take') return
    if (entry.kind === 'directory') this.#descend(frame, entry.name, batch)
    else if (entry.kind === 'link') this.#takeLink(path, batch)
    else this.#takeFile(path, batch)
  }

  #takeFile(path: string, batch: ScanEntry[]): void {
    const stat = this.#fs.lstat(this.#absolute(path))
    if (stat === undefined) return
    if (stat.kind === 'file') batch.push({ kind: 'file', path, stat })
    else if (this.#options.odd === 'report') batch.push({ kind: 'other', path })
    else throw unusable(this.#absolute(path), stat.kind)
  }

  #takeLink(path: string, batch: ScanEntry[]): void {
    const target = unlessGone(() => this.#fs.readLink(this.#absolute(path)))
    if (target === undefined) return
    if (this.#options.odd !== 'report' && !isSafeLinkTarget(path, target)) {
      throw linkOutside(this.#absolute(path), target)
    }
    batch.push({ kind: 'link', path, target })
  }

  #descend(frame: Frame, name: string, batch: ScanEntry[]): void {
    const path = frame.prefix + name
    const entries = unlessGone(() => this.#fs.readDirectory(this.#absolute(path)))
    if (entries === undefined) return
    batch.push({ kind: 'directory', path })
    this.#enter(`${path}/`, entries, frame.rules.below(name))
  }

  #enter(prefix: string, entries: DirectoryEntry[], rules: IgnoreRules): void {
    entries.sort((a, b) => compareNames(a.name, b.name))
    this.#frames.push({ prefix, entries, rules: this.#rulesIn(prefix, entries, rules), next: 0 })
  }

  /** Adds the folder's own rules; a link of that name is content, as with git. */
  #rulesIn(prefix: string, entries: readonly DirectoryEntry[], rules: IgnoreRules): IgnoreRules {
    if (!entries.some(({ name, kind }) => name === ignoreFileName && kind === 'file')) return rules
    const path = this.#absolute(prefix + ignoreFileName)
    const file = unlessGone(() => this.#fs.readFile(path))
    return file === undefined ? rules : rules.with(file)
  }

  #absolute(path: string): string {
    return `${this.#root}/${path}`
  }
}

/** What the call gives, or `undefined` if its path is there no more. */
function unlessGone<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (isMlstoreError(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

function linkOutside(path: string, target: string): MlstoreError {
  return invalidArgument(
    `The link ${path} points outside of its folder: ${JSON.stringify(target)}.`,
    `Make it relative and inside, replace it by what it points at, or name it in ${ignoreFileName}.`,
  )
}

function unusable(path: string, kind: FileKind): MlstoreError {
  if (kind !== 'other') {
    return new MlstoreError('FILE_CHANGED', `${path} changed while it was read.`, {
      hint: 'Run the command again when nothing writes into the folder.',
    })
  }
  return invalidArgument(
    `${path} is a socket, a device or a fifo; a version holds files, folders and links.`,
    `Remove it, or name it in ${ignoreFileName}.`,
  )
}
