/**
 * MlflowMetadataTracker: a metadata tracker whose runs are on an MLflow server, stored as lolpop's
 * `MLFlowMetadataTracker` stores them, so that both read what the other wrote.
 *
 * Where the Python class does nothing or the wrong thing, this one does what its document says; what
 * it keeps besides are the tags that `RunMetadataTracker` names, which the Python class does not look
 * at.
 */

import { resolve } from 'node:path'

import { MlflowClient } from '../../clients/mlflow/client.ts'
import { checkTags } from '../../clients/mlflow/limits.ts'
import type { JsonValue } from '../../core/canonical-json.ts'
import { pythonStr } from '../../core/python-text.ts'
import { invalidArgument } from '../../errors.ts'
import type { Environment } from '../../store/environment.ts'
import { systemEnvironment } from '../../store/system-environment.ts'
import type { Resource } from './metadata-tracker.ts'
import { MlflowRuns } from './mlflow-runs.ts'
import type { ModelTrainers } from './model-trainers.ts'
import { tagOf } from './resource-ids.ts'
import { RunMetadataTracker } from './run-tracker.ts'

export type { MlflowClient }

export type MlflowMetadataTrackerOptions = {
  /**
   * Of the server: `http(s)://HOST:PORT`. Required; the environment variable `mlflow_tracking_uri`,
   * or `MLFLOW_TRACKING_URI`, counts where it is not given.
   */
  readonly mlflowTrackingUri?: string | undefined
  /**
   * Made if there is none of that name. Required; the environment variable
   * `mlflow_experiment_name`, or `MLFLOW_EXPERIMENT_NAME`, counts where it is not given.
   */
  readonly mlflowExperimentName?: string | undefined
  /** Relative paths of artifacts start there. Default: the working directory. */
  readonly cwd?: string | undefined
  /** Which trainers `saveModelTrainer` and `loadModel` know. Default: none. */
  readonly trainers?: ModelTrainers | undefined
  /** Stops between requests, and the request under way. */
  readonly signal?: AbortSignal | undefined
  /** Default: that of this process. */
  readonly environment?: Environment | undefined
}

/**
 * Nothing is asked of the server before the first use. It is told who asks by
 * `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`.
 *
 * Tags are text on MLflow: `getTag` gives what Python's `str` makes of other values, `getMetadata`
 * gives lists and objects back as such.
 */
export class MlflowMetadataTracker extends RunMetadataTracker {
  /** The client of the MLflow server. */
  readonly client: MlflowClient

  /**
   * @throws {MlstoreError} `INVALID_ARGUMENT`, naming what is missing of the two, or when the URI is
   * not that of a server.
   */
  constructor(options: MlflowMetadataTrackerOptions) {
    const environment = options.environment ?? systemEnvironment()
    const { trackingUri, experimentName } = requiredOf(options, environment.env)
    const { env, clock } = environment
    const client = new MlflowClient({ trackingUri, env, clock, signal: options.signal })
    const cwd = options.cwd === undefined ? environment.cwd : resolve(environment.cwd, options.cwd)
    super(new MlflowRuns(client, experimentName, environment), { cwd, trainers: options.trainers })
    this.client = client
  }

  /** Params and tag are two requests: what the second would refuse is refused before the first. */
  override async logMetadata(resource: Resource, id: string, data: JsonValue): Promise<void> {
    checkTags({ [tagOf(resource, id)]: pythonStr(data) })
    await super.logMetadata(resource, id, data)
  }
}

type Experiment = { readonly trackingUri: string; readonly experimentName: string }

/** The options, else the variables that lolpop reads, else those that MLflow reads. */
function requiredOf(options: MlflowMetadataTrackerOptions, env: Environment['env']): Experiment {
  const fromEnvironment = (name: string): string => env[name] || env[name.toUpperCase()] || ''
  const trackingUri = options.mlflowTrackingUri || fromEnvironment('mlflow_tracking_uri')
  const experimentName = options.mlflowExperimentName || fromEnvironment('mlflow_experiment_name')
  const missing = [
    ...(trackingUri === '' ? ['mlflowTrackingUri'] : []),
    ...(experimentName === '' ? ['mlflowExperimentName'] : []),
  ]
  if (missing.length === 0) return { trackingUri, experimentName }
  throw invalidArgument(
    `MlflowMetadataTracker needs ${missing.join(' and ')}.`,
    'Give them as options, or set mlflow_tracking_uri and mlflow_experiment_name.',
  )
}
