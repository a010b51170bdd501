/**
 * What the store knows, in the words of MLflow's protocol.
 *
 * Fields without a value are left out, as protobuf does; numbers that JSON has no form for are
 * text. Experiments have our ids, but for the one that every MLflow server begins with.
 */

import { digestOf } from '../../core/digest.ts'
import type { DataSet } from '../../core/runs/data-set.ts'
import type { TrackedExperiment, TrackedMetric, TrackedRun } from '../../store/tracking/results.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'

export type WirePair = { readonly key: string; readonly value: string }

export const runNameTag = 'mlflow.runName'
export const parentRunTag = 'mlflow.parentRunId'
const userTag = 'mlflow.user'

/** The experiment that is there from the start; clients know it by this id. */
export const defaultExperimentWireId = '0'
export const defaultExperimentName = 'Default'

/** The same in every store, so that clones that each made it have one. */
export const defaultExperimentId: string = digestOf(Buffer.from('mlflow experiment 0')).slice(0, 32)

export function experimentWireId(id: string): string {
  return id === defaultExperimentId ? defaultExperimentWireId : id
}

export function experimentIdOfWire(wireId: string): string {
  return wireId === defaultExperimentWireId ? defaultExperimentId : wireId
}

export function wireExperiment(experiment: TrackedExperiment): object {
  const id = experimentWireId(experiment.id)
  const tags = wirePairs(experiment.tags)
  return {
    experiment_id: id,
    name: experiment.name,
    artifact_location: `mlflow-artifacts:/${id}`,
    lifecycle_stage: stageOf(experiment.removed),
    last_update_time: experiment.updatedAtMs,
    creation_time: experiment.createdAtMs,
    ...(tags.length > 0 && { tags }),
  }
}

export function wireRun(run: TrackedRun, dataSets: readonly DataSet[] = []): object {
  const metrics = run.metrics.map(wireMetric)
  const params = wirePairs(run.params)
  const tags = wirePairs(run.tags)
  return {
    info: wireRunInfo(run),
    data: {
      ...(metrics.length > 0 && { metrics }),
      ...(params.length > 0 && { params }),
      ...(tags.length > 0 && { tags }),
    },
    inputs: dataSets.length > 0 ? { dataset_inputs: dataSets.map(wireDataSetInput) } : {},
  }
}

/** Runs with what they read. */
export async function wireRuns(tracking: Tracking, runs: readonly TrackedRun[]): Promise<object[]> {
  const dataSets = await tracking.dataSets.ofRuns(runs.map(({ id }) => id))
  return runs.map((run) => ({ ...wireRun(run, dataSets.get(run.id)), outputs: {} }))
}

function wireDataSetInput({ tags, ...dataSet }: DataSet): object {
  const { name, digest, sourceType, source, schema, profile } = dataSet
  return {
    ...(tags.size > 0 && { tags: wirePairs(tags) }),
    dataset: {
      name,
      digest,
      source_type: sourceType,
      source,
      ...(schema !== '' && { schema }),
      ...(profile !== '' && { profile }),
    },
  }
}

/** Where MLflow's clients put the files of a run: the server's artifact proxy. */
export function artifactUri({ id, experimentId }: TrackedRun): string {
  return `mlflow-artifacts:/${experimentWireId(experimentId)}/${id}/artifacts`
}

export function wireRunInfo(run: TrackedRun): object {
  return {
    run_uuid: run.id,
    experiment_id: experimentWireId(run.experimentId),
    run_name: run.name,
    user_id: run.tags.get(userTag) ?? run.user,
    status: run.status,
    start_time: run.startedAtMs,
    ...(run.endedAtMs !== null && { end_time: run.endedAtMs }),
    artifact_uri: artifactUri(run),
    lifecycle_stage: stageOf(run.removed),
    run_id: run.id,
  }
}

export function wireMetric({ key, value, step, timeMs }: TrackedMetric): object {
  return { key, value: wireNumber(value), timestamp: timeMs, step }
}

/** JSON has no form for NaN and the infinities. */
export function wireNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

export function wirePairs(values: ReadonlyMap<string, string>): WirePair[] {
  return Array.from(values, ([key, value]) => ({ key, value }))
}

function stageOf(removed: boolean): string {
  return removed ? 'deleted' : 'active'
}
