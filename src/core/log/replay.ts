/**
 * What an event does to the state of a remote's log. Pure: same log, same verdicts, everywhere.
 *
 * Events are judged one after the other, each against the state right before it. A losing event
 * stays in the log and changes nothing; its writer is told who won.
 */

import type { LoggedEvent } from '../events/bulk-event.ts'
import type { AliasMove, LabelClaim, RunEventOf } from '../events/event.ts'
import type { RemoteView } from './remote-view.ts'

export type Refusal =
  /** The log holds this event already. */
  | 'repeated'
  /** The alias is at that version already, by someone else's move. */
  | 'redundant'
  /** A newer mlstore's event. */
  | 'unknown-type'
  /** The alias is at a move this one was not made over. */
  | 'alias-moved'
  /** The label belongs to another version. */
  | 'label-taken'
  /** The number belongs to another version or run. */
  | 'number-taken'
  | 'version-removed'
  /** The artifact has no such version on this remote. */
  | 'version-unknown'

export type Verdict =
  | { readonly applied: true }
  | {
      readonly applied: false
      readonly reason: Refusal
      /** Id of the event that stands in the way. */
      readonly by?: string
    }

const applied: Verdict = { applied: true }

/** Decides whether the event takes effect, given the state right before it. */
export function judge(event: LoggedEvent, view: RemoteView): Verdict {
  if (view.hasEvent(event.id)) return { applied: false, reason: 'repeated', by: event.id }
  switch (event.type) {
    case 'unknown':
      return { applied: false, reason: 'unknown-type' }
    case 'alias.move':
      return judgeAliasMove(event, view)
    case 'label.claim':
      return judgeLabelClaim(event, view)
    case 'number.claim':
      return judgeNumberClaim(event, view)
    default:
      return applied
  }
}

/**
 * A move wins if its writer had seen the move the alias is at (rule A1); a removed version cannot
 * be pointed at (A2). Where the alias was never moved there is nobody to overwrite.
 */
function judgeAliasMove(move: AliasMove, view: RemoteView): Verdict {
  if (move.to !== null) {
    if (view.artifactOf(move.to) !== move.artifact) return unknownVersion
    const [removal] = view.removals(move.to)
    if (removal !== undefined) return { applied: false, reason: 'version-removed', by: removal }
  }
  const head = view.aliasHead(move.artifact, move.alias)
  if (head === undefined || move.over.includes(head.event)) return applied
  if (head.to === move.to) return { applied: false, reason: 'redundant', by: head.event }
  return { applied: false, reason: 'alias-moved', by: head.event }
}

/** A given label belongs to whoever claims it first; a generated one is no claim. */
function judgeLabelClaim(claim: LabelClaim, view: RemoteView): Verdict {
  if (view.artifactOf(claim.version) !== claim.artifact) return unknownVersion
  if (claim.generated) return applied
  const owner = view.labelOwner(claim.artifact, claim.label)
  if (owner === undefined || owner.version === claim.version) return applied
  return { applied: false, reason: 'label-taken', by: owner.event }
}

/** A number belongs to whoever claims it first, for good: it is never given to anything else. */
function judgeNumberClaim(claim: RunEventOf<'number.claim'>, view: RemoteView): Verdict {
  const owner = view.numberOwner(claim.series, claim.number)
  if (owner === undefined || owner.subject === claim.subject) return applied
  return { applied: false, reason: 'number-taken', by: owner.event }
}

const unknownVersion: Verdict = { applied: false, reason: 'version-unknown' }
