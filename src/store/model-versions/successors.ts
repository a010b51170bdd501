/**
 * The versions that one model version has had.
 *
 * What is in the store never changes, so adding to a model version that was sealed makes a new
 * record that names the one before. Which is the newest follows from the records alone, whatever
 * remote they came from; the alias that bears the id is for people and for the command line.
 */

import type { Digest } from '../../core/digest.ts'
import { labelOfId } from '../../core/model-versions/names.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { StoreParts } from '../parts.ts'

type CatalogPart = Pick<StoreParts, 'catalog'>

/** What the version before is to its successor. */
export const predecessorRole = 'predecessor'

export class Successors {
  /** The first one and all that came of it, oldest first. */
  readonly #members: readonly VersionRow[]

  constructor(members: readonly VersionRow[]) {
    this.#members = members
  }

  /** Those that nobody went on from and that are there, newest first. */
  get heads(): VersionRow[] {
    const present = this.#members.filter((version) => !version.isRemoved)
    const before = new Set(present.flatMap(predecessorsOf))
    return present.filter(({ id }) => !before.has(id)).reverse()
  }

  /** A version and all it came of, oldest first. */
  lineOf(version: VersionRow): VersionRow[] {
    const line = new Set([version.id])
    for (const member of this.#members.toReversed()) {
      if (line.has(member.id)) for (const id of predecessorsOf(member)) line.add(id)
    }
    return this.#members.filter(({ id }) => line.has(id))
  }
}

/** @returns `undefined` where nothing was sealed under this id. */
export function successorsOf(
  { catalog }: CatalogPart,
  artifact: string,
  id: string,
): Successors | undefined {
  const label = labelOfId(id)
  const named = catalog.versions.byLabel(artifact, label)
  const first = named[0] ?? catalog.aliases.head(artifact, label)?.to
  if (first === undefined || first === null) return undefined
  const known = new Set<Digest>([first])
  // Whoever made a successor knew the one before, so it comes later in the order of events.
  const oldestFirst = catalog.versions.list(artifact, { removed: true }).reverse()
  const members = oldestFirst.filter((version) => {
    const isMember = known.has(version.id) || predecessorsOf(version).some((one) => known.has(one))
    if (isMember) known.add(version.id)
    return isMember
  })
  return members.length === 0 ? undefined : new Successors(members)
}

function predecessorsOf({ record }: VersionRow): Digest[] {
  return (record.inputs ?? [])
    .filter(({ role }) => role === predecessorRole)
    .map(({ version }) => version)
}
