/**
 * MlflowClient: the REST interface of MLflow 2 and 3, as far as tracking needs it.
 *
 * Requests that may be repeated are, when the server is busy or gone; one that makes a run is not.
 * MLflow cuts long values of tags and params in silence, at lengths that changed with its versions:
 * longer ones than the newest server keeps are refused here, and what an older one may have cut is
 * read back.
 */

import type { JsonObject } from '../../core/canonical-json.ts'
import type { Fields } from '../../core/json-shape.ts'
import { MlstoreError } from '../../errors.ts'
import { ArtifactProxy } from './artifact-proxy.ts'
import { isRefusal } from './errors.ts'
import { characters, checkParams, checkTags, type Texts } from './limits.ts'
import {
  listOf,
  type MlflowExperiment,
  type MlflowRun,
  type MlflowRunStatus,
  readExperiment,
  readRun,
} from './records.ts'
import { MlflowRequests, readAnswer, type ServerOptions } from './requests.ts'

export type NewRun = {
  readonly experimentId: string
  /** Milliseconds since 1970. */
  readonly startTime: number
  readonly user: string
  readonly tags: Readonly<Record<string, string>>
}

export type RunUpdate = { readonly status: MlflowRunStatus; readonly endTime?: number }

export type SearchRuns = {
  readonly experimentId: string
  readonly filter: string
  readonly orderBy: readonly string[]
  /** At most so many; up to 50,000. */
  readonly maxResults: number
}

export type Batch = {
  readonly params?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  readonly metrics?: readonly MlflowMetric[]
}

export type MlflowMetric = {
  readonly key: string
  readonly value: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly step: number
}

/** What every server keeps; longer values are read back. */
const safeCharactersMax = 250

/** Of one request, for params and for tags. */
const batchItemsMax = 100

export class MlflowClient {
  /** Of the server, without user information. */
  readonly trackingUri: string
  readonly #requests: MlflowRequests

  /** @throws {MlstoreError} `INVALID_ARGUMENT` when the URI is not that of a server. */
  constructor(options: ServerOptions) {
    this.#requests = new MlflowRequests(options)
    this.trackingUri = this.#requests.trackingUrl.href.replace(/\/$/, '')
  }

  /** The experiment of a name, deleted ones too; `undefined` if there is none. */
  async experimentByName(name: string): Promise<MlflowExperiment | undefined> {
    const query = { experiment_name: name }
    const what = `The experiment ${JSON.stringify(name)}`
    try {
      const answer = await this.#requests.call('experiments/get-by-name', { what, query })
      return readAnswer(() => readExperiment(answer.object('experiment')))
    } catch (error) {
      if (isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined
      throw error
    }
  }

  /**
   * @returns The id of the new experiment.
   * @throws {MlstoreError} `REFUSED` if there is one of that name, deleted ones too.
   */
  async createExperiment(name: string): Promise<string> {
    const what = `The experiment ${JSON.stringify(name)}`
    const answer = await this.#requests.call('experiments/create', { what, body: { name } })
    return readAnswer(() => answer.string('experiment_id'))
  }

  /** Starts a run. The server gives it a name. */
  async createRun({ experimentId, startTime, user, tags }: NewRun): Promise<MlflowRun> {
    const body = {
      experiment_id: experimentId,
      user_id: user,
      start_time: startTime,
      tags: keysAndValues(tags),
    }
    const answer = await this.#requests.call('runs/create', { what: 'A new run', body })
    return readAnswer(() => readRun(answer.object('run')))
  }

  /** @throws {MlstoreError} `NOT_FOUND` */
  async getRun(runId: string): Promise<MlflowRun> {
    const query = { run_id: runId }
    const answer = await this.#requests.call('runs/get', { what: `The run ${runId}`, query })
    return readAnswer(() => readRun(answer.object('run')))
  }

  /** @throws {MlstoreError} `NOT_FOUND` */
  async updateRun(runId: string, { status, endTime }: RunUpdate): Promise<void> {
    await this.#post('runs/update', runId, {
      status,
      ...(endTime !== undefined && { end_time: endTime }),
    })
  }

  /**
   * Logs params, tags and points of metrics of a run; what fits one request (100 params, 100 tags) is
   * logged as a whole or not at all.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` for a param that has another value, a key that MLflow
   * does not take, and a value that it would cut; `NOT_FOUND`.
   */
  async logBatch(runId: string, batch: Batch): Promise<void> {
    const params = batch.params ?? {}
    const tags = batch.tags ?? {}
    checkParams(params)
    checkTags(tags)
    const paramGroups = groups(keysAndValues(params))
    const tagGroups = groups(keysAndValues(tags))
    const metrics = batch.metrics?.map(wireMetric) ?? []
    const requests = Math.max(paramGroups.length, tagGroups.length, 1)
    for (let i = 0; i < requests; i += 1) {
      await this.#post('runs/log-batch', runId, {
        params: paramGroups[i] ?? [],
        tags: tagGroups[i] ?? [],
        metrics: i === 0 ? metrics : [],
      })
    }
    await this.#checkCut(runId, params, tags)
  }

  /** @throws {MlstoreError} `NOT_FOUND` if there is no such run, or it has no such tag. */
  async deleteTag(runId: string, key: string): Promise<void> {
    const body = { run_id: runId, key }
    await this.#requests.call('runs/delete-tag', { what: `The tag ${key} of ${runId}`, body })
  }

  /**
   * Active runs of an experiment that a filter finds.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` if the server does not understand the filter.
   */
  async searchRuns(search: SearchRuns): Promise<readonly MlflowRun[]> {
    const answer = await this.#requests.call('runs/search', {
      what: `The search for runs ${search.filter}`,
      body: {
        experiment_ids: [search.experimentId],
        filter: search.filter,
        order_by: search.orderBy,
        max_results: search.maxResults,
      },
      isRepeatable: true,
    })
    return readAnswer(() => listOf(answer, 'runs').map(readRun))
  }

  /**
   * The files of a run.
   *
   * @param artifactUri Of the run.
   * @throws {MlstoreError} `REMOTE_UNSUPPORTED` if its server does not pass them on.
   */
  artifacts(artifactUri: string): ArtifactProxy {
    return new ArtifactProxy(this.#requests, artifactUri)
  }

  /** Ends the connections. The next request makes new ones. */
  async close(): Promise<void> {
    await this.#requests.close()
  }

  /** What changes a run to the same state however often it is sent. Old servers know `run_uuid`. */
  async #post(path: string, runId: string, fields: JsonObject): Promise<Fields> {
    const body = { run_id: runId, run_uuid: runId, ...fields }
    return this.#requests.call(path, { what: `The run ${runId}`, body, isRepeatable: true })
  }

  /** Half a value must not be taken for the whole: a tag that was cut is deleted again. */
  async #checkCut(runId: string, params: Texts, tags: Texts): Promise<void> {
    const isLong = ([, value]: readonly [string, string]): boolean =>
      characters(value) > safeCharactersMax
    const longTags = Object.entries(tags).filter(isLong)
    const longParams = Object.entries(params).filter(isLong)
    if (longTags.length + longParams.length === 0) return
    const run = await this.getRun(runId)
    const cutTags = longTags.filter(([key, value]) => run.tags.get(key) !== value)
    const cutParams = longParams.filter(([key, value]) => run.params.get(key) !== value)
    for (const [key] of cutTags) await this.deleteTag(runId, key)
    const [first] = [...cutTags, ...cutParams]
    if (first === undefined) return
    throw new MlstoreError('REMOTE_UNSUPPORTED', `The server cut the value of ${first[0]}.`, {
      hint: 'Use MLflow 2.17 or newer, or log the value as a file with logArtifact.',
    })
  }
}

type KeyAndValue = { readonly key: string; readonly value: string }

function keysAndValues(texts: Texts): KeyAndValue[] {
  return Object.entries(texts).map(([key, value]) => ({ key, value }))
}

function groups(items: readonly KeyAndValue[]): KeyAndValue[][] {
  const count = Math.ceil(items.length / batchItemsMax)
  return Array.from({ length: count }, (_, i) =>
    items.slice(i * batchItemsMax, (i + 1) * batchItemsMax),
  )
}

/** JSON has no NaN and no infinities; protocol buffers write them as these words. */
function wireMetric({ key, value, timestamp, step }: MlflowMetric): JsonObject {
  return { key, value: Number.isFinite(value) ? value : String(value), timestamp, step }
}
