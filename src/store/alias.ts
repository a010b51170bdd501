/** `alias` and `relabel`: names of versions that can move. */

import type { EventFields } from '../core/events/event.ts'
import { parseAliasName, parseArtifactName, parseLabel } from '../core/names.ts'
import { invalidArgument, notFound } from '../errors.ts'
import { refuseTakenLabel } from './add.ts'
import { appendEvents } from './append-events.ts'
import { requireArtifact } from './log.ts'
import type { StoreParts } from './parts.ts'
import { resolveVersion } from './resolve.ts'
import type { AliasListing, AliasMove, AliasResult, VersionSummary } from './results.ts'
import { summaryOf } from './summary.ts'

type MoveOptions = { readonly reason?: string | undefined }

/** Points an alias at a version; pointing it where it points already changes nothing. */
export async function setAlias(
  parts: StoreParts,
  reference: string,
  name: string,
  options: MoveOptions = {},
): Promise<AliasResult> {
  const alias = parseAliasName(name)
  const { id, record, removedBy } = resolveVersion(parts, reference)
  if (removedBy !== undefined) {
    throw invalidArgument(`${reference} was deleted.`, '`mlstore restore` takes that back.')
  }
  return move(parts, { artifact: record.artifact, alias, to: id, reason: options.reason })
}

/** Takes an alias away; its history stays. */
export async function removeAlias(
  parts: StoreParts,
  artifactName: string,
  name: string,
  options: MoveOptions = {},
): Promise<AliasResult> {
  const artifact = parseArtifactName(artifactName)
  const alias = parseAliasName(name)
  const head = parts.catalog.aliases.head(artifact, alias)
  if (head === undefined || head.to === null) throw noAlias(parts, artifact, alias)
  return move(parts, { artifact, alias, to: null, reason: options.reason })
}

type Move = Pick<EventFields & { type: 'alias.move' }, 'artifact' | 'alias' | 'to'> & MoveOptions

async function move(
  parts: StoreParts,
  { artifact, alias, to, reason }: Move,
): Promise<AliasResult> {
  const { aliases } = parts.catalog
  let from: AliasResult['from'] = null
  await appendEvents(parts, () => {
    from = aliases.head(artifact, alias)?.to ?? null
    if (from === to) return []
    const over = aliases.overForNewMove(artifact, alias)
    const because = reason === undefined ? {} : { reason }
    return [{ type: 'alias.move', artifact, alias, to, over, ...because }]
  })
  return { artifact, alias, from, to }
}

/** Aliases of one artifact, or of all. */
export function listAliases(parts: StoreParts, artifactName?: string): AliasListing[] {
  const artifact = artifactName === undefined ? undefined : parseArtifactName(artifactName)
  if (artifact !== undefined) requireArtifact(parts, artifact)
  return parts.catalog.aliases.list(artifact).map((row) => ({
    ...row,
    label: parts.catalog.labels.of(row.to) ?? null,
  }))
}

/** Every move of an alias that counted, newest first. */
export function aliasLog(parts: StoreParts, artifactName: string, name: string): AliasMove[] {
  const artifact = parseArtifactName(artifactName)
  const alias = parseAliasName(name)
  const moves = parts.catalog.aliases.history(artifact, alias)
  if (moves.length === 0) throw noAlias(parts, artifact, alias)
  return moves.map(({ from, to, at, by, reason }) => ({
    artifact,
    alias,
    from,
    to,
    at,
    by,
    reason: reason ?? null,
  }))
}

/** Gives up own moves that no remote has: the default remote's value counts again. */
export async function resetAlias(
  parts: StoreParts,
  artifactName: string,
  name: string,
): Promise<AliasResult> {
  const artifact = parseArtifactName(artifactName)
  const alias = parseAliasName(name)
  const { aliases } = parts.catalog
  const from = aliases.head(artifact, alias)?.to ?? null
  await parts.write((scope) => {
    const dropped = aliases.pendingMoves(artifact, alias)
    if (dropped.length > 0) scope.append([{ kind: 'alias.reset', artifact, alias, dropped }])
  })
  return { artifact, alias, from, to: aliases.head(artifact, alias)?.to ?? null }
}

/** Gives a version another label; the old one is free again. */
export async function relabel(
  parts: StoreParts,
  reference: string,
  text: string,
): Promise<VersionSummary> {
  const label = parseLabel(text)
  const version = resolveVersion(parts, reference)
  const { artifact } = version.record
  await appendEvents(parts, () => {
    const claim = parts.catalog.labels.claimOf(version.id)
    if (claim?.label === label) return []
    refuseTakenLabel(parts, artifact, label)
    const over = claim === undefined ? {} : { over: claim.event }
    return [
      { type: 'label.claim', artifact, label, version: version.id, generated: false, ...over },
    ]
  })
  return summaryOf(parts, version)
}

function noAlias(parts: StoreParts, artifact: string, alias: string): Error {
  const names = parts.catalog.aliases.list(artifact).map((row) => row.alias)
  return notFound(
    `${artifact} has no alias ${JSON.stringify(alias)}.`,
    names.length > 0 ? `It has: ${names.join(', ')}.` : 'It has none.',
  )
}
