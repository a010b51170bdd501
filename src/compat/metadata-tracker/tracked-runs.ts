/**
 * TrackedRuns: what a metadata tracker needs of the place where its runs are kept.
 *
 * The rules of a tracker (which tags stand for what, which run is the earlier version) are written
 * once, in `RunMetadataTracker`; a place, the store or an MLflow server, only starts, finds and ends
 * runs and keeps their tags, params and files. A new tracker is a new implementation of this.
 */

import type { JsonObject, JsonValue } from '../../core/canonical-json.ts'
import type { TrackedRun } from './metadata-tracker.ts'

/** All of it must hold. */
export type RunSearch = {
  /** Only runs of the experiment that this one belongs to. */
  readonly sameExperimentAs: TrackedRun
  /** Only runs that started no later than that one. Default: all. */
  readonly isUpToIt?: boolean
  /** Tags with just these values. Keys may hold anything, dots included. */
  readonly tags: Readonly<Record<string, string>>
  /** Further conditions, in the language of the place. */
  readonly extraFilters: readonly string[]
  /** At most so many. */
  readonly limit: number
}

export interface TrackedRuns {
  /** Where they are. */
  readonly url: string

  /**
   * Starts a run of the tracker's experiment: within `parent`, or on its own with the tag
   * `parent_run` = `True`.
   */
  start(parent?: TrackedRun): Promise<TrackedRun>

  /** Goes on with a run that was ended. */
  reopen(run: TrackedRun): Promise<void>

  /** Makes it FINISHED. Idempotent. */
  end(run: TrackedRun): Promise<void>

  /** @throws {MlstoreError} `NOT_FOUND` */
  get(id: string): Promise<TrackedRun>

  /** FINISHED runs that started on their own, newest first. */
  find(search: RunSearch): Promise<readonly TrackedRun[]>

  /** Tags of a run, also of one that is ended, as the place keeps them, durable when it resolves. */
  setTags(run: TrackedRun, tags: Readonly<Record<string, JsonValue>>): Promise<void>

  /**
   * What `setTags` was given under each of the keys, `null` where nothing was: with its type where
   * the place keeps types, else as text.
   */
  tags(run: TrackedRun, keys: readonly string[]): Promise<Readonly<Record<string, JsonValue>>>

  /** The object or list that a tag was, where `tags` gives it as text; everything else as it is. */
  valueOf(tag: JsonValue): JsonValue

  /**
   * Params of a run. The same value again is no change.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` if one has another value; then none is logged.
   */
  logParams(run: TrackedRun, params: JsonObject): Promise<void>

  /** Keeps a file or a folder of this machine as `path` among the files of the run. */
  logFile(run: TrackedRun, source: string, path: string): Promise<void>

  /** Names of the files and folders right in a folder of the run; none if there is no such folder. */
  namesIn(run: TrackedRun, folder: string): Promise<readonly string[]>

  /**
   * Writes a file or folder of the run as `target`, an absolute path whose folder is there.
   *
   * @throws {MlstoreError} `NOT_FOUND`
   */
  fetchFile(run: TrackedRun, path: string, target: string): Promise<void>

  /** Lets go of what is open. The next use opens it again. */
  close(): Promise<void>
}
