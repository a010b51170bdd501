/**
 * RunMetadataTracker: the rules of a metadata tracker, on any place that keeps runs.
 *
 * What is said about a resource are tags of its run, `<resource id>.<key>`, and its files lie in the
 * folder `<resource id>` of the run: as lolpop has it, so its Python class and this one read each
 * other's runs. Beside those stands the tag `<resource id>.artifact.<artifact id>`, which says where
 * an artifact lies, and `<job id>.model_version`, which says what a prediction job used.
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/canonical-json.ts'
import { invalidArgument, type MlstoreError } from '../../errors.ts'
import type {
  ArtifactOptions,
  MetadataTracker,
  PreviousVersionOptions,
  Resource,
  ResourceOptions,
  TrackedRun,
  TrainerParts,
  VcInfo,
  VcOptions,
} from './metadata-tracker.ts'
import { ModelTrainers } from './model-trainers.ts'
import {
  experimentType,
  isExperiment,
  jobId,
  modelOfJob,
  qualifiedId,
  shortId,
  splitQualifiedId,
  tagOf,
} from './resource-ids.ts'
import {
  deployedVersion,
  findVersions,
  lineageKey,
  previousVersions,
  previousWithLineage,
  yes,
} from './resource-versions.ts'
import { TrackedArtifacts } from './tracked-artifacts.ts'
import type { TrackedRuns } from './tracked-runs.ts'
import { loadTrainer, saveTrainer, type TrainerWork } from './trainer-store.ts'

export type TrackerOptions = {
  /** Relative paths of artifacts start there. Absolute. */
  readonly cwd: string
  /** Which trainers `saveModelTrainer` and `loadModel` know. Default: none. */
  readonly trainers?: ModelTrainers | undefined
}

const hexshaKey = 'hexsha'

export abstract class RunMetadataTracker implements MetadataTracker {
  readonly #runs: TrackedRuns
  readonly #artifacts: TrackedArtifacts
  readonly #trainers: TrainerWork
  /** The tracker's own, while it goes on. */
  #run: Promise<TrackedRun> | undefined
  /** The tracker's own, once it was started. */
  #own: TrackedRun | undefined
  /** Started here and not ended yet, the newest last. */
  #started: TrackedRun[] = []

  protected constructor(runs: TrackedRuns, { cwd, trainers }: TrackerOptions) {
    this.#runs = runs
    this.#artifacts = new TrackedArtifacts(runs, cwd)
    this.#trainers = { tracker: this, trainers: trainers ?? new ModelTrainers() }
  }

  get url(): string {
    return this.#runs.url
  }

  get run(): Promise<TrackedRun> {
    this.#run ??= this.#begin().catch((error: unknown) => {
      // It can be tried again.
      this.#run = undefined
      throw error
    })
    return this.#run
  }

  // --- files ----------------------------------------------------------------------------------

  async logArtifact(resource: Resource, id: string, path: string): Promise<void> {
    await this.#artifacts.log(resource, id, path)
  }

  async getArtifact(
    resource: Resource,
    id: string,
    options: ArtifactOptions = {},
  ): Promise<string> {
    return this.#artifacts.get(resource, id, options)
  }

  async logDataProfile(resource: Resource, filePath: string): Promise<void> {
    await this.logArtifact(resource, profileId(resource), filePath)
  }

  async getDataProfile(
    resource: Resource,
    id: string = profileId(resource),
    options: ArtifactOptions = {},
  ): Promise<string> {
    return this.getArtifact(resource, id, options)
  }

  async logChecks(resource: Resource, filePath: string, type = 'data'): Promise<void> {
    await this.logArtifact(resource, checksId(resource, type), filePath)
  }

  async getDataChecks(
    resource: Resource,
    id: string = checksId(resource, 'data'),
    options: ArtifactOptions = {},
  ): Promise<string> {
    return this.getArtifact(resource, id, options)
  }

  async logDataComparison(resource: Resource, filePath: string): Promise<void> {
    await this.logArtifact(resource, `${shortId(resource.id)}_data_comparison`, filePath)
  }

  // --- tags and metadata ----------------------------------------------------------------------

  async logTag(resource: Resource, key: string, value: JsonValue): Promise<void> {
    await this.#runs.setTags(resource.run, { [tagOf(resource, key)]: value })
  }

  async getTag(resource: Resource, key: string): Promise<JsonValue> {
    const tag = tagOf(resource, key)
    return (await this.#runs.tags(resource.run, [tag]))[tag] ?? null
  }

  async logMetadata(resource: Resource, id: string, data: JsonValue): Promise<void> {
    if (id.includes('param')) {
      if (!isJsonObject(data)) throw noParams(id)
      await this.#runs.logParams(resource.run, data)
    }
    await this.logTag(resource, id, data)
  }

  async getMetadata(resource: Resource, id: string): Promise<JsonValue> {
    return this.#runs.valueOf(await this.getTag(resource, id))
  }

  // --- resources ------------------------------------------------------------------------------

  async createResource(id: string, options: ResourceOptions = {}): Promise<Resource> {
    const { type, parent } = options
    if (type === experimentType) return this.#startExperiment(id, parent)
    shortId(id)
    const resource = { id, run: await this.run }
    if (type === 'prediction_job' && parent !== undefined) {
      const used = qualifiedId(parent.run.id, shortId(parent.id))
      await this.logTag(resource, 'model_version', used)
    }
    return resource
  }

  async getResource(id: string, { type, parent }: ResourceOptions = {}): Promise<Resource> {
    if (type !== experimentType) return { id, run: parent?.run ?? (await this.run) }
    const named = splitQualifiedId(id)
    if (named === undefined) {
      throw invalidArgument(`${JSON.stringify(id)} is no experiment: its id begins with a run's.`)
    }
    return { id, run: await this.#runs.get(named.run) }
  }

  async updateResource(resource: Resource, updates: JsonObject): Promise<Resource> {
    for (const [key, value] of Object.entries(updates)) await this.logTag(resource, key, value)
    return resource
  }

  async cleanResource(resource: Resource, type: string = experimentType): Promise<void> {
    if (type !== experimentType || !isExperiment(resource)) return
    await this.#runs.end(resource.run)
    this.#started = this.#started.filter(({ id }) => id !== resource.run.id)
  }

  getResourceId({ id }: Resource): string {
    return shortId(id)
  }

  getParentId(resource: Resource, type: string = experimentType): string | null {
    if (type !== experimentType || !isExperiment(resource)) return null
    return splitQualifiedId(resource.id)?.id ?? null
  }

  // --- versions -------------------------------------------------------------------------------

  async getPrevResourceVersion(
    resource: Resource,
    { extraFilters }: PreviousVersionOptions = {},
  ): Promise<Resource | null> {
    const [newest] = await previousVersions(this.#runs, resource, { extraFilters, limit: 1 })
    return newest ?? null
  }

  async getPrevResourceVersions(
    resource: Resource,
    num: number,
    { extraFilters }: PreviousVersionOptions = {},
  ): Promise<readonly Resource[]> {
    return previousVersions(this.#runs, resource, { extraFilters, limit: num })
  }

  async getCurrentlyDeployedModelVersion(modelVersion: Resource): Promise<Resource | null> {
    const status = await this.getTag(modelVersion, 'status')
    const deployed = await deployedVersion(this.#runs, modelVersion, status)
    return deployed ?? this.getPrevResourceVersion(modelVersion)
  }

  async getPredictionJobModelVersion(predictionJob: Resource | string): Promise<Resource | null> {
    const job =
      typeof predictionJob === 'string' ? { id: predictionJob, run: await this.run } : predictionJob
    const used = await this.getTag(job, 'model_version')
    const named = typeof used === 'string' ? splitQualifiedId(used) : undefined
    if (named !== undefined) return { id: named.id, run: await this.#runs.get(named.run) }
    const id = modelOfJob(shortId(job.id))
    if (id === undefined) throw noJob(job)
    const model = { id, run: job.run }
    if ((await this.getTag(model, 'exists')) === yes) return model
    return this.getPrevResourceVersion(model)
  }

  async getLatestModelResource(model: Resource, type: string): Promise<Resource | null> {
    if (!['prediction_job', 'model_version', 'model'].includes(type)) return null
    const id = type === 'prediction_job' ? jobId(shortId(model.id)) : model.id
    const [newest] = await findVersions(this.#runs, { id, run: model.run }, { limit: 1 })
    return newest ?? null
  }

  async getWinningExperiment(modelVersion: Resource): Promise<Resource | null> {
    const id = await this.getTag(modelVersion, 'winning_experiment_id')
    if (typeof id !== 'string') return null
    return this.getResource(id, { type: experimentType })
  }

  async buildModelLineage(
    modelVersion: Resource,
    datasetVersions: readonly Resource[],
  ): Promise<void> {
    if (datasetVersions.length > 0) {
      await this.#runs.setTags(modelVersion.run, {
        [tagOf(modelVersion, lineageKey)]: datasetVersions.map(({ id }) => shortId(id)),
        [tagOf(modelVersion, `${lineageKey}.exists`)]: yes,
      })
      return
    }
    const before = await this.previousWithLineage(modelVersion)
    if (before === null) return
    await this.logTag(modelVersion, lineageKey, await this.getMetadata(before, lineageKey))
  }

  /** The newest version before this one that was given data sets. */
  protected async previousWithLineage(modelVersion: Resource): Promise<Resource | null> {
    return (await previousWithLineage(this.#runs, modelVersion)) ?? null
  }

  // --- version control ------------------------------------------------------------------------

  async registerVcResource(
    resource: Resource,
    vcInfo: JsonObject,
    { key, additionalMetadata = {} }: VcOptions = {},
  ): Promise<void> {
    const { hexsha, uri } = vcInfo
    if (hexsha !== undefined) {
      const prefix = key === undefined ? '' : `${key}_`
      await this.#runs.setTags(resource.run, {
        ...(!isExperiment(resource) && { [tagOf(resource, 'exists')]: yes }),
        [tagOf(resource, `${prefix}hexsha`)]: hexsha,
        ...(uri !== undefined && { [tagOf(resource, `${prefix}uri`)]: uri }),
      })
    }
    for (const [id, data] of Object.entries(additionalMetadata)) {
      await this.logMetadata(resource, id, data)
    }
  }

  async getVcInfo(resource: Resource, key: string = hexshaKey): Promise<VcInfo> {
    const prefix = key === hexshaKey ? '' : `${key.replace(/_hexsha$/, '')}_`
    const hexsha = await this.getTag(resource, `${prefix}${hexshaKey}`)
    const uri = await this.getTag(resource, `${prefix}uri`)
    return { hexsha, ...(uri !== null && { uri }) }
  }

  // --- models ---------------------------------------------------------------------------------

  async saveModelTrainer(experiment: Resource, name: string, parts: TrainerParts): Promise<void> {
    await saveTrainer(this.#trainers, experiment, name, parts)
  }

  async loadModel(
    modelObject: unknown,
    modelVersion: Resource,
    refModel: unknown,
    config: JsonObject = {},
  ): Promise<unknown> {
    return loadTrainer(this.#trainers, {
      model: modelObject,
      reference: refModel,
      pipelineConfig: config,
      modelVersion,
      experiment: await this.getWinningExperiment(modelVersion),
    })
  }

  async stop(): Promise<void> {
    await this.#run
    try {
      for (let run = this.#started.at(-1); run !== undefined; run = this.#started.at(-1)) {
        await this.#runs.end(run)
        this.#started.pop()
      }
      this.#run = undefined
    } finally {
      await this.#runs.close()
    }
  }

  // --- parts of the above ---------------------------------------------------------------------

  async #begin(): Promise<TrackedRun> {
    if (this.#own === undefined) this.#own = await this.#runs.start()
    else await this.#runs.reopen(this.#own)
    // What was started within it is ended before it.
    this.#started.unshift(this.#own)
    return this.#own
  }

  async #startExperiment(id: string, parent: Resource | undefined): Promise<Resource> {
    const run = await this.#runs.start(parent?.run ?? (await this.run))
    this.#started.push(run)
    return { id: qualifiedId(run.id, shortId(parent?.id ?? id)), run }
  }
}

function profileId({ id }: Resource): string {
  return `${shortId(id)}_data_profile`
}

function checksId({ id }: Resource, type: string): string {
  return `${shortId(id)}_${type}_checks_report`
}

function noParams(id: string): MlstoreError {
  return invalidArgument(
    `${id}: what is logged as params must be an object of names and values.`,
    'Use an id without "param" for anything else.',
  )
}

function noJob({ id }: Resource): MlstoreError {
  return invalidArgument(
    `${JSON.stringify(id)} does not say which model the prediction job used.`,
    'Create it with the model version as its parent, or call it MODEL_predictions.',
  )
}
