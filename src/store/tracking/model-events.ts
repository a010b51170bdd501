/** What is said of models and their versions. The caller holds the writer lock. */

import type { UserObject } from '../../core/canonical-json.ts'
import type { Digest } from '../../core/digest.ts'
import type { EventFields } from '../../core/events/event.ts'
import { foreignLabel } from '../../core/foreign-names.ts'
import { type ArtifactName, type Label, parseAliasName } from '../../core/names.ts'
import { encodeVersionRecord, type VersionRecord } from '../../core/version-record.ts'
import type { StoreParts } from '../parts.ts'
import type { ModelContent } from './model-content.ts'
import { descriptionTag, subjectOf } from './registered-models.ts'
import type { NewRegisteredVersion } from './registry-results.ts'
import { tagFields } from './tag-fields.ts'

/** What versions of a model are to the runs and versions that they come from. */
const role = 'model'

export type VersionToSay = NewRegisteredVersion & {
  readonly artifact: ArtifactName
  readonly number: number
  readonly content: ModelContent
}

/** A new version with its label, number, tags, and the run that made it. */
export function newVersion(parts: StoreParts, wanted: VersionToSay): EventFields[] {
  const { artifact, number, content, from, run, description, tags = new Map() } = wanted
  const { root, shape, files, size } = content
  const record: VersionRecord = {
    artifact,
    by: parts.identity.user,
    createdAt: parts.clock.now().toISOString(),
    files,
    meta: factsOf(wanted),
    root,
    shape,
    size,
    ...(run !== undefined && { run }),
    ...(from.kind === 'version' && { inputs: [{ role, version: from.version }] }),
  }
  const { id } = encodeVersionRecord(record)
  const notes = description === undefined ? [] : ([[descriptionTag, description]] as const)
  return [
    { type: 'version.add', version: id, record },
    labelClaim(parts, { artifact, version: id, wanted: `v${number}` }),
    numberClaim(artifact, number, id),
    ...tagFields(subjectOf(id), [...tags, ...notes]),
    ...(run === undefined ? [] : [runLink(run, id)]),
  ]
}

/** The number is among them: two versions that are made of the same at the same time differ. */
function factsOf({ number, source, runLink: link, modelId }: VersionToSay): UserObject {
  return {
    mlflow: {
      version: number,
      source,
      ...(link !== undefined && { runLink: link }),
      ...(modelId !== undefined && { modelId }),
    },
  }
}

/** The label that is wanted, or one that begins with it if another version has that. */
export function labelClaim(
  { catalog }: StoreParts,
  {
    artifact,
    version,
    wanted,
  }: { readonly artifact: ArtifactName; readonly version: Digest; readonly wanted: string },
): EventFields {
  const isTaken = catalog.versions.byLabel(artifact, wanted).length > 0
  const label: Label = foreignLabel(isTaken ? `${wanted}-${version.slice(0, 7)}` : wanted)
  return { type: 'label.claim', artifact, label, version, generated: false }
}

export function numberClaim(artifact: ArtifactName, number: number, version: Digest): EventFields {
  return { type: 'number.claim', series: artifact, number, subject: subjectOf(version) }
}

export function runLink(run: string, version: Digest): EventFields {
  return { type: 'run.link', run, direction: 'output', version, role }
}

/** @param to `null` takes the alias away. @returns Nothing if it is there already. */
export function aliasMove(
  { catalog }: StoreParts,
  {
    artifact,
    name,
    to,
  }: {
    readonly artifact: ArtifactName
    readonly name: string
    readonly to: Digest | null
  },
): EventFields[] {
  const { aliases } = catalog
  if ((aliases.head(artifact, name)?.to ?? null) === to) return []
  const over = aliases.overForNewMove(artifact, name)
  return [{ type: 'alias.move', artifact, alias: parseAliasName(name), to, over }]
}
