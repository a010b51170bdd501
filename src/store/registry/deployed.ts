/**
 * Which version is deployed: the one an alias points at, or that is tagged with a stage.
 *
 * Aliases are ours: they say who moved them and why, and only one version has each. A tag `stage`
 * is how other registries say it; several versions may have it, of which the last tagged counts.
 */

import type { Digest } from '../../core/digest.ts'
import { parseAliasName, parseArtifactName } from '../../core/names.ts'
import type { VersionTagChange } from '../../catalog/tag-table.ts'
import type { StoreParts } from '../parts.ts'
import { requireArtifact } from '../resolve.ts'
import type { VersionSummary } from '../results.ts'
import { summaryOf } from '../summary.ts'
import type { DeployedMove, DeployedResult } from './results.ts'

type Parts = Pick<StoreParts, 'catalog'>

/** The alias, and the stage, that mean it. */
const deployedName = 'deployed'

const stageTag = 'stage'

/**
 * The version that is deployed now, and how that came.
 *
 * @param options.name The alias or stage that says so. Default: `deployed`.
 * @throws {MlstoreError} `NOT_FOUND` if there is no such artifact.
 */
export function deployed(
  parts: Parts,
  artifactName: string,
  { name = deployedName }: { readonly name?: string | undefined } = {},
): DeployedResult {
  const artifact = parseArtifactName(artifactName)
  parseAliasName(name)
  requireArtifact(parts, artifact)
  const byAlias = parts.catalog.aliases.history(artifact, name).map(moveOfAlias)
  const byStage = stageMoves(parts.catalog.tags.historyOfVersions(artifact, stageTag), name)
  const isByAlias = isSomewhere(byAlias) || (!isSomewhere(byStage) && byAlias.length > 0)
  const history = isByAlias ? byAlias : byStage
  const version = versionAt(parts, history)
  const via = version === null ? null : isByAlias ? 'alias' : 'stage'
  return { artifact, name, version, via, history }
}

function isSomewhere([last]: readonly DeployedMove[]): boolean {
  return last !== undefined && last.to !== null
}

function versionAt(parts: Parts, [last]: readonly DeployedMove[]): VersionSummary | null {
  const id = last?.to ?? null
  const row = id === null ? undefined : parts.catalog.versions.get(id)
  return row === undefined ? null : summaryOf(parts, row)
}

function moveOfAlias({ from, to, at, by, reason }: DeployedMove): DeployedMove {
  return { from, to, at, by, reason }
}

/**
 * What the tags say, as moves, newest first.
 *
 * @param changes Of the tag `stage` on any version, oldest first.
 */
function stageMoves(changes: readonly VersionTagChange[], name: string): DeployedMove[] {
  const moves: DeployedMove[] = []
  /** Versions that have the stage, the last tagged at the end. */
  const staged = new Set<Digest>()
  let from: Digest | null = null
  for (const { version, value, at, by } of changes) {
    staged.delete(version)
    if (value?.toLowerCase() === name.toLowerCase()) staged.add(version)
    const to = [...staged].at(-1) ?? null
    if (to === from) continue
    moves.push({ from, to, at, by, reason: null })
    from = to
  }
  return moves.reverse()
}
