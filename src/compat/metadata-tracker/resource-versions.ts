/**
 * Earlier and deployed versions of a resource: what the runs of its experiment say.
 *
 * A version counts when its run is FINISHED and has the resource's tag `exists`, which registering
 * it with version control sets.
 */

import { invalidArgument } from '../../errors.ts'
import type { Resource } from './metadata-tracker.ts'
import { tagOf } from './resource-ids.ts'
import type { RunSearch, TrackedRuns } from './tracked-runs.ts'

/** How Python writes it, and what its searches compare with. */
export const yes = 'True'

/** The data sets that a model version was made from. */
export const lineageKey = 'dataset_versions'

/** Tags `status` of what is deployed: the first of them that any version has counts. */
const deployedStatuses = ['DEPLOYED', 'PROMOTED']

type VersionSearch = {
  /** Tags of the resource, by key. Default: `exists` alone. */
  readonly tags?: Readonly<Record<string, string>>
  readonly extraFilters?: readonly string[] | undefined
  readonly limit: number
  readonly isUpToIt?: boolean
}

/** Versions of the resource, this one too if its run is FINISHED; the newest first. */
export async function findVersions(
  runs: TrackedRuns,
  resource: Resource,
  { tags = {}, extraFilters = [], limit, isUpToIt = false }: VersionSearch,
): Promise<Resource[]> {
  const wanted = Object.entries({ exists: yes, ...tags })
  const search: RunSearch = {
    sameExperimentAs: resource.run,
    isUpToIt,
    tags: Object.fromEntries(wanted.map(([key, value]) => [tagOf(resource, key), value])),
    extraFilters,
    limit,
  }
  return (await runs.find(search)).map((run) => ({ id: resource.id, run }))
}

/** Versions that did not start after this one, which is left out. */
export async function previousVersions(
  runs: TrackedRuns,
  resource: Resource,
  search: VersionSearch,
): Promise<Resource[]> {
  const { limit } = search
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw invalidArgument(`Of earlier versions, ${limit} is no number.`, 'Ask for 1 or more.')
  }
  const found = await findVersions(runs, resource, { ...search, limit: limit + 1, isUpToIt: true })
  return found.filter(({ run }) => run.id !== resource.run.id).slice(0, limit)
}

/** @param status What the tag `status` of this version says. */
export async function deployedVersion(
  runs: TrackedRuns,
  model: Resource,
  status: unknown,
): Promise<Resource | undefined> {
  for (const wanted of deployedStatuses) {
    const search = { tags: { status: wanted }, limit: 1 }
    const [newest] = await findVersions(runs, model, search)
    if (status === wanted) {
      // While its run goes on, this version is no answer of a search.
      const [upToThis] = await findVersions(runs, model, { ...search, isUpToIt: true })
      return newest === undefined || newest.run.id === upToThis?.run.id ? model : newest
    }
    if (newest !== undefined) return newest
  }
  return undefined
}

/** The newest version before it that was given data sets. */
export async function previousWithLineage(
  runs: TrackedRuns,
  model: Resource,
): Promise<Resource | undefined> {
  const tags = { [`${lineageKey}.exists`]: yes }
  const [newest] = await previousVersions(runs, model, { tags, limit: 1 })
  return newest
}
