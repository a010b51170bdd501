/**
 * RemoteView: the state a remote's log has come to, as judging and rebasing ask for it.
 *
 * There are two: `MemoryView` replays entries into maps, the catalog answers from SQLite. Both say
 * the same about the same log, because both are built by `judge` and nothing else.
 */

import type { Digest } from '../digest.ts'

/** The move that won last. */
export type AliasHead = {
  /** Id of the move. */
  readonly event: string
  /** `null`: the alias was removed. */
  readonly to: Digest | null
}

/** The claim a label belongs to. */
export type LabelOwner = { readonly event: string; readonly version: Digest }

/** A claim that won, given or generated, and was not renamed since. */
export type ActiveClaim = {
  readonly artifact: string
  readonly label: string
  readonly version: Digest
}

/** The claim a number belongs to. */
export type NumberOwner = {
  readonly event: string
  /** Text that `parseTagTarget` reads. */
  readonly subject: string
}

export interface RemoteView {
  /** Whether the log holds the event, whatever became of it. */
  hasEvent(id: string): boolean
  /** Whether a version of the artifact is on the remote. */
  hasArtifact(artifact: string): boolean
  /** The artifact of a version that is on the remote: record and bytes. */
  artifactOf(version: Digest): string | undefined
  aliasHead(artifact: string, alias: string): AliasHead | undefined
  /** Whose a given label is; generated ones have no owner. */
  labelOwner(artifact: string, label: string): LabelOwner | undefined
  /** The claim with this id, while it is active. */
  activeClaim(id: string): ActiveClaim | undefined
  /** Ids of the removals of a version that nobody took back; none: it is not removed. */
  removals(version: Digest): readonly string[]
  /** Whether `version.restore` took this removal back, seen before or after the removal itself. */
  isRestored(version: Digest, removal: string): boolean
  /** Whether the log holds the start of the run. */
  hasRun(run: string): boolean
  /** Whether the log holds the making of the experiment. */
  hasExperiment(experiment: string): boolean
  /** Whose a number is: it stays with the subject of the first claim in effect. */
  numberOwner(series: string, number: number): NumberOwner | undefined
  /** The highest number of a series that anybody has; 0: nobody has one. */
  lastNumber(series: string): number
  /** `undefined`: the log never named the pack. */
  packState(pack: string): PackState | undefined
}

export type PackState = 'live' | 'swept'
