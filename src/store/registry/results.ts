/** What the questions about registered versions answer; field names are those of the JSON. */

import type { Digest } from '../../core/digest.ts'
import type { VersionSummary } from '../results.ts'
import type { RunSummary } from '../runs/results.ts'

export type DeployedResult = {
  readonly artifact: string
  /** The alias, or the value of the tag `stage`, that says so. */
  readonly name: string
  /** `null`: none is. */
  readonly version: VersionSummary | null
  /** Which of the two says so; the alias, if both do. `null`: neither does. */
  readonly via: 'alias' | 'stage' | null
  /** Newest first. */
  readonly history: readonly DeployedMove[]
}

export type DeployedMove = {
  readonly from: Digest | null
  readonly to: Digest | null
  readonly at: string
  readonly by: string
  /** Tags have none. */
  readonly reason: string | null
}

export type RelatedResult = {
  readonly version: VersionSummary
  /** The version of the artifact asked about that it is tied to. */
  readonly of: Digest
}

export type Goal = 'max' | 'min'

export type WinnerResult = {
  readonly artifact: string
  readonly digest: Digest
  /** Id of the run that won. */
  readonly run: string
  /** `null`: only its id is known here. */
  readonly summary: RunSummary | null
  /** `null`: it was named, not measured. */
  readonly metric: string | null
  readonly goal: Goal | null
  /** Of the metric, when it was chosen. */
  readonly value: number | null
  readonly reason: string | null
  readonly at: string
  readonly by: string
}

/** A version that a run made. */
export type MadeVersion = VersionSummary & {
  /** As what. */
  readonly role: string
}
