/**
 * What use cases about experiments, runs and lineage answer. Field names are those of the command
 * line's JSON. Metric values may be NaN or infinite: `--json` writes them as the strings `NaN`,
 * `Infinity`, `-Infinity`.
 */

import type { Digest } from '../../core/digest.ts'
import type { RunStatus } from '../../core/runs/run-status.ts'

export type RunSummary = {
  /** 32 hex digits. */
  readonly run: string
  readonly name: string
  /** Name of its experiment. */
  readonly experiment: string
  readonly experimentId: string
  readonly status: RunStatus
  /** It says RUNNING, but the process that logged into it is gone. */
  readonly stale: boolean
  readonly startedAt: string
  readonly endedAt: string | null
  /** `null` while it goes on. */
  readonly durationMs: number | null
  readonly user: string
  readonly parent: string | null
  readonly params: Readonly<Record<string, string>>
  /** The last value of each metric: of the highest step, then the latest time. */
  readonly metrics: Readonly<Record<string, number>>
  readonly tags: Readonly<Record<string, string>>
  readonly removed: boolean
}

export type RunPage = {
  readonly runs: readonly RunSummary[]
  /** Gets the next page when it is handed back with the same request; `null`: this is the last. */
  readonly nextPageToken: string | null
}

export type RunDetails = RunSummary & {
  readonly note: string | null
  /** Git, environment, CI, source, process: docs/format.md, "Runs". */
  readonly context: Readonly<Record<string, unknown>>
  readonly exitCode: number | null
  readonly metricSummaries: Readonly<Record<string, MetricSummary>>
  /** Values that other writers gave params that had one already. */
  readonly otherParams: readonly OtherParam[]
  readonly inputs: readonly RunLink[]
  readonly outputs: readonly RunLink[]
  readonly children: readonly { readonly run: string; readonly name: string }[]
  readonly files: {
    readonly count: number
    readonly sizeBytes: number
    /** The version `run/<id>` that holds them, once sealed. */
    readonly version: Digest | null
  }
}

export type ExecResult = {
  readonly run: string
  readonly name: string
  readonly experiment: string
  readonly status: RunStatus
  /** The command's; 127 or 126 if it could not be started, 128+n after signal n. */
  readonly exitCode: number
  readonly durationMs: number | null
  /** Why it could not be started; `null`: it was. */
  readonly failure: string | null
}

export type RunFile = {
  /** In the run's tree. */
  readonly path: string
  readonly sizeBytes: number
  readonly digest: Digest
  /** Name of the computer that alone has the bytes; left out for files that travel. */
  readonly localTo?: string
}

export type MetricSummary = {
  readonly count: number
  readonly last: number
  readonly lastStep: number
  /** NaN points left out; NaN if there are no others. */
  readonly min: number
  readonly max: number
}

export type OtherParam = {
  readonly key: string
  readonly value: string
  readonly by: string
  readonly at: string
}

export type RunLink = {
  readonly version: Digest
  readonly role: string
  /** `type/name@label`; `null` if the version is not known here. */
  readonly name: string | null
}

/** Points by (step, time, order of logging). */
export type MetricHistory = {
  readonly run: string
  readonly key: string
  /** Of the whole series, also if only some points are given. */
  readonly count: number
  readonly points: readonly {
    readonly step: number
    readonly value: number
    readonly at: string
  }[]
}

export type ExperimentListing = {
  readonly experiment: string
  readonly name: string
  /** Not removed. */
  readonly runs: number
  readonly createdAt: string
  readonly lastRunAt: string | null
  readonly removed: boolean
}

/** A table: one row a param or metric, one column a run. */
export type RunComparison = {
  readonly runs: readonly RunSummary[]
  readonly rows: readonly ComparisonRow[]
}

export type ComparisonRow = {
  readonly kind: 'param' | 'metric'
  readonly key: string
  /** In the order of the runs; `null` where a run has none. */
  readonly values: readonly (string | number | null)[]
  readonly differs: boolean
}

export type LineageNode =
  | {
      readonly kind: 'version'
      /** `version:DIGEST` */
      readonly id: string
      readonly version: Digest
      /** `null`: only its id is known here, as when it was never pushed. */
      readonly name: string | null
      readonly aliases: readonly string[]
      readonly removed: boolean
    }
  | {
      readonly kind: 'run'
      /** `run:ID` */
      readonly id: string
      readonly run: string
      /** `null`: only its id is known here; then so is all that follows. */
      readonly name: string | null
      /** Name of its experiment. */
      readonly experiment: string | null
      readonly status: RunStatus | null
      /** Git commit it ran from. */
      readonly commit: string | null
      /** Whether files were changed since that commit. */
      readonly dirty: boolean | null
      readonly removed: boolean
    }

/** Data flows from `from` to `to`; both are ids of nodes. */
export type LineageEdge = {
  readonly from: string
  readonly to: string
  /** What the version is to the run, or `from` to the version made from it. */
  readonly role: string
  /** By `lineage add`, after both were made. */
  readonly added: boolean
}

/** An edge that somebody added and that is left out, as it would close a cycle. */
export type LeftOutEdge = Omit<LineageEdge, 'added'> & { readonly by: string; readonly at: string }

export type LineageResult = {
  /** Id of the node that was asked about. */
  readonly root: string
  readonly direction: 'up' | 'down' | 'both'
  /** The nearest first. */
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
  /** Ids of nodes beyond which the depth asked for ended. */
  readonly cut: readonly string[]
  /** Between nodes of the answer. */
  readonly leftOut: readonly LeftOutEdge[]
}

export type AddLineageResult = {
  readonly from: Digest
  readonly fromName: string
  readonly to: Digest
  readonly toName: string
  readonly role: string
  /** It was known: nothing was recorded. */
  readonly unchanged: boolean
}
