/** What MLflow's filters can ask of an experiment. */

import type { TrackedExperiment } from '../../store/tracking/results.ts'
import { type ListFields, type ListSearch, searchList } from './list-search.ts'
import { experimentWireId } from './wire.ts'

const fields: ListFields<TrackedExperiment> = {
  of: 'experiments',
  attributes: {
    name: ({ name }) => name,
    experiment_id: ({ id }) => experimentWireId(id),
    creation_time: ({ createdAtMs }) => createdAtMs,
    last_update_time: ({ updatedAtMs }) => updatedAtMs,
  },
  tag: ({ tags }, key) => tags.get(key),
}

/** Those that match, in order; the order of the list where the search says none. */
export function searchExperiments(
  experiments: readonly TrackedExperiment[],
  search: ListSearch,
): TrackedExperiment[] {
  return searchList(experiments, fields, search)
}
