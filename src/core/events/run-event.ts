/**
 * What events say about experiments, runs, lineage and numbers (docs/format.md, "Runs").
 *
 * A run is nothing but its events: they may arrive in any order and from several writers, so each
 * says one thing, and what two of them contradict each other in is decided by their order
 * (lamport, id) and never by a clock.
 */

import type { JsonObject } from '../canonical-json.ts'
import type { Digest } from '../digest.ts'
import type { RunStatus } from '../runs/run-status.ts'

export type ExperimentCreateFields = {
  readonly type: 'experiment.create'
  readonly experiment: string
  readonly name: string
}

/** The last one gives the name. */
export type ExperimentRenameFields = {
  readonly type: 'experiment.rename'
  readonly experiment: string
  readonly name: string
}

export type ExperimentRemoveFields = {
  readonly type: 'experiment.remove'
  readonly experiment: string
  readonly reason?: string
}

export type ExperimentRestoreFields = {
  readonly type: 'experiment.restore'
  readonly experiment: string
  /** The removal this one takes back. */
  readonly over: string
}

export type RunStartFields = {
  readonly type: 'run.start'
  readonly run: string
  readonly experiment: string
  readonly name: string
  readonly startedAt: string
  /** The run it was started within. */
  readonly parent?: string
  /** Where it ran and of what code: git, environment, ci, process, source (docs/format.md). */
  readonly context: JsonObject
}

/** Each field by itself: the last event that has it counts. */
export type RunUpdateFields = {
  readonly type: 'run.update'
  readonly run: string
  readonly name?: string
  readonly status?: RunStatus
  /** `null`: it goes on again. */
  readonly endedAt?: string | null
  readonly startedAt?: string
  /** Of the command that was run. */
  readonly exitCode?: number
  /** Added to the run's context, key by key at the top level. */
  readonly context?: JsonObject
}

/** The first value of a key stays; a differing later one is kept and shown beside it. */
export type RunParamsFields = {
  readonly type: 'run.params'
  readonly run: string
  readonly params: Readonly<Record<string, string>>
}

/** Points are added to what is there; none ever takes another's place. */
export type RunMetricsFields = {
  readonly type: 'run.metrics'
  readonly run: string
  readonly series: readonly MetricSeries[]
}

export type MetricSeries = {
  readonly key: string
  /** `encodePoints`, in base64. */
  readonly points: string
}

/** The run's draft: the last event that names a path says what is there. */
export type RunFilesFields = {
  readonly type: 'run.files'
  readonly run: string
  readonly files: readonly RunFileChange[]
}

export type RunFileChange = {
  /** In the run's tree, `/` between the names. */
  readonly path: string
  /** `null`: the path is gone from the draft. */
  readonly digest: Digest | null
  /** Bytes; 0 for a path that is gone. */
  readonly size: number
  readonly exec?: true
  /** Name of the computer that alone has the bytes: they are never pushed. */
  readonly local?: string
}

/** The run read the version (`input`) or made it (`output`). */
export type RunLinkFields = {
  readonly type: 'run.link'
  readonly run: string
  readonly direction: 'input' | 'output'
  readonly version: Digest
  /** What the version was to the run: `data`, `checkpoint`. */
  readonly role: string
}

export type RunRemoveFields = {
  readonly type: 'run.remove'
  readonly run: string
  readonly reason?: string
}

export type RunRestoreFields = {
  readonly type: 'run.restore'
  readonly run: string
  readonly over: string
}

/** `to` was made from `from`, said after both were. One that would close a cycle is ignored. */
export type LineageAddFields = {
  readonly type: 'lineage.add'
  readonly from: Digest
  readonly to: Digest
  readonly role: string
}

/**
 * Gives a number within a series to a version or a run. On a remote it belongs to whoever claims
 * it first.
 */
export type NumberClaimFields = {
  readonly type: 'number.claim'
  /** `model/resnet`, `TES-TEST`: any text of 1 to 250 characters. */
  readonly series: string
  /** From 1 on. */
  readonly number: number
  /** Text that `parseTagTarget` reads: `version:DIGEST` or `run:ID`. */
  readonly subject: string
  /** The claim of the same subject that this one renumbers, as its number was taken. */
  readonly over?: string
}

export type RunEventFields =
  | ExperimentCreateFields
  | ExperimentRenameFields
  | ExperimentRemoveFields
  | ExperimentRestoreFields
  | RunStartFields
  | RunUpdateFields
  | RunParamsFields
  | RunMetricsFields
  | RunFilesFields
  | RunLinkFields
  | RunRemoveFields
  | RunRestoreFields
  | LineageAddFields
  | NumberClaimFields
