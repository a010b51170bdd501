/** `alias` and `relabel`: names of versions that can move. */

import type { Digest } from '../core/digest.ts'
import type { EventFields } from '../core/events/event.ts'
import {
  type AliasName,
  type ArtifactName,
  parseAliasName,
  parseArtifactName,
  parseLabel,
} from '../core/names.ts'
import { invalidArgument, MlstoreError, notFound } from '../errors.ts'
import { refuseTakenLabel } from './add-commit.ts'
import { appendEvents, appendWithin } from './append-events.ts'
import { lockedPaths, refreshLabel } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { requireArtifact, resolveVersion } from './resolve.ts'
import type { AliasListing, AliasMove, AliasResult, VersionSummary } from './results.ts'
import { summaryOf } from './summary.ts'
import { shortDigest } from './version-title.ts'

type MoveOptions = { readonly reason?: string | undefined }

/** Points an alias at a version; pointing it where it points already changes nothing. */
export async function setAlias(
  parts: StoreParts,
  reference: string,
  name: string,
  { reason }: MoveOptions = {},
): Promise<AliasResult> {
  const alias = parseAliasName(name)
  const { id, artifact } = resolveVersion(parts, reference)
  return move(parts, { artifact, alias, to: id, reason })
}

/** Takes an alias away; its history stays. */
export async function removeAlias(
  parts: StoreParts,
  artifactName: string,
  name: string,
  { reason }: MoveOptions = {},
): Promise<AliasResult> {
  const artifact = parseArtifactName(artifactName)
  const alias = parseAliasName(name)
  return move(parts, { artifact, alias, to: null, reason })
}

/**
 * Points an alias at a version, unless it is at other content: decided under the writer lock.
 *
 * @throws {MlstoreError} `ALIAS_MOVED`
 */
export async function claimAlias(
  parts: StoreParts,
  reference: string,
  name: string,
): Promise<AliasResult> {
  const alias = parseAliasName(name)
  const { id, artifact, root } = resolveVersion(parts, reference)
  const check = (): void => {
    const taken = parts.catalog.aliases
      .targetsAnywhere(artifact, alias)
      .find((target) => parts.catalog.versions.get(target)?.root !== root)
    if (taken !== undefined) throw takenAlias(artifact, alias, taken)
  }
  return move(parts, { artifact, alias, to: id, check })
}

type Move = Pick<EventFields & { type: 'alias.move' }, 'artifact' | 'alias' | 'to'> &
  MoveOptions & {
    /** Throws if the alias may not be moved. The writer lock is held. */
    readonly check?: () => void
  }

async function move(
  parts: StoreParts,
  { artifact, alias, to, reason, check }: Move,
): Promise<AliasResult> {
  const { aliases } = parts.catalog
  let from: AliasResult['from'] = null
  await appendEvents(parts, () => {
    check?.()
    from = aliases.head(artifact, alias)?.to ?? null
    if (from === null && to === null) throw noAlias(parts, artifact, alias)
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
  const rows = parts.catalog.aliases.list(artifact)
  const labels = parts.catalog.labels.ofVersions(rows.map(({ to }) => to))
  return rows.map((row) => ({ ...row, label: labels.get(row.to) ?? null }))
}

/** Every move of an alias that counted, newest first. */
export function aliasLog(parts: StoreParts, artifactName: string, name: string): AliasMove[] {
  const artifact = parseArtifactName(artifactName)
  const alias = parseAliasName(name)
  const moves = parts.catalog.aliases.history(artifact, alias)
  if (moves.length === 0) throw noAlias(parts, artifact, alias)
  return moves.map(({ from, to, at, by, reason }) => {
    return { artifact, alias, from, to, at, by, reason }
  })
}

/** Gives up own moves that the default remote lacks: its value counts again. */
export async function resetAlias(
  parts: StoreParts,
  artifactName: string,
  name: string,
): Promise<AliasResult> {
  const artifact = parseArtifactName(artifactName)
  const alias = parseAliasName(name)
  const { catalog } = parts
  if (catalog.defaultRemote === undefined) throw noRemoteValue(artifact, alias)
  return parts.write((scope) => {
    const from = catalog.aliases.head(artifact, alias)?.to ?? null
    const dropped = catalog.aliases.pendingMoves(artifact, alias)
    if (from === null && dropped.length === 0) throw noAlias(parts, artifact, alias)
    if (dropped.length > 0) scope.append([{ kind: 'alias.reset', artifact, alias, dropped }])
    const to = catalog.aliases.head(artifact, alias)?.to ?? null
    return { artifact, alias, from, to }
  })
}

/** Gives a version another label, in `mlstore.lock` too; the old one is free again. */
export async function relabel(
  parts: StoreParts,
  reference: string,
  text: string,
): Promise<VersionSummary> {
  const label = parseLabel(text)
  const version = resolveVersion(parts, reference)
  const { id, artifact } = version
  await parts.write((scope) => {
    // A lock file that cannot be read is told before anything changes.
    const lines = lockedPaths(parts)
    const claim = parts.catalog.labels.claimOf(id)
    if (claim?.label !== label) {
      refuseTakenLabel(parts, artifact, label)
      const over = claim === undefined ? {} : { over: claim.event }
      const event = { type: 'label.claim', artifact, label, version: id, generated: false } as const
      appendWithin(parts, scope, [{ ...event, ...over }])
    }
    refreshLabel(parts, lines, version)
  })
  return summaryOf(parts, version)
}

function takenAlias(artifact: ArtifactName, alias: AliasName, version: Digest): MlstoreError {
  return new MlstoreError(
    'ALIAS_MOVED',
    `${artifact}@${alias} is version ${shortDigest(version)} already, which has other content.`,
    { hint: 'Choose another alias, or say that it may be replaced.', details: { version } },
  )
}

function noAlias(parts: StoreParts, artifact: ArtifactName, alias: AliasName): MlstoreError {
  requireArtifact(parts, artifact)
  const names = parts.catalog.aliases.list(artifact).map((row) => row.alias)
  return notFound(
    `${artifact} has no alias ${JSON.stringify(alias)}.`,
    names.length > 0 ? `It has: ${names.join(', ')}.` : 'It has none.',
  )
}

function noRemoteValue(artifact: ArtifactName, alias: AliasName): MlstoreError {
  return invalidArgument(
    `No remote has a value for ${artifact}@${alias}: none was pushed to or fetched from yet.`,
    `\`mlstore alias rm ${artifact} ${alias}\` removes your own.`,
  )
}
