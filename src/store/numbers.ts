/**
 * Numbers: `TES-TEST-101`, version 3 of a model. Given offline, settled by the push.
 *
 * A number is a claim like a label. It counts here at once and is provisional until the default
 * remote's log has it; there it belongs to whoever pushed it first, and the push of the other
 * claims the next free one instead (sync/renumber.ts). Until that push, a number that two subjects
 * claim is the remote's: looked up, it leads to theirs, and the own subject says that its number
 * is taken.
 */

import type { NumberClaimFields } from '../core/events/run-event.ts'
import { formatTagTarget, parseTagTarget, type TagTarget } from '../core/events/tag-target.ts'
import type { RunEventOf } from '../core/events/event.ts'
import { parseKey } from '../core/names.ts'
import { notFound } from '../errors.ts'
import { appendEvents } from './append-events.ts'
import type { StoreParts } from './parts.ts'
import { resolveVersion } from './resolve.ts'
import type { NumberedSubject, NumberResult } from './number-results.ts'
import { runOfReference } from './sync/run-reference.ts'
import { versionTitle } from './version-title.ts'

/**
 * Gives a subject the next number of a series; the one it has, if it has one.
 *
 * @param series Any text of 1 to 250 characters: `TES-TEST`, `model/resnet`.
 * @param subject A version reference, `version:DIGEST`, or `run:` and an id or a name.
 */
export async function claimNumber(
  parts: StoreParts,
  series: string,
  subject: string,
): Promise<NumberResult> {
  const name = parseKey('series', series)
  const target = formatTagTarget(subjectOf(parts, subject))
  await appendEvents(parts, (): NumberClaimFields[] => {
    if (currentClaim(parts, target, name) !== undefined) return []
    const number = parts.catalog.numbers.next(name)
    return [{ type: 'number.claim', series: name, number, subject: target }]
  })
  const claim = currentClaim(parts, target, name)
  if (claim === undefined) throw notFound(`${subject} got no number in ${series}.`)
  return resultOf(parts, claim)
}

/** The numbers of a version or a run, one a series, each with those it had before. */
export function numberOf(parts: StoreParts, subject: string): NumberResult[] {
  const target = formatTagTarget(subjectOf(parts, subject))
  const series = new Set(claimsOf(parts, target).map((claim) => claim.series))
  return [...series].sort().flatMap((name) => {
    const claim = currentClaim(parts, target, name)
    return claim === undefined ? [] : [resultOf(parts, claim)]
  })
}

/**
 * What has a number.
 *
 * @throws {MlstoreError} `NOT_FOUND` if nothing has it.
 */
export function byNumber(parts: StoreParts, series: string, number: number): NumberedSubject {
  const owner = parts.catalog.numbers.owner(parseKey('series', series), number)
  if (owner === undefined) {
    throw notFound(`Nothing has the number ${series}-${number}, as far as is known here.`)
  }
  const { subject, provisional } = owner
  return { series, number, subject, name: nameOf(parts, subject), provisional }
}

type Claim = RunEventOf<'number.claim'>

/** The claims of a subject, in the order of events. */
function claimsOf({ catalog }: StoreParts, subject: string): Claim[] {
  return catalog.numbers.claimsOf(subject).flatMap((id) => {
    const event = catalog.events.get(id)
    return event?.type === 'number.claim' ? [event] : []
  })
}

/** The claim that no later one of the subject replaced. */
function currentClaim(parts: StoreParts, subject: string, series: string): Claim | undefined {
  const claims = claimsOf(parts, subject).filter((claim) => claim.series === series)
  const replaced = new Set(claims.map(({ over }) => over))
  return claims.findLast(({ id }) => !replaced.has(id))
}

function resultOf(parts: StoreParts, current: Claim): NumberResult {
  const { series, number, subject } = current
  const owner = parts.catalog.numbers.owner(series, number)
  const isTaken = owner !== undefined && owner.subject !== subject
  const history = claimsOf(parts, subject)
    .filter((claim) => claim.series === series)
    .map((claim) => ({ number: claim.number, at: claim.at, by: claim.by }))
  const provisional = isTaken || (owner?.provisional ?? true)
  const name = nameOf(parts, subject)
  return { series, number, subject, name, provisional, taken: isTaken, history }
}

/** How people call a subject; `null` if only its id is known here. */
function nameOf(parts: StoreParts, subject: string): string | null {
  const target = parseTagTarget(subject)
  if (target.kind === 'run') return parts.catalog.runs.get(target.run)?.name ?? null
  const version = target.kind === 'version' ? parts.catalog.versions.get(target.version) : undefined
  return version === undefined ? null : versionTitle(parts, version)
}

function subjectOf(parts: StoreParts, text: string): TagTarget {
  const run = runOfReference(parts, text)
  if (run !== undefined) return { kind: 'run', run }
  const target: TagTarget = text.startsWith('version:')
    ? parseTagTarget(text)
    : { kind: 'version', version: resolveVersion(parts, text).id }
  if (target.kind === 'version' && parts.catalog.versions.get(target.version) === undefined) {
    throw notFound(`There is no version ${target.version}.`)
  }
  return target
}
