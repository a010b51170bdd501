/**
 * StoreMetadataTracker: a metadata tracker on the local store.
 *
 * Its runs are runs of the store, so `mlstore run`, `search`, `push` and the rest work on them. What
 * the store knows better than tags do comes from there: models, data sets and prediction jobs are
 * versions of artifacts, with lineage between them, an alias `deployed` and a winner, which others may
 * set with the command line as well.
 */

import type { JsonValue } from '../../core/canonical-json.ts'
import { StoreAccess, type StoreAccessOptions } from '../store-access.ts'
import type { Resource, ResourceOptions } from './metadata-tracker.ts'
import type { ModelTrainers } from './model-trainers.ts'
import { splitQualifiedId } from './resource-ids.ts'
import { RunMetadataTracker } from './run-tracker.ts'
import { StoreRuns } from './store-runs.ts'
import { StoreVersions } from './store-versions.ts'

export type StoreMetadataTrackerOptions = StoreAccessOptions & {
  /** Whose runs these are; made when there is none. Default: `default`. */
  readonly experiment?: string | undefined
  /** Which trainers `saveModelTrainer` and `loadModel` know. Default: none. */
  readonly trainers?: ModelTrainers | undefined
}

export class StoreMetadataTracker extends RunMetadataTracker {
  readonly #versions: StoreVersions

  /** Nothing is opened and no run started before the first use. */
  constructor(options: StoreMetadataTrackerOptions = {}) {
    const access = new StoreAccess(options)
    const { experiment = 'default', trainers } = options
    super(new StoreRuns(access, experiment), { cwd: access.cwd, trainers })
    this.#versions = new StoreVersions(access)
  }

  override async createResource(id: string, options: ResourceOptions = {}): Promise<Resource> {
    const resource = await super.createResource(id, options)
    const type = StoreVersions.typeOf(options.type)
    if (type === undefined) return resource
    const version = await this.#versions.require(resource, type)
    if (type === 'prediction-job' && options.parent !== undefined) {
      const model = await this.#versions.require(options.parent, 'model')
      await this.#versions.link(model, version, 'model')
    }
    return resource
  }

  /** As the interface says; of a model's `status` and winner the registry of the store learns too. */
  override async logTag(resource: Resource, key: string, value: JsonValue): Promise<void> {
    await super.logTag(resource, key, value)
    if (key === 'status') await this.#versions.followStatus(resource, value === 'DEPLOYED')
    if (key !== 'winning_experiment_id' || typeof value !== 'string') return
    const winner = splitQualifiedId(value)
    if (winner !== undefined) await this.#versions.chooseWinner(resource, winner.run)
  }

  /** What the registry says is deployed, by alias or stage; else what tags say. */
  override async getCurrentlyDeployedModelVersion(
    modelVersion: Resource,
  ): Promise<Resource | null> {
    const deployed = await this.#versions.deployed(modelVersion)
    return deployed ?? super.getCurrentlyDeployedModelVersion(modelVersion)
  }

  /** What the registry says won, if it is not what the tag says: then it was said after it. */
  override async getWinningExperiment(modelVersion: Resource): Promise<Resource | null> {
    const tagged = await super.getWinningExperiment(modelVersion)
    const chosen = await this.#versions.winner(modelVersion)
    return chosen === null || chosen.run.id === tagged?.run.id ? tagged : chosen
  }

  /** As the interface says; `mlstore lineage --up` of the model shows the data sets too. */
  override async buildModelLineage(
    modelVersion: Resource,
    datasetVersions: readonly Resource[],
  ): Promise<void> {
    await super.buildModelLineage(modelVersion, datasetVersions)
    const model = await this.#versions.require(modelVersion, 'model')
    for (const dataset of await this.#datasetsFor(modelVersion, datasetVersions)) {
      await this.#versions.link(dataset, model, 'dataset')
    }
  }

  async #datasetsFor(model: Resource, given: readonly Resource[]): Promise<readonly string[]> {
    if (given.length === 0) {
      const before = await this.previousWithLineage(model)
      return before === null ? [] : this.#versions.datasetsOf(before)
    }
    const references: string[] = []
    for (const dataset of given) references.push(await this.#versions.require(dataset, 'dataset'))
    return references
  }
}
