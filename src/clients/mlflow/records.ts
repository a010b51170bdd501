/** Experiments and runs as the REST interface of MLflow gives them. */

import { expectSafeInteger, expectString, type Fields } from '../../core/json-shape.ts'

export const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const
export type MlflowRunStatus = (typeof runStatuses)[number]

const lifecycleStages = ['active', 'deleted'] as const
export type LifecycleStage = (typeof lifecycleStages)[number]

export type MlflowExperiment = {
  readonly experimentId: string
  readonly name: string
  readonly lifecycleStage: LifecycleStage
}

/** A run at the time it was asked for. */
export type MlflowRun = {
  readonly runId: string
  readonly experimentId: string
  readonly name: string
  readonly status: MlflowRunStatus
  /** Milliseconds since 1970. */
  readonly startTime: number
  readonly endTime: number | null
  readonly artifactUri: string
  readonly lifecycleStage: LifecycleStage
  readonly params: ReadonlyMap<string, string>
  readonly tags: ReadonlyMap<string, string>
}

/** @throws {MlstoreError} `CORRUPT` */
export function readExperiment(fields: Fields): MlflowExperiment {
  return {
    experimentId: fields.string('experiment_id'),
    name: fields.string('name'),
    lifecycleStage: fields.oneOf('lifecycle_stage', lifecycleStages),
  }
}

/** @throws {MlstoreError} `CORRUPT` */
export function readRun(fields: Fields): MlflowRun {
  const info = fields.object('info')
  const data = fields.has('data') ? fields.object('data') : undefined
  return {
    runId: info.string('run_id'),
    experimentId: info.string('experiment_id'),
    name: info.optionalString('run_name') ?? '',
    status: info.oneOf('status', runStatuses),
    startTime: milliseconds(info, 'start_time'),
    endTime: info.has('end_time') ? milliseconds(info, 'end_time') : null,
    artifactUri: info.string('artifact_uri'),
    lifecycleStage: info.oneOf('lifecycle_stage', lifecycleStages),
    params: pairs(data, 'params'),
    tags: pairs(data, 'tags'),
  }
}

/** The server leaves empty lists out. */
export function listOf(fields: Fields, field: string): readonly Fields[] {
  return fields.has(field) ? fields.objects(field) : []
}

/** Protocol buffers write 64 bit numbers as text, and some servers leave it so. */
function milliseconds(fields: Fields, field: string): number {
  const value = fields.get(field)
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return expectSafeInteger(number, `${fields.where}: ${field}`)
}

function pairs(fields: Fields | undefined, field: string): ReadonlyMap<string, string> {
  const items = fields === undefined ? [] : listOf(fields, field)
  return new Map(items.map((item) => [item.string('key'), textOf(item)]))
}

/** An empty value may be left out as well. */
function textOf(item: Fields): string {
  return item.has('value') ? expectString(item.get('value'), item.where) : ''
}
