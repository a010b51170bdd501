/** What a tracking server asks of the store and is answered. Times are milliseconds since 1970. */

import type { RunStatus } from '../../core/runs/run-status.ts'

export type TrackedMetric = {
  readonly key: string
  /** Any double. */
  readonly value: number
  readonly step: number
  readonly timeMs: number
}

export type TrackedRun = {
  /** 32 hex digits. */
  readonly id: string
  readonly experimentId: string
  readonly name: string
  readonly status: RunStatus
  readonly startedAtMs: number
  /** `null` while it goes on. */
  readonly endedAtMs: number | null
  readonly user: string
  readonly parent: string | null
  readonly removed: boolean
  readonly params: ReadonlyMap<string, string>
  readonly tags: ReadonlyMap<string, string>
  /** The last point of each: of the highest step, then the latest time. */
  readonly metrics: readonly TrackedMetric[]
}

export type TrackedRunPage = {
  readonly runs: readonly TrackedRun[]
  /** `null`: this is the last one. */
  readonly nextPageToken: string | null
}

export type TrackedExperiment = {
  /** 32 hex digits. */
  readonly id: string
  readonly name: string
  readonly createdAtMs: number
  /** When something was last said of it. */
  readonly updatedAtMs: number
  readonly removed: boolean
  readonly tags: ReadonlyMap<string, string>
}

export type NewExperiment = {
  readonly name: string
  readonly tags?: ReadonlyMap<string, string> | undefined
  /** Given by the caller where several stores must make the same one. Default: a new id. */
  readonly id?: string | undefined
}

export type NewTrackedRun = {
  readonly experimentId: string
  /** Default: a readable name that is made up. */
  readonly name?: string | undefined
  /** A tag that says the name as well, where another tool looks for it. */
  readonly nameTag?: string | undefined
  /** Default: now. */
  readonly startedAtMs?: number | undefined
  /** Id of the run it belongs to; it may be unknown here. */
  readonly parent?: string | undefined
  readonly tags?: ReadonlyMap<string, string> | undefined
  /** Name of the program that logs. */
  readonly source?: string | undefined
}

export type RunChange = {
  readonly status?: RunStatus | undefined
  readonly endedAtMs?: number | undefined
  readonly name?: string | undefined
  /** A tag that says the name as well, where another tool looks for it. */
  readonly nameTag?: string | undefined
}

export type LoggedValues = {
  readonly params?: ReadonlyMap<string, string> | undefined
  readonly metrics?: readonly TrackedMetric[] | undefined
  /** `null` takes the tag away. */
  readonly tags?: ReadonlyMap<string, string | null> | undefined
}
