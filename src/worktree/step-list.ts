/**
 * The steps that turn what is on disk into what shall be there.
 *
 * A million of them must fit in little memory, so they are kept in columns: beside its path a step
 * takes some sixty bytes. Reading a step makes a short-lived object.
 */

import { digestBytes, digestFromBytes, type Digest } from '../core/digest.ts'
import type { FileStat } from '../ports/file-system.ts'

/** What a file on disk looked like when the plan was made; if it differs later, it is left alone. */
export type SeenFile = Pick<FileStat, 'sizeBytes' | 'mtimeNs' | 'inode'>

export type FileContent = {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly executable: boolean
}

type At<Op extends string> = { readonly op: Op; readonly path: string }

/** A file that is not there yet, or takes the place of the one that was `seen`. */
export type WriteStep = At<'write'> & {
  readonly content: FileContent
  readonly seen: SeenFile | undefined
}
/** Only the executable bit differs. */
export type ChmodStep = At<'chmod'> & { readonly content: FileContent; readonly seen: SeenFile }
export type LinkStep = At<'link'> & { readonly target: string }
/** The path `''` is the folder itself. */
export type MakeDirectoryStep = At<'mkdir'>
export type RemoveFileStep = At<'remove'> & { readonly seen: SeenFile }
export type RemoveLinkStep = At<'unlink'> & { readonly target: string }
/** `rmdir` may leave a folder in which something is, `cleardir` makes room for something else. */
export type RemoveDirectoryStep = At<'rmdir' | 'cleardir'>

export type Step =
  | WriteStep
  | ChmodStep
  | LinkStep
  | MakeDirectoryStep
  | RemoveFileStep
  | RemoveLinkStep
  | RemoveDirectoryStep

/** An append-only list of steps. */
export class StepList {
  readonly #ops: Step['op'][] = []
  readonly #paths: string[] = []
  readonly #files = new FileColumns()
  readonly #seen = new SeenColumns()
  readonly #targets = new Map<number, string>()

  get length(): number {
    return this.#ops.length
  }

  add(step: Step): void {
    const index = this.#ops.push(step.op) - 1
    this.#paths.push(step.path)
    if ('content' in step) this.#files.set(index, step.content)
    if ('seen' in step && step.seen !== undefined) this.#seen.set(index, step.seen)
    if ('target' in step) this.#targets.set(index, step.target)
  }

  /** The steps in the order they were added, with their numbers. */
  *entries(): Generator<[index: number, step: Step], void, undefined> {
    for (const [index, op] of this.#ops.entries()) yield [index, this.#read(index, op)]
  }

  *[Symbol.iterator](): Generator<Step, void, undefined> {
    for (const [index, op] of this.#ops.entries()) yield this.#read(index, op)
  }

  #read(index: number, op: Step['op']): Step {
    const path = this.#paths[index] ?? ''
    switch (op) {
      case 'write':
        return { op, path, content: this.#files.get(index), seen: this.#seen.find(index) }
      case 'chmod':
        return { op, path, content: this.#files.get(index), seen: this.#seen.get(index) }
      case 'remove':
        return { op, path, seen: this.#seen.get(index) }
      case 'link':
      case 'unlink':
        return { op, path, target: this.#targets.get(index) ?? '' }
      default:
        return { op, path }
    }
  }
}

const rowsPerBlock = 4096

/** Columns in blocks, so that growing copies nothing and unused stretches take no memory. */
class Blocks<T> {
  readonly #make: () => T
  readonly #blocks = new Map<number, T>()

  constructor(make: () => T) {
    this.#make = make
  }

  find(index: number): T | undefined {
    return this.#blocks.get(Math.floor(index / rowsPerBlock))
  }

  at(index: number): T {
    const found = this.find(index)
    if (found !== undefined) return found
    const made = this.#make()
    this.#blocks.set(Math.floor(index / rowsPerBlock), made)
    return made
  }
}

class FileColumns {
  readonly #blocks = new Blocks(() => ({
    digests: Buffer.allocUnsafe(rowsPerBlock * digestBytes),
    sizes: new Float64Array(rowsPerBlock),
    executable: new Uint8Array(rowsPerBlock),
  }))

  set(index: number, file: FileContent): void {
    const block = this.#blocks.at(index)
    const row = index % rowsPerBlock
    block.digests.write(file.digest, row * digestBytes, 'hex')
    block.sizes[row] = file.sizeBytes
    block.executable[row] = file.executable ? 1 : 0
  }

  get(index: number): FileContent {
    return new StoredContent(this, index)
  }

  digestAt(index: number): Digest {
    const { digests } = this.#blocks.at(index)
    return digestFromBytes(digests, (index % rowsPerBlock) * digestBytes)
  }

  sizeAt(index: number): number {
    return this.#blocks.at(index).sizes[index % rowsPerBlock] ?? 0
  }

  isExecutableAt(index: number): boolean {
    return this.#blocks.at(index).executable[index % rowsPerBlock] === 1
  }
}

/** Read from the columns when asked: most who go through a list want the paths alone. */
class StoredContent implements FileContent {
  readonly #columns: FileColumns
  readonly #index: number

  constructor(columns: FileColumns, index: number) {
    this.#columns = columns
    this.#index = index
  }

  get digest(): Digest {
    return this.#columns.digestAt(this.#index)
  }

  get sizeBytes(): number {
    return this.#columns.sizeAt(this.#index)
  }

  get executable(): boolean {
    return this.#columns.isExecutableAt(this.#index)
  }
}

class SeenColumns {
  readonly #blocks = new Blocks(() => ({
    isSet: new Uint8Array(rowsPerBlock),
    sizes: new Float64Array(rowsPerBlock),
    times: new BigInt64Array(rowsPerBlock),
    inodes: new BigUint64Array(rowsPerBlock),
  }))

  set(index: number, seen: SeenFile): void {
    const block = this.#blocks.at(index)
    const row = index % rowsPerBlock
    block.isSet[row] = 1
    block.sizes[row] = seen.sizeBytes
    block.times[row] = seen.mtimeNs
    block.inodes[row] = seen.inode
  }

  find(index: number): SeenFile | undefined {
    return this.#blocks.find(index)?.isSet[index % rowsPerBlock] === 1 ? this.get(index) : undefined
  }

  get(index: number): SeenFile {
    const block = this.#blocks.at(index)
    const row = index % rowsPerBlock
    return {
      sizeBytes: block.sizes[row] ?? 0,
      mtimeNs: block.times[row] ?? 0n,
      inode: block.inodes[row] ?? 0n,
    }
  }
}
