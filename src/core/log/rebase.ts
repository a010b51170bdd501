/**
 * Rebasing a push: what of it still holds after everything others have committed. Pure.
 *
 * Run before the first try at a slot and again after each lost one, against the state at n-1. Own
 * events are judged on trial, on top of that state, so what goes into the entry is what takes
 * effect there. A group of changes (change-group.ts) goes as a whole or stays home as a whole; the
 * data goes all the same.
 */

import type { Digest } from '../digest.ts'
import type { Event, RunEventOf } from '../events/event.ts'
import { type ChangeGroup, groupChanges } from './change-group.ts'
import type { EntryContent } from './entry.ts'
import { arrivingOf, isInScope } from './event-scope.ts'
import { MemoryView } from './memory-view.ts'
import type { RemoteView } from './remote-view.ts'
import type { Verdict } from './replay.ts'

/** An own change that lost against someone else's. */
export type Conflict = {
  /** `removed`: the alias would point at a version that was removed. */
  readonly kind: 'alias' | 'label' | 'removed'
  readonly artifact: string
  /** The alias or the label. */
  readonly name: string
  readonly ours: Digest | null
  readonly theirs: Digest | null
  /** Id of the own event. */
  readonly ourEvent: string
  /** Id of the event that stands in the way. */
  readonly theirEvent: string
}

/** An own claim of a number that somebody else's subject got first. */
export type TakenNumber = {
  readonly kind: 'number'
  readonly claim: RunEventOf<'number.claim'>
  /** What to claim instead: nobody has it, on the remote or in this push. */
  readonly free: number
  readonly ourEvent: string
  readonly theirEvent: string
}

export type Rebased = EntryContent<Event> & {
  readonly conflicts: readonly Conflict[]
  /** They stay home until they are renumbered: then both claims go. */
  readonly taken: readonly TakenNumber[]
  /** Events that stay home because what they are about is not on the remote. */
  readonly deferred: readonly Event[]
  /** Packs that are swept, or unknown, at n-1: what was wanted of them must be uploaded again. */
  readonly lostPacks: readonly string[]
}

/**
 * Decides what of a push goes into the entry after n-1.
 *
 * @param pending What the push is made of: own events that the remote may lack, in the order they
 * were made; the versions it brings; the packs uploaded for it.
 * @param view The state at n-1; nothing is changed in it.
 * @returns If `lostPacks` is not empty, nothing of it may be committed: upload again what was
 * counted on there, then rebase again.
 */
export function rebase(pending: EntryContent<Event>, view: RemoteView): Rebased {
  const events = pending.events.filter((event) => !view.hasEvent(event.id))
  const failures = settle({ ...pending, events }, view)
  const why = [...failures.values()]
  const home = new Map([...failures].flatMap(([group, its]) => group.events.map((e) => [e, its])))
  return {
    events: events.filter((event) => !home.has(event)),
    versions: pending.versions,
    packs: pending.packs.filter((pack) => view.packState(pack.id) === undefined),
    conflicts: why.filter((failure) => typeof failure !== 'string' && failure.kind !== 'number'),
    taken: freeNumbers(why, events, view),
    deferred: events.filter((event) => home.get(event) === 'out of scope'),
    lostPacks: lostPacks(pending, view),
  }
}

/** Why a group stays home. */
type Failure = Conflict | TakenNumber | 'out of scope'

/** The numbers that were taken, each with a free one: above all that are given, or asked for here. */
function freeNumbers(
  failures: readonly Failure[],
  events: readonly Event[],
  view: RemoteView,
): TakenNumber[] {
  const last = new Map<string, number>()
  for (const event of events) {
    if (event.type !== 'number.claim') continue
    const { series, number } = event
    last.set(series, Math.max(last.get(series) ?? view.lastNumber(series), number))
  }
  return failures.flatMap((failure) => {
    if (typeof failure === 'string' || failure.kind !== 'number') return []
    const { series } = failure.claim
    const free = (last.get(series) ?? 0) + 1
    last.set(series, free)
    return [{ ...failure, free }]
  })
}

/**
 * Finds the groups that stay home.
 *
 * Without a group that fails, another may win what it had taken on trial. So those that fail
 * against others' events go first, then everything is tried again.
 */
function settle(pending: EntryContent<Event>, view: RemoteView): Map<ChangeGroup, Failure> {
  const own = new Set(pending.events.map((event) => event.id))
  const failures = new Map<ChangeGroup, Failure>()
  let groups = groupChanges(pending.events)
  for (;;) {
    const found = runTrial(pending, groups, view)
    if (found.size === 0) return failures
    const final = [...found].filter(
      ([, why]) => typeof why === 'string' || !own.has(why.theirEvent),
    )
    for (const [group, why] of final.length > 0 ? final : found) failures.set(group, why)
    groups = groups.filter((group) => !failures.has(group))
  }
}

/** Applies the groups, event by event, on top of the state; returns those whose last event fails. */
function runTrial(
  pending: EntryContent<Event>,
  groups: readonly ChangeGroup[],
  below: RemoteView,
): Map<ChangeGroup, Failure> {
  const view = new MemoryView(below)
  for (const pack of pending.packs) view.addPack(pack)
  for (const location of pending.versions) view.addLocation(location)
  const arriving = arrivingOf(
    pending.events,
    pending.versions.map(({ version }) => version),
  )
  const groupOf = new Map(groups.flatMap((group) => group.events.map((event) => [event, group])))

  const failures = new Map<ChangeGroup, Failure>()
  for (const event of pending.events) {
    const group = groupOf.get(event)
    if (group === undefined) continue
    // Only the last one decides, so only that one must be in scope: older targets go as ids.
    const isLast = event === group.last
    if (isLast && !isInScope(event, view, arriving)) failures.set(group, 'out of scope')
    else {
      const failure = tryEvent(event, view)
      if (isLast && failure !== undefined) failures.set(group, failure)
    }
  }
  return failures
}

function tryEvent(event: Event, view: MemoryView): Failure | undefined {
  const theirs = theirsOf(event, view)
  const verdict = view.applyEvent(event)
  return verdict.applied ? undefined : failureOf(event, verdict, theirs)
}

/** What the name of an alias or a label stands for in this state. */
function theirsOf(event: Event, view: RemoteView): Digest | null {
  if (event.type === 'alias.move') return view.aliasHead(event.artifact, event.alias)?.to ?? null
  if (event.type !== 'label.claim') return null
  return view.labelOwner(event.artifact, event.label)?.version ?? null
}

function failureOf(
  event: Event,
  verdict: Extract<Verdict, { readonly applied: false }>,
  theirs: Digest | null,
): Failure | undefined {
  const { reason, by } = verdict
  if (reason === 'repeated' || reason === 'redundant') return undefined
  if (by === undefined) return 'out of scope'
  const common = { ourEvent: event.id, theirEvent: by }
  if (event.type === 'label.claim') {
    const { artifact, label, version } = event
    return { ...common, kind: 'label', artifact, name: label, ours: version, theirs }
  }
  if (event.type === 'number.claim') return { ...common, kind: 'number', claim: event, free: 0 }
  if (event.type !== 'alias.move') return 'out of scope'
  const { artifact, alias, to } = event
  const isRemoved = reason === 'version-removed'
  return {
    ...common,
    kind: isRemoved ? 'removed' : 'alias',
    artifact,
    name: alias,
    ours: to,
    theirs: isRemoved ? null : theirs,
  }
}

/** Rule P6: what the versions need must be live at n-1 or come with this push. */
function lostPacks(pending: EntryContent<Event>, view: RemoteView): string[] {
  const uploaded = new Set(pending.packs.map((pack) => pack.id))
  const needed = pending.versions.flatMap(({ root, uses }) => [root.packId, ...uses])
  return [...new Set([...uploaded, ...needed])].filter((pack) => {
    const state = view.packState(pack)
    return state === 'swept' || (state === undefined && !uploaded.has(pack))
  })
}
