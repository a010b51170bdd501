/**
 * MetadataTracker: the words of lolpop's metadata tracker, and what they promise.
 *
 * A tracker records one run of a workflow: the resources it works on (data sets, models, prediction
 * jobs), what is known of them, their files, and what came of what. A resource is defined by its id
 * and the run it belongs to; the same id in another run is another version of the same resource.
 * Creating one needs no call to anything: it is there with the first thing that is said about it. An
 * experiment is the exception: it has a run of its own, within the run of its parent.
 *
 * A version of a resource counts as finished work, for the questions about earlier versions, when
 * its run is FINISHED and `registerVcResource` said where its content is (the tag `exists`).
 *
 * `test/contracts/metadata-tracker.ts` is this contract, executed on every implementation. What the
 * documents give as keyword arguments is the object at the end of the arguments here.
 */

import type { JsonObject, JsonValue } from '../../core/canonical-json.ts'

/** A run as a tracker names it. */
export type TrackedRun = {
  /** 32 hex digits. */
  readonly id: string
  readonly name: string
}

export type Resource = {
  /** As it was given; of an experiment `<run id>.<id of its parent>`. */
  readonly id: string
  readonly run: TrackedRun
}

/**
 * `experiment`, or what the resource is: `model_version`, `dataset_version`, `prediction_job` and any
 * other word.
 */
export type ResourceOptions = {
  readonly type?: string | undefined
  /** Whose run it belongs to, or starts within. Default: the tracker's own run. */
  readonly parent?: Resource | undefined
}

export type ArtifactOptions = {
  /** Folder to put the file into. Default: a new one among the temporary files of the machine. */
  readonly directory?: string | undefined
}

export type PreviousVersionOptions = {
  /** Conditions of a search for runs, all of which must hold: `tags.churn.status = 'DEPLOYED'`. */
  readonly extraFilters?: readonly string[] | undefined
}

export type VcOptions = {
  /** Put before the names of what is logged: `model` makes it `model_hexsha`. Default: nothing. */
  readonly key?: string | undefined
  /** Logged beside it, each as by `logMetadata`. Default: nothing. */
  readonly additionalMetadata?: JsonObject | undefined
}

/** What gets the content of a resource out of version control again. */
export type VcInfo = {
  readonly hexsha: JsonValue
  /** Only where one was logged. */
  readonly uri?: JsonValue
}

export interface MetadataTracker {
  /** Where it tracks. */
  readonly url: string

  /** The tracker's own run, started by the first use; FINISHED by `stop`. */
  readonly run: Promise<TrackedRun>

  /**
   * Keeps a file or a folder as the artifact `id` of the resource.
   *
   * It lies among the files of the run, at `<resource id>/<basename of path>`; where another artifact
   * of the resource is there already, at `<resource id>/<id>/<basename>`, with `_` for slashes. Logged again, it is replaced
   * file by file.
   *
   * @throws {MlstoreError} `NOT_FOUND` if there is nothing at `path`.
   */
  logArtifact(resource: Resource, id: string, path: string): Promise<void>

  /**
   * Gives the artifact `id` as a file, or folder, of this machine.
   *
   * Where nobody recorded which file an id is, as the Python class does not, the one whose name is
   * `id`, with or without its ending, counts.
   *
   * @returns Its absolute path. It is the caller's, to change and to delete.
   * @throws {MlstoreError} `NOT_FOUND`
   */
  getArtifact(resource: Resource, id: string, options?: ArtifactOptions): Promise<string>

  /** Says something about the resource, in place of what was said under the key before. */
  logTag(resource: Resource, key: string, value: JsonValue): Promise<void>

  /**
   * What was said last; `null` if nothing was. Text comes back as it was logged; other values too,
   * where the tracker keeps types, else as text.
   */
  getTag(resource: Resource, key: string): Promise<JsonValue>

  /**
   * The same for what has parts: objects and lists come back as such everywhere.
   *
   * If `id` contains `param`, the fields of `data` become params of the run as well.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` if such `data` is no object, or a param of the run has
   * another value already. Then nothing is logged.
   */
  logMetadata(resource: Resource, id: string, data: JsonValue): Promise<void>

  /** `null` if nothing was logged. */
  getMetadata(resource: Resource, id: string): Promise<JsonValue>

  /**
   * Makes a resource. An `experiment` starts a run within that of its parent; its id is made of the
   * run's and the parent's, and `id` is not used.
   */
  createResource(id: string, options?: ResourceOptions): Promise<Resource>

  /**
   * A resource by its id, without asking whether anything was said about it.
   *
   * @throws {MlstoreError} `NOT_FOUND` if it is an experiment whose run is not there.
   */
  getResource(id: string, options?: ResourceOptions): Promise<Resource>

  /** Logs each field of `updates` as a tag of the resource, and gives it back. */
  updateResource(resource: Resource, updates: JsonObject): Promise<Resource>

  /**
   * Ends the run of an experiment, and no other run. Resources of other types have none of their own:
   * nothing happens to them. Again, it changes nothing.
   */
  cleanResource(resource: Resource, type?: string): Promise<void>

  /**
   * The newest other version of the resource whose run did not start after this one's; `null` if
   * there is none.
   */
  getPrevResourceVersion(
    resource: Resource,
    options?: PreviousVersionOptions,
  ): Promise<Resource | null>

  /** The same, newest first, at most `num` of them. */
  getPrevResourceVersions(
    resource: Resource,
    num: number,
    options?: PreviousVersionOptions,
  ): Promise<readonly Resource[]>

  /**
   * The version of the model that is deployed now, which may be this one: the newest whose tag
   * `status` is DEPLOYED, else PROMOTED; else the version before this one, if any.
   */
  getCurrentlyDeployedModelVersion(modelVersion: Resource): Promise<Resource | null>

  /**
   * The model version that a prediction job used: the parent it was created with; else the model in
   * its run, or before it, whose id followed by `_predictions` is the job's id.
   *
   * @param predictionJob Or the id of one of the tracker's own run.
   * @returns `null` if no such version of the model is known.
   */
  getPredictionJobModelVersion(predictionJob: Resource | string): Promise<Resource | null>

  /**
   * The newest of what came of a model: of type `prediction_job` the job `<model id>_predictions`, of
   * `model_version` or `model` the model itself. `null` if there is none, and for other types.
   */
  getLatestModelResource(model: Resource, type: string): Promise<Resource | null>

  /** The experiment in the tag `winning_experiment_id` of the model version; `null` without it. */
  getWinningExperiment(modelVersion: Resource): Promise<Resource | null>

  /**
   * Records which data set versions the model version was made from. With none, those of the model
   * version before are taken over, if it has any.
   */
  buildModelLineage(modelVersion: Resource, datasetVersions: readonly Resource[]): Promise<void>

  /** The resource's id; of one that is a path, the name of the file with `_` for dots. */
  getResourceId(resource: Resource): string

  /** Of an experiment, the id of the resource it was created within; else `null`. */
  getParentId(resource: Resource, type?: string): string | null

  /**
   * Records what version control said about the resource's content, if `vcInfo` has a `hexsha`: it,
   * the `uri`, and that the version exists. Further metadata are logged in any case.
   */
  registerVcResource(resource: Resource, vcInfo: JsonObject, options?: VcOptions): Promise<void>

  /**
   * @param key Under which it was registered: `model` or `model_hexsha`. Default: `hexsha`.
   * @returns `hexsha: null` if nothing was.
   */
  getVcInfo(resource: Resource, key?: string): Promise<VcInfo>

  /** Keeps a profile of data: the artifact `<resource id>_data_profile`. */
  logDataProfile(resource: Resource, filePath: string): Promise<void>

  /** @param id Default: that of the profile. The rest is as for `getArtifact`. */
  getDataProfile(resource: Resource, id?: string, options?: ArtifactOptions): Promise<string>

  /**
   * Keeps the report of checks: the artifact `<resource id>_<type>_checks_report`.
   *
   * @param type Default: `data`.
   */
  logChecks(resource: Resource, filePath: string, type?: string): Promise<void>

  /** @param id Default: that of the checks of data. The rest is as for `getArtifact`. */
  getDataChecks(resource: Resource, id?: string, options?: ArtifactOptions): Promise<string>

  /** Keeps a comparison of data: the artifact `<resource id>_data_comparison`. */
  logDataComparison(resource: Resource, filePath: string): Promise<void>

  /**
   * Keeps how a model was trained with its experiment: the state and config of the trainer, and those
   * of its data transformer.
   *
   * @param name Of trainers that were registered.
   * @throws {MlstoreError} `NOT_FOUND` if no trainer, or transformer, of that name is.
   */
  saveModelTrainer(experiment: Resource, name: string, parts: TrainerParts): Promise<void>

  /**
   * Restores the trainer of a fitted model, with its data transformer and config, from the winning
   * experiment of the model version.
   *
   * @param modelObject The fitted model.
   * @param refModel A trainer to take the rest from.
   * @param config Of the pipeline: handed to the trainer as it is. Default: `{}`.
   * @throws {MlstoreError} `NOT_FOUND` if the version does not say which trainer made it, or that one
   * is not registered.
   */
  loadModel(
    modelObject: unknown,
    modelVersion: Resource,
    refModel: unknown,
    config?: JsonObject,
  ): Promise<unknown>

  /** Ends every run that the tracker started and that goes on: FINISHED. Idempotent. */
  stop(): Promise<void>
}

/** A trainer, and the transformer of its data if it has one. */
export type TrainerParts = {
  readonly trainer: unknown
  readonly transformer?: { readonly name: string; readonly transformer: unknown } | undefined
}
