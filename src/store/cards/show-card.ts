/** `card show`: the card of a version, and what is wrong with it. */

import type { UserObject } from '../../core/canonical-json.ts'
import { modelCardPath } from '../../core/model-card/card-fields.ts'
import { type CardReference, missingReferences } from '../../core/model-card/references.ts'
import { checkCard } from '../../core/model-card/stored-card.ts'
import { lookupPath } from '../../core/tree/lookup.ts'
import { notFound } from '../../errors.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { nodeSource } from '../node-source.ts'
import type { StoreParts } from '../parts.ts'
import { resolveVersion } from '../resolve.ts'
import { versionTitle } from '../version-title.ts'
import { readCardFile } from './card-file.ts'
import { localPaths } from './model-version-of.ts'
import type { CardResult } from './results.ts'

/**
 * Reads the card and holds it against the documented fields and the files of the version.
 *
 * @throws {MlstoreError} `NOT_FOUND` if the version has no card, `INVALID_ARGUMENT` if the file is
 * no JSON object.
 */
export async function showCard(parts: StoreParts, reference: string): Promise<CardResult> {
  const version = resolveVersion(parts, reference)
  const card = await readCardFile(parts, version)
  if (card !== undefined) return cardResult(parts, version, card)
  throw notFound(
    `${versionTitle(parts, version)} has no model card: nothing is at ${modelCardPath}.`,
    'Give it one: `mlstore card set REFERENCE model_type=trained`.',
  )
}

/** The nodes of the version's tree are here. */
export async function cardResult(
  parts: StoreParts,
  version: VersionRow,
  given: UserObject,
): Promise<CardResult> {
  const { problems, extraFields, references } = checkCard(given)
  return {
    artifact: version.artifact,
    label: parts.catalog.labels.of(version.id) ?? null,
    digest: version.id,
    path: modelCardPath,
    card: given,
    problems: problems.map(({ field, problem }) => ({ field, problem })),
    extraFields,
    missing: await referencesWithout(parts, version, references),
  }
}

/** Those that lead to no file and no folder of the version, and to no attribute kept elsewhere. */
export async function referencesWithout(
  parts: StoreParts,
  version: VersionRow,
  references: readonly CardReference[],
): Promise<CardReference[]> {
  const source = nodeSource(parts)
  const notInTree = references.filter(
    ({ path }) => lookupPath(source, version.root, path) === undefined,
  )
  if (notInTree.length === 0) return []
  return missingReferences(notInTree, await localPaths(parts, version))
}
