/** Endpoints as data: one handler serves every prefix that a path is known under. */

import { isId } from '../../core/ids.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { doesNotExist, invalidParameter } from './mlflow-error.ts'
import type { Message } from './message.ts'
import type { TrackedExperiment, TrackedRun } from '../../store/tracking/results.ts'
import { defaultExperimentId, defaultExperimentName, experimentIdOfWire } from './wire.ts'

export type Services = { readonly tracking: Tracking }

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

/** Every MLflow server begins with an experiment 0. */
export async function ensureDefaultExperiment(tracking: Tracking): Promise<void> {
  if (tracking.experiment(defaultExperimentId) !== undefined) return
  if (tracking.experimentByName(defaultExperimentName) !== undefined) return
  await tracking.createExperiment({ name: defaultExperimentName, id: defaultExperimentId })
}
