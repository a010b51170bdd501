/**
 * A model under another name: versions never change, so each is made again with the new one.
 *
 * It keeps its time, number, label, tags and aliases. Going back to a name that the model had
 * before takes the removal of its versions back. No bytes are copied.
 */

import type { Digest } from '../../core/digest.ts'
import type { EventFields } from '../../core/events/event.ts'
import type { ArtifactName } from '../../core/names.ts'
import { encodeVersionRecord } from '../../core/version-record.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { StoreParts } from '../parts.ts'
import { aliasMove, labelClaim, numberClaim, runLink } from './model-events.ts'
import { subjectOf, versionRows } from './registered-models.ts'
import { tagFields } from './tag-fields.ts'

/** What is said of the new name. The caller removes the old one. */
export function renamedModel(
  parts: StoreParts,
  from: ArtifactName,
  to: ArtifactName,
): EventFields[] {
  const { catalog } = parts
  const { numbered, others } = versionRows(parts, from)
  const moved = new Map<Digest, Digest>()
  let free = Math.max(catalog.numbers.next(to), (numbered[0]?.number ?? 0) + 1)
  const numbers = numbered.toReversed().flatMap(({ row, number }) => {
    const id = idUnder(row, to)
    const owner = catalog.numbers.owner(to, number)?.subject
    if (owner === subjectOf(id)) return []
    return [numberClaim(to, owner === undefined ? number : free++, id)]
  })
  // The oldest first, so that their order stays.
  const rows = [...numbered.map(({ row }) => row), ...others].toSorted((a, b) => {
    return a.createdAt < b.createdAt ? -1 : 1
  })
  const versions = rows.flatMap((row) => {
    moved.set(row.id, idUnder(row, to))
    return versionUnder(parts, row, to)
  })
  const aliases = catalog.aliases.list(from).flatMap(({ alias, to: version }) => {
    return aliasMove(parts, { artifact: to, name: alias, to: moved.get(version) ?? null })
  })
  const tags = catalog.tags.of({ kind: 'artifact', artifact: from })
  return [...versions, ...numbers, ...tagFields(`artifact:${to}`, tags), ...aliases]
}

function idUnder({ record }: VersionRow, artifact: ArtifactName): Digest {
  return encodeVersionRecord({ ...record, artifact }).id
}

function versionUnder(parts: StoreParts, row: VersionRow, artifact: ArtifactName): EventFields[] {
  const { catalog } = parts
  const version = idUnder(row, artifact)
  const tags = tagFields(subjectOf(version), catalog.tags.of({ kind: 'version', version: row.id }))
  if (catalog.versions.get(version) !== undefined) {
    const removals = catalog.removals.of(version)
    return [
      ...removals.map((over): EventFields => ({ type: 'version.restore', version, over })),
      ...tags,
    ]
  }
  const label = catalog.labels.of(row.id)
  return [
    { type: 'version.add', version, record: { ...row.record, artifact } },
    ...(label === undefined ? [] : [labelClaim(parts, { artifact, version, wanted: label })]),
    ...(row.run === null ? [] : [runLink(row.run, version)]),
    ...tags,
  ]
}
