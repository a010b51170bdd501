/**
 * Run: one run that this process logs into.
 *
 * What is logged is checked at once, kept in memory, and durable within a second or after
 * `flush`, as long as the program lets the event loop turn. A process that is killed leaves a run
 * that is RUNNING, and stale, with all that was written until then.
 */

import type { JsonObject } from '../../core/canonical-json.ts'
import type { Digest } from '../../core/digest.ts'
import { type FittedValue, fitValue, noteKey, paramText } from '../../core/runs/long-value.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'
import type { AddedFile } from '../../objects/object-writer.ts'
import type { RunRow } from '../../catalog/runs/run-table.ts'
import type { StoreParts } from '../parts.ts'
import type { AddResult, VersionSummary } from '../results.ts'
import { type DraftFile, DraftFiles, filesPerEvent } from './draft-files.ts'
import { RunLog } from './run-log.ts'
import type {
  EndedStatus,
  EndRunOptions,
  LoggingOptions,
  OutputOptions,
  ParamValue,
  RunLogOptions,
  UseOptions,
} from './requests.ts'
import type { RunSummary } from './results.ts'

export type RunOptions = LoggingOptions & {
  /** Leaving the scope that declared the run ends it; else it goes on. */
  readonly endsWithScope: boolean
  /** What is found out about the run while it goes on already. */
  readonly facts?: ((run: Run) => Promise<void>) | undefined
}

export class Run implements AsyncDisposable {
  /** 32 hex digits. */
  readonly id: string
  readonly name: string
  /** Name of its experiment. */
  readonly experiment: string
  readonly #parts: StoreParts
  readonly #files: DraftFiles
  readonly #log: RunLog
  readonly #endsWithScope: boolean
  readonly #facts: Promise<void>
  #ending: Promise<RunSummary> | undefined

  /** @internal Use `Store.startRun` or `Store.resumeRun`. */
  constructor(parts: StoreParts, row: RunRow, options: RunOptions) {
    this.id = row.id
    this.name = row.name
    this.experiment = row.experimentName
    this.#parts = parts
    this.#files = new DraftFiles(parts, row.id)
    this.#log = new RunLog(parts, row.id, this.#files, options)
    this.#endsWithScope = options.endsWithScope
    this.#facts = options.facts?.(this) ?? Promise.resolve()
    // Whoever flushes or ends the run is told.
    this.#facts.catch(() => undefined)
  }

  /**
   * Logs params: each is written once, and the same value again is no change.
   *
   * A value of more than 8,000 characters is kept as the file `params/KEY.txt` of the run.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` naming the param that has another value already, with
   * both in `details`; or whose key cannot be used. Then none of them is logged.
   */
  logParams(params: Readonly<Record<string, ParamValue>>): void {
    this.#checkGoesOn()
    const values = Object.entries(params).map(([key, value]) => {
      const fitted = fitValue('params', key, paramText(key, value))
      return [key, fitted.value, fitted.file] as const
    })
    this.#log.addParams(new Map(values.map(([key, value]) => [key, value])))
    for (const [, , file] of values) this.#keepInBackground(file)
  }

  /**
   * Logs one point of each metric. NaN and the infinities are values like others.
   *
   * @param options.step Default: one more than the last step of the metric in this process.
   * @param options.time Milliseconds since 1970. Default: now.
   * @throws {MlstoreError} `INVALID_ARGUMENT` naming the metric whose value is no number or whose
   * key cannot be used. Then none of them is logged.
   */
  logMetrics(values: Readonly<Record<string, number>>, options: RunLogOptions = {}): void {
    this.#checkGoesOn()
    const { step, time = this.#parts.clock.now().getTime() } = options
    this.#log.addMetrics(values, { step, time })
  }

  /** Keeps text as a file of the run. */
  async logText(path: string, text: string): Promise<void> {
    this.#checkGoesOn()
    await this.keepBytes(path, Buffer.from(text))
  }

  /** Keeps a value as a file of the run, in JSON. */
  async logJson(path: string, value: unknown): Promise<void> {
    this.#checkGoesOn()
    await this.keepBytes(path, Buffer.from(`${jsonText(path, value)}\n`))
  }

  /** @param path In the run. Default: the file's name. */
  async logFile(file: string, path?: string): Promise<void> {
    this.#checkGoesOn()
    const { draftFile } = await import('./read-files.ts')
    await this.#files.add(draftFile(this.#parts, file, path))
    this.#log.schedule()
  }

  /**
   * Keeps the files of a folder, `.mlstoreignore` observed; links in it are left out.
   *
   * @param path Folder in the run. Default: the folder's name; `''` puts them at the top.
   * @returns How many there are.
   */
  async logFolder(folder: string, path?: string): Promise<number> {
    this.#checkGoesOn()
    const { draftFilesIn } = await import('./read-files.ts')
    let files = 0
    for await (const file of draftFilesIn(this.#parts, folder, path)) {
      await this.#files.add(file)
      files += 1
      this.#log.schedule()
    }
    return files
  }

  /** Records that the run reads a version, and fetches what of it is missing here. */
  async use(reference: string, options: UseOptions = {}): Promise<VersionSummary> {
    this.#checkGoesOn()
    const { useVersion } = await import('./use-version.ts')
    return useVersion(this.#parts, this.id, reference, options)
  }

  /**
   * Adds a file or folder as a version that the run made.
   *
   * @param as `type/name`.
   */
  async output(path: string, as: string, options: OutputOptions = {}): Promise<AddResult> {
    this.#checkGoesOn()
    const { addOutput } = await import('./use-version.ts')
    return addOutput(this.#parts, this.id, { path, as, options })
  }

  /** Sets tags of the run. */
  tag(tags: Readonly<Record<string, string>>): void {
    this.#checkGoesOn()
    for (const [key, text] of Object.entries(tags)) {
      const { value, file } = fitValue('tags', key, text)
      this.#log.addTag(key, value)
      this.#keepInBackground(file)
    }
  }

  /** Says what people should know about the run, in place of what was said before. */
  note(text: string): void {
    this.tag({ [noteKey]: text })
  }

  /**
   * Makes everything durable that was logged before the call.
   *
   * @throws {MlstoreError} What writing failed with, unless `keepGoing`; `INVALID_ARGUMENT` if
   * another process gave a param another value meanwhile. What could not be written is kept and
   * tried again.
   */
  async flush(): Promise<void> {
    await this.#facts.catch(() => undefined)
    await this.#log.flush()
  }

  /**
   * Flushes, and makes a version of `run/ID` of the files so far, if they are not all in the
   * newest one; the bytes are shared.
   *
   * @returns That version; `null` if the run has no files.
   */
  async seal(): Promise<Digest | null> {
    await this.flush()
    const { sealFiles } = await import('./seal-files.ts')
    return sealFiles(this.#parts, this.id)
  }

  /**
   * Ends the run, with everything durable and its files sealed. Again, it changes nothing.
   *
   * @param status Default: FINISHED.
   */
  end(status: EndedStatus = 'FINISHED', options: EndRunOptions = {}): Promise<RunSummary> {
    this.#ending ??= this.#end(status, options).catch((error: unknown) => {
      // It can be tried again.
      this.#ending = undefined
      throw error
    })
    return this.#ending
  }

  async #end(status: EndedStatus, { exitCode }: EndRunOptions): Promise<RunSummary> {
    const endedAt = this.#parts.clock.now().toISOString()
    await this.#log.attempt(async () => void (await this.seal()))
    this.#log.add({
      type: 'run.update',
      run: this.id,
      status,
      endedAt,
      ...(exitCode === undefined ? {} : { exitCode }),
    })
    await this.#log.flush()
    this.#log.close()
    const { runSummary } = await import('./run-summaries.ts')
    return runSummary(this.#parts, this.id)
  }

  /**
   * Leaves the run: one that `resumeRun` gave is flushed and goes on; one that was started here
   * and not ended ends as FAILED.
   *
   * A disposer cannot see whether an error is passing through its scope. So `end()` is the last
   * statement of a scope with `await using`, and a scope that is left without it has failed.
   * `Store.withRun` needs no such care.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ending !== undefined) await this.#ending
    else if (this.#endsWithScope) await this.end('FAILED')
    else await this.flush()
  }

  /** @internal Adds to the run's context, key by key in place of what was there. */
  addContext(context: JsonObject): void {
    this.#log.add({ type: 'run.update', run: this.id, context })
  }

  /** @internal Keeps bytes as a file of the run. */
  async keepBytes(path: string, bytes: Uint8Array): Promise<Digest> {
    const store: DraftFile['store'] = (writer) => writer.addSmallFile(bytes)
    const { digest } = await this.keepFile({ path, store })
    return digest
  }

  /** @internal Keeps a file of the run, also while it ends. */
  async keepFile(file: DraftFile): Promise<AddedFile> {
    const added = await this.#files.add(file)
    this.#log.schedule()
    return added
  }

  /** @internal Takes files out of the draft; durable when it resolves. */
  async dropFiles(paths: readonly string[]): Promise<void> {
    this.#checkGoesOn()
    // What was logged before is written before, so that the removal is the last word.
    await this.flush()
    const files = paths.map((path) => ({ path, digest: null, size: 0 }))
    for (let i = 0; i < files.length; i += filesPerEvent) {
      this.#log.add({ type: 'run.files', run: this.id, files: files.slice(i, i + filesPerEvent) })
    }
    await this.flush()
    this.#files.forgetPaths()
  }

  /** Of a call that returns at once: whatever fails is told by the log. */
  #keepInBackground(file: FittedValue['file']): void {
    if (file !== undefined) this.#log.follow(this.keepBytes(file.path, Buffer.from(file.text)))
  }

  #checkGoesOn(): void {
    if (this.#ending === undefined) return
    throw invalidArgument(
      `Run ${this.name} has ended.`,
      'Start another one, or go on with it: `startRun({ resume: ID })`.',
    )
  }
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for what JSON cannot say. */
function jsonText(path: string, value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value, undefined, 2)
  } catch (error) {
    throw new MlstoreError('INVALID_ARGUMENT', `${path}: the value cannot be JSON.`, {
      cause: error,
    })
  }
  // What a program may hand over is more than the types say.
  if (text === undefined) throw invalidArgument(`${path}: the value has no JSON.`)
  return text
}
