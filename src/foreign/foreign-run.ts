/**
 * What readers of other tools' stores give: experiments, runs and models in one shape.
 *
 * Names are those of the other tool, times are milliseconds since 1970, and nothing is read before
 * it is asked for: points come in batches, so that a series of any length takes little memory.
 */

import type { RunStatus } from '../core/runs/run-status.ts'
import type { MetricPoint } from '../core/runs/metric-points.ts'

export type Texts = ReadonlyMap<string, string>

export type ForeignExperiment = {
  /** Of the other tool; runs name it. */
  readonly id: string
  readonly name: string
  readonly tags: Texts
  readonly isRemoved: boolean
}

/** Some points of one metric, in the order they were logged; a long series comes in several. */
export type ForeignSeries = { readonly key: string; readonly points: readonly MetricPoint[] }

/** Text that becomes a file of the run. */
export type ForeignFile = { readonly path: string; readonly text: string }

export type ForeignRun = {
  readonly id: string
  /** `ForeignExperiment.id` */
  readonly experiment: string
  readonly name: string
  readonly status: RunStatus
  readonly startedAt: number
  readonly endedAt: number | null
  readonly parent?: string | undefined
  /** Name of the program. */
  readonly source?: string | undefined
  readonly git?: ForeignGit | undefined
  readonly params: Texts
  readonly tags: Texts
  readonly isRemoved: boolean
  /** Folders that may hold its files: the first that is there does. */
  readonly folders: readonly string[]
  /** What the other tool calls that place; `undefined` if it has none. */
  readonly place?: string | undefined
  readonly files: readonly ForeignFile[]
  /** Series one after the other, those of one key together. */
  readonly series: () => Iterable<ForeignSeries>
  /** Models that the run read: `ForeignModel.id`. */
  readonly modelInputs: readonly string[]
}

export type ForeignGit = {
  readonly commit: string
  readonly branch?: string | undefined
  readonly remote?: string | undefined
}

/** One version of a model, registered under a name or only logged by a run. */
export type ForeignModel = {
  /** What other things of that store call it. */
  readonly id: string
  readonly kind: 'registered' | 'logged'
  readonly name: string
  /** Of a registered one. */
  readonly number?: number | undefined
  readonly createdAt: number
  readonly run?: string | undefined
  readonly tags: Texts
  readonly stage?: string | undefined
  /** Folders or files that may hold its bytes: the first that is there does. */
  readonly paths: readonly string[]
  /** What the other tool calls that place. */
  readonly place: string
  /** What else is known, in JSON's types. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** A name under which versions are registered. */
export type ForeignModelName = {
  readonly name: string
  readonly tags: Texts
  /** Numbers of versions by alias. */
  readonly aliases: ReadonlyMap<string, number>
}

/** One store of another tool, open for reading. */
export type ForeignStore = Disposable & {
  experiments(): Iterable<ForeignExperiment>
  runs(): Iterable<ForeignRun>
  models(): Iterable<ForeignModel>
  modelNames(): Iterable<ForeignModelName>
  /** What was met and cannot be read, in words; complete when all else was gone through. */
  readonly problems: readonly string[]
}
