/** Endpoints as data: one handler serves every prefix that a path is known under. */

import { isId } from '../../core/ids.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { doesNotExist, invalidParameter } from './mlflow-error.ts'
import type { Message } from './message.ts'
import { aliasOfWire, artifactOfModel } from './registry-names.ts'
import type {
  LoggedModel,
  RegisteredModel,
  RegisteredVersion,
} from '../../store/tracking/registry-results.ts'
import type { TrackedExperiment, TrackedRun } from '../../store/tracking/results.ts'
import { defaultExperimentId, defaultExperimentName, experimentIdOfWire } from './wire.ts'

export type Services = {
  readonly tracking: Tracking
  /** Nothing may be changed. */
  readonly readOnly: boolean
}

export type Endpoint = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/api/2.0/mlflow/`. */
  readonly path: string
  /** It changes the store: refused by a server that only reads. */
  readonly writes: boolean
  /** What is answered, as JSON. */
  readonly answer: (message: Message, services: Services) => object | Promise<object>
}

export type Answer = Endpoint['answer']

/** An endpoint that only reads. */
export function reading(method: Endpoint['method'], path: string, answer: Answer): Endpoint {
  return { method, path, writes: false, answer }
}

export function writing(method: Endpoint['method'], path: string, answer: Answer): Endpoint {
  return { method, path, writes: true, answer }
}

export function requireRun(tracking: Tracking, id: string): TrackedRun {
  const run = isId(id) ? tracking.run(id) : undefined
  if (run === undefined) throw doesNotExist(`Run with id=${id} not found`)
  return run
}

export function requireActiveRun(tracking: Tracking, id: string): TrackedRun {
  const run = requireRun(tracking, id)
  if (!run.removed) return run
  throw invalidParameter(`The run ${id} must be in the 'active' state. Current state is deleted.`)
}

export function requireExperiment(tracking: Tracking, wireId: string): TrackedExperiment {
  const id = experimentIdOfWire(wireId)
  const experiment = isId(id) ? tracking.experiment(id) : undefined
  if (experiment === undefined) throw doesNotExist(`No Experiment with id=${wireId} exists`)
  return experiment
}

export function requireActiveExperiment(tracking: Tracking, wireId: string): TrackedExperiment {
  const experiment = requireExperiment(tracking, wireId)
  if (!experiment.removed) return experiment
  throw invalidParameter(
    `The experiment ${wireId} must be in the 'active' state. Current state is deleted.`,
  )
}

/** @param wireId With the `m-` before it. */
export function requireLoggedModel(tracking: Tracking, wireId: string): LoggedModel {
  const [, id] = /^m-([0-9a-f]{32})$/.exec(wireId) ?? []
  const model = id === undefined ? undefined : tracking.loggedModels.get(id)
  if (model === undefined) throw doesNotExist(`Logged model with ID '${wireId}' not found.`)
  return model
}

export function requireModel(tracking: Tracking, name: string): RegisteredModel {
  const model = tracking.registry.model(artifactOfModel(name))
  if (model === undefined) throw doesNotExist(`Registered Model with name=${name} not found`)
  return model
}

export function requireVersion(
  tracking: Tracking,
  name: string,
  version: string,
): RegisteredVersion {
  if (!/^\s*-?\d+\s*$/.test(version)) {
    throw invalidParameter(`Parameter 'version' must be an integer, got '${version}'.`)
  }
  const found = tracking.registry.version(artifactOfModel(name), Number(version))
  if (found !== undefined) return found
  throw doesNotExist(`Model Version (name=${name}, version=${Number(version)}) not found`)
}

export function requireVersionByAlias(
  tracking: Tracking,
  name: string,
  alias: string,
): RegisteredVersion {
  const { artifact } = requireModel(tracking, name)
  const found = tracking.registry.versionByAlias(artifact, aliasOfWire(alias))
  if (found === undefined) throw invalidParameter(`Registered model alias ${alias} not found.`)
  return found
}

/** Every MLflow server begins with an experiment 0. */
export async function ensureDefaultExperiment(tracking: Tracking): Promise<void> {
  if (tracking.experiment(defaultExperimentId) !== undefined) return
  if (tracking.experimentByName(defaultExperimentName) !== undefined) return
  await tracking.createExperiment({ name: defaultExperimentName, id: defaultExperimentId })
}
