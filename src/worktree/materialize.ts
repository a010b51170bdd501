/**
 * Makes a folder what a plan says: new, or over what is there.
 *
 * 1. All content is written under names nobody reads (`staging.ts`) and made durable.
 * 2. Everything that will be replaced is checked to be what the plan saw.
 * 3. Names change hands (`placing.ts`), and that is made durable.
 *
 * A failure in 1 or 2 changes nothing. A crash in 3 leaves some files old and some new, each of
 * them whole, and the same command finishes the work. A folder that is new as a whole appears in
 * one rename. What a crash leaves behind has a recognisable name, and the next run removes it.
 */

import { basename, dirname } from 'node:path'

import type { Digest } from '../core/digest.ts'
import { entryNameProblem, isSafeLinkTarget } from '../core/names.ts'
import { corrupt, MlstoreError, throwIfAborted } from '../errors.ts'
import type { FileStat, FileSystem } from '../ports/file-system.ts'
import type { ProgressStep } from '../ports/progress.ts'
import type { StatRow } from '../ports/stat-cache.ts'
import { Durability } from './durability.ts'
import { FileSystemClock, nearestFolder } from './file-system-time.ts'
import { type Content, FileWriter, wrongLength } from './file-writer.ts'
import { clashAt } from './name-guard.ts'
import { Placing } from './placing.ts'
import { joinPath } from './relative-path.ts'
import { isToolFolder, isUnfinished, unfinishedBeside, unfinishedWithin } from './reserved-names.ts'
import { isFresh, type Placement, placements, removeLeftovers } from './staging.ts'
import { rowFor } from './stat-index.ts'
import type { ChmodStep, Step, StepList, WriteStep } from './step-list.ts'

export type MaterializeRequest = {
  /** Absolute path of the folder, without links. */
  readonly root: string
  readonly steps: StepList
  /** Content by digest, verified against it. */
  readonly content: (digest: Digest) => Content
  /**
   * Makes `path` the content without writing it: a read-only hard link to what is stored, or a
   * durable file that is there already; `false` where there is neither. Not asked for executable
   * and empty files. Default: everything is written.
   */
  readonly place?: ((digest: Digest, path: string) => Promise<boolean>) | undefined
  /** Names the unfinished files of this run: letters, digits, `.`, `_` and `-`. */
  readonly id: string
  /** Whether the run with this id is over, so that its leftovers may go. Default: every other is. */
  readonly isAbandoned?: ((id: string) => boolean) | undefined
  readonly onProgress?: ((step: ProgressStep) => void) | undefined
  /** Takes rows for the stat cache, in batches, once their files are durable. Absolute paths. */
  readonly onRows?: ((rows: (readonly [path: string, row: StatRow])[]) => void) | undefined
  /** Heard until the first name changes hands; from then on the work is finished. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Applies the steps of a plan.
 *
 * Returns when all of it is durable.
 *
 * @throws {MlstoreError} `WORKING_TREE_CHANGED` if something is not as the plan saw it, `CORRUPT`
 *   for content of the wrong length, `INVALID_ARGUMENT` for two names that are one here, `REFUSED`
 *   for a path no version may write, `INTERRUPTED`, `NO_SPACE`.
 */
export async function materialize(fs: FileSystem, request: MaterializeRequest): Promise<void> {
  let files = 0
  for (const step of request.steps) {
    refuseUnsafe(step)
    if (step.op === 'write') files += 1
  }
  removeAllLeftovers(fs, request)
  if (request.steps.length === 0) return
  const work = await Materializer.prepare(fs, request, files)
  try {
    await work.run()
  } finally {
    work.cleanUp()
  }
}

/** The last line of defence: trees come from elsewhere, and a path leads anywhere. */
function refuseUnsafe(step: Step): void {
  const { op, path } = step
  if (op === 'mkdir' && path === '') return
  for (const name of path.split('/')) {
    const problem = entryNameProblem(name)
    if (problem !== undefined)
      throw corrupt(`The path ${JSON.stringify(path)}`, `a name ${problem}`)
    if (isToolFolder(name) || isUnfinished(name)) throw toolPath(path)
  }
  if (op === 'link' && !isSafeLinkTarget(path, step.target)) {
    throw corrupt(`The link ${path}`, `it points outside: ${JSON.stringify(step.target)}`)
  }
}

function toolPath(path: string): MlstoreError {
  return new MlstoreError('REFUSED', `The version holds ${path}, which belongs to a tool.`, {
    hint: 'mlstore never makes such a version. Do not trust whoever made it.',
  })
}

/** Units of work between two turns of the event loop: about 10 ms. */
const unitsPerTurn = 256
const bytesPerUnit = 16 * 1024
const rowsPerBatch = 4096

class Materializer {
  readonly #fs: FileSystem
  readonly #request: MaterializeRequest
  readonly #durability: Durability
  /** The folder under construction, or the one in which single things are prepared. */
  readonly #stage: string
  readonly #clock: FileSystemClock | undefined
  #hasStage = false
  #units = 0

  private constructor(fs: FileSystem, request: MaterializeRequest, durability: Durability) {
    this.#fs = fs
    this.#request = request
    this.#durability = durability
    this.#stage = stageOf(request)
    durability.makeDirectory(dirname(this.#stage))
    if (request.onRows !== undefined) this.#clock = FileSystemClock.open(fs, `${this.#stage}+clock`)
  }

  static async prepare(
    fs: FileSystem,
    request: MaterializeRequest,
    files: number,
  ): Promise<Materializer> {
    const kind = fs.lstat(request.root)?.kind
    if (kind !== (isFresh(request.steps) ? undefined : 'directory')) throw rootChanged(request.root)
    const folder = nearestFolder(fs, request.root)
    return new Materializer(fs, request, await Durability.choose(fs, folder, files))
  }

  async run(): Promise<void> {
    const { root, steps, id, signal } = this.#request
    const durability = this.#durability
    await this.#prepareContent()
    await durability.flush()
    const writtenNs = await this.#clock?.after(this.#clock.now())
    const placing = new Placing({ fs: this.#fs, root, stage: this.#stage, id, durability })
    await placing.verify(steps, () => this.#pause(signal))
    throwIfAborted(signal)
    await placing.apply(steps, () => this.#pause(undefined))
    this.#fs.removeTree(this.#stage)
    await durability.flush()
    if (writtenNs !== undefined) await this.#reportRows(writtenNs)
  }

  /** Leaves nothing behind, after a failure either; that must not hide the failure. */
  cleanUp(): void {
    try {
      this.#clock?.close()
      this.#fs.removeTree(this.#stage)
    } catch {
      // The names tell the next run to remove them.
    }
  }

  async #prepareContent(): Promise<void> {
    using writer = new FileWriter(this.#fs, this.#durability.syncsEach)
    for (const placement of this.#placements()) {
      if (placement.isTop) this.#makeStage(placement)
      if (placement.step.op === 'mkdir') this.#makeFolder(placement)
      if (placement.step.op === 'write') await this.#write(writer, placement.step, placement.staged)
      if (writer.isFull) await writer.sync()
      await this.#pause(this.#request.signal)
    }
    for (const { step, staged, isTop } of this.#placements()) {
      if (step.op === 'link' && !isTop) this.#fs.symlink(step.target, staged)
    }
    await writer.sync()
  }

  #placements(): Generator<Placement> {
    return placements(this.#request.steps, this.#stage)
  }

  /** The folder for single things; a folder that is new as a whole is its own stage. */
  #makeStage({ staged, step }: Placement): void {
    if (this.#hasStage || step.op === 'link') return
    if (staged !== this.#stage) this.#fs.makeDirectory(this.#stage)
    this.#hasStage = true
  }

  #makeFolder({ step, staged, isTop }: Placement): void {
    const isTaken = !isTop && this.#fs.lstat(staged) !== undefined
    const clash = isTaken ? clashAt(this.#fs, staged, step.path) : undefined
    if (clash !== undefined) throw clash
    this.#fs.makeDirectory(staged)
    this.#durability.changed(staged)
  }

  /** Writes small content at once; only what comes in pieces or is placed is waited for. */
  #write(writer: FileWriter, step: WriteStep, staged: string): Promise<void> | undefined {
    const { sizeBytes, executable } = step.content
    this.#units += sizeBytes / bytesPerUnit
    this.#request.onProgress?.({ files: 1, bytes: sizeBytes })
    const { place } = this.#request
    if (place === undefined || sizeBytes === 0 || executable)
      return this.#copy(writer, step, staged)
    return this.#placeOrCopy(writer, step, staged)
  }

  async #placeOrCopy(writer: FileWriter, step: WriteStep, staged: string): Promise<void> {
    const { digest, sizeBytes } = step.content
    if ((await this.#request.place?.(digest, staged)) !== true) {
      await this.#copy(writer, step, staged)
      return
    }
    const actual = this.#fs.lstat(staged)?.sizeBytes ?? 0
    if (actual !== sizeBytes) throw wrongLength(step.path, sizeBytes, actual)
  }

  #copy(writer: FileWriter, step: WriteStep, staged: string): Promise<void> | undefined {
    const { digest, sizeBytes, executable } = step.content
    const file = { path: staged, sizeBytes, executable, title: step.path }
    const content = sizeBytes > 0 ? this.#request.content(digest) : emptyContent
    if (!(content instanceof Uint8Array)) return writer.stream(file, content)
    writer.write(file, content)
    return undefined
  }

  /**
   * Rows for what was written. A file that someone changed since it got its name has a time of
   * change not before `writtenNs`, since that was read after the last write and before any rename.
   */
  async #reportRows(writtenNs: bigint): Promise<void> {
    const { root, steps, onRows } = this.#request
    const nowNs = (await this.#clock?.after(this.#clock.now())) ?? 0n
    let rows: (readonly [path: string, row: StatRow])[] = []
    for (const step of steps) {
      if (step.op !== 'write' && step.op !== 'chmod') continue
      const path = joinPath(root, step.path)
      const stat = this.#fs.lstat(path)
      const row = isUntouched(stat, step, writtenNs) && rowFor(stat, step.content.digest, nowNs)
      if (row) rows.push([path, row])
      if (rows.length >= rowsPerBatch) {
        onRows?.(rows)
        rows = []
      }
      await this.#pause(undefined)
    }
    if (rows.length > 0) onRows?.(rows)
  }

  /** Counts a step and gives way to the event loop when it is due. */
  #pause(signal: AbortSignal | undefined): Promise<void> | undefined {
    this.#units += 1
    if (this.#units < unitsPerTurn) return undefined
    this.#units = 0
    throwIfAborted(signal)
    return new Promise((resolve) => setImmediate(resolve))
  }
}

const emptyContent = new Uint8Array(0)

function isUntouched(
  stat: FileStat | undefined,
  step: WriteStep | ChmodStep,
  writtenNs: bigint,
): stat is FileStat {
  if (stat?.kind !== 'file' || stat.sizeBytes !== step.content.sizeBytes) return false
  if (step.op === 'chmod') return stat.mtimeNs === step.seen.mtimeNs
  return stat.mtimeNs < writtenNs
}

function stageOf({ root, steps, id }: MaterializeRequest): string {
  return isFresh(steps) ? unfinishedBeside(root, id) : unfinishedWithin(root, id)
}

function removeAllLeftovers(fs: FileSystem, request: MaterializeRequest): void {
  const { root, isAbandoned = () => true } = request
  for (const start of [unfinishedWithin(root, ''), unfinishedBeside(root, '')]) {
    removeLeftovers(fs, { folder: dirname(start), prefix: basename(start) }, isAbandoned)
  }
}

function rootChanged(root: string): MlstoreError {
  return new MlstoreError('WORKING_TREE_CHANGED', `${root} is not what it was a moment ago.`, {
    hint: 'Look at it, then run the command again.',
    details: { paths: [root] },
  })
}
