/**
 * Events: one change each of what can change about artifacts, versions and runs.
 *
 * An event has a random id, so it is applied once whichever way it arrives, and a Lamport counter,
 * so any two have an order that every machine agrees on. Clocks are only displayed. The JSON an
 * event was read from travels with it: fields and types of a newer mlstore are passed on as they
 * came, and only what this one knows is acted upon.
 */

import type { JsonObject } from '../canonical-json.ts'
import type { Digest } from '../digest.ts'
import type { AliasName, ArtifactName, Label } from '../names.ts'
import type { VersionRecord } from '../version-record.ts'
import type { RunEventFields } from './run-event.ts'

/** Who, when and in which order: what every event says. */
export type EventStamp = {
  readonly id: string
  /** One more than the highest counter its writer knew. */
  readonly lamport: number
  /** UTC, as `Date.toISOString` writes it. Shown, never compared. */
  readonly at: string
  readonly by: string
}

/** What each type of event says besides its stamp. */
export type EventFields =
  | VersionAddFields
  | LabelClaimFields
  | AliasMoveFields
  | TagSetFields
  | VersionRemoveFields
  | VersionRestoreFields
  | GcSweepFields
  | RunEventFields

export type VersionAddFields = {
  readonly type: 'version.add'
  readonly version: Digest
  readonly record: VersionRecord
}

export type LabelClaimFields = {
  readonly type: 'label.claim'
  readonly artifact: ArtifactName
  readonly label: Label
  readonly version: Digest
  /** The UTC time stood in for a name: it claims nothing, so several versions may have it. */
  readonly generated: boolean
  /** An earlier claim of the same version that this one renames: its label is free again. */
  readonly over?: string
}

export type AliasMoveFields = {
  readonly type: 'alias.move'
  readonly artifact: ArtifactName
  readonly alias: AliasName
  /** `null` removes the alias. */
  readonly to: Digest | null
  /** The moves this one supersedes: its writer had seen them. */
  readonly over: readonly string[]
  readonly reason?: string
}

export type TagSetFields = {
  readonly type: 'tag.set'
  /** Text that `parseTagTarget` reads. */
  readonly target: string
  readonly key: string
  /** `null` removes the tag. */
  readonly value: string | null
}

export type VersionRemoveFields = {
  readonly type: 'version.remove'
  readonly version: Digest
  readonly reason?: string
}

export type VersionRestoreFields = {
  readonly type: 'version.restore'
  readonly version: Digest
  /** The removal this one takes back. */
  readonly over: string
}

export type GcSweepFields = {
  readonly type: 'gc.sweep'
  /** Packs of the remote that nobody may count on from this entry on. */
  readonly packs: readonly string[]
}

/** An event as it came: what it says, and the JSON that says it. */
type AsWritten<Fields> = EventStamp & Fields & { readonly json: JsonObject }

export type VersionAdd = AsWritten<VersionAddFields>
export type LabelClaim = AsWritten<LabelClaimFields>
export type AliasMove = AsWritten<AliasMoveFields>
export type TagSet = AsWritten<TagSetFields>
export type VersionRemove = AsWritten<VersionRemoveFields>
export type VersionRestore = AsWritten<VersionRestoreFields>
export type GcSweep = AsWritten<GcSweepFields>

export type RunEvent = {
  [Type in RunEventFields['type']]: RunEventOf<Type>
}[RunEventFields['type']]

/** The event of this type: `RunEventOf<'run.start'>`. */
export type RunEventOf<Type extends RunEventFields['type']> = AsWritten<
  Extract<RunEventFields, { readonly type: Type }>
>

/** A type of a newer mlstore: kept and passed on, never acted upon. `json` has its real type. */
export type UnknownEvent = AsWritten<{ readonly type: 'unknown' }>

export type KnownEvent =
  | VersionAdd
  | LabelClaim
  | AliasMove
  | TagSet
  | VersionRemove
  | VersionRestore
  | GcSweep
  | RunEvent

export type Event = KnownEvent | UnknownEvent

/** Far above any count, far enough below 2^53 that no foreign event can make counting unsafe. */
export const lamportMax: number = 2 ** 52

/** The counter for the next event of a writer who has seen events up to `known`. */
export function nextLamport(known: number): number {
  return Math.min(known + 1, lamportMax)
}

/** The order all machines agree on: negative if `a` comes first. */
export function compareEvents(
  a: Pick<EventStamp, 'lamport' | 'id'>,
  b: Pick<EventStamp, 'lamport' | 'id'>,
): number {
  if (a.lamport !== b.lamport) return a.lamport - b.lamport
  return a.id < b.id ? -1 : Number(a.id > b.id)
}
