/**
 * MlflowRuns: the runs of a metadata tracker on an MLflow server.
 *
 * One experiment of the server, made when it is not there. Values become text as Python's `str` has
 * it, since that is what lolpop writes; lists and dicts are read back from it.
 */

import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../core/canonical-json.ts'
import { downloadArtifact, uploadArtifact } from '../../clients/mlflow/artifact-files.ts'
import type { ArtifactProxy } from '../../clients/mlflow/artifact-proxy.ts'
import type { MlflowClient } from '../../clients/mlflow/client.ts'
import { isRefusal } from '../../clients/mlflow/errors.ts'
import type { MlflowRun } from '../../clients/mlflow/records.ts'
import { parsePythonLiteral, pythonStr } from '../../core/python-text.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'
import type { Environment } from '../../store/environment.ts'
import type { TrackedRun } from './metadata-tracker.ts'
import { runFilter } from './mlflow-filter.ts'
import type { RunSearch, TrackedRuns } from './tracked-runs.ts'

/** The most that a server gives for one search. */
const foundMax = 50_000

/** What never changes of a run. */
type RunFacts = Pick<MlflowRun, 'experimentId' | 'startTime' | 'artifactUri'>

export class MlflowRuns implements TrackedRuns {
  readonly url: string
  readonly #client: MlflowClient
  readonly #experimentName: string
  readonly #environment: Environment
  /** Of runs that were seen. */
  readonly #facts = new Map<string, RunFacts>()
  #experimentId: Promise<string> | undefined

  constructor(client: MlflowClient, experimentName: string, environment: Environment) {
    this.url = client.trackingUri
    this.#client = client
    this.#experimentName = experimentName
    this.#environment = environment
  }

  async start(parent?: TrackedRun): Promise<TrackedRun> {
    const { clock, user } = this.#environment
    const experimentId =
      parent === undefined ? await this.#experiment() : (await this.#factsOf(parent)).experimentId
    const run = await this.#client.createRun({
      experimentId,
      startTime: clock.now().getTime(),
      user,
      tags: {
        'mlflow.user': user,
        'mlflow.source.name': 'mlstore',
        'mlflow.source.type': 'LOCAL',
        ...(parent === undefined ? { parent_run: 'True' } : { 'mlflow.parentRunId': parent.id }),
      },
    })
    return this.#tracked(run)
  }

  async reopen({ id }: TrackedRun): Promise<void> {
    await this.#client.updateRun(id, { status: 'RUNNING' })
  }

  async end({ id }: TrackedRun): Promise<void> {
    const { status } = await this.#client.getRun(id)
    // Its end stays when it was.
    if (status === 'FINISHED') return
    const endTime = this.#environment.clock.now().getTime()
    await this.#client.updateRun(id, { status: 'FINISHED', endTime })
  }

  async get(id: string): Promise<TrackedRun> {
    return this.#tracked(await this.#client.getRun(id))
  }

  async find(search: RunSearch): Promise<readonly TrackedRun[]> {
    const { experimentId, startTime } = await this.#factsOf(search.sameExperimentAs)
    const { tags, extraFilters, isUpToIt = false, limit } = search
    const found = await this.#client.searchRuns({
      experimentId,
      filter: runFilter({ startedUpTo: isUpToIt ? startTime : undefined, tags, extraFilters }),
      orderBy: ['attributes.start_time DESC'],
      maxResults: Math.min(limit, foundMax),
    })
    return found.map((run) => this.#tracked(run))
  }

  async setTags({ id }: TrackedRun, tags: Readonly<Record<string, JsonValue>>): Promise<void> {
    await this.#client.logBatch(id, { tags: asTexts(tags) })
  }

  async tags({ id }: TrackedRun): Promise<Readonly<Record<string, JsonValue>>> {
    return Object.fromEntries((await this.#client.getRun(id)).tags)
  }

  valueOf(tag: JsonValue): JsonValue {
    const value = typeof tag === 'string' ? parsePythonLiteral(tag) : undefined
    return value !== undefined && (isJsonArray(value) || isJsonObject(value)) ? value : tag
  }

  async logParams({ id }: TrackedRun, params: JsonObject): Promise<void> {
    const texts = asTexts(params)
    const { params: logged } = await this.#client.getRun(id)
    for (const [key, text] of Object.entries(texts)) {
      const old = logged.get(key)
      if (old === undefined || old === text) continue
      throw invalidArgument(
        `The param ${key} of the run ${id} is ${old} already, and cannot become ${text}.`,
        'Log it in another run, or under another name.',
      )
    }
    await this.#client.logBatch(id, { params: texts })
  }

  async logFile(run: TrackedRun, source: string, path: string): Promise<void> {
    await uploadArtifact(await this.#artifacts(run), source, path)
  }

  async namesIn(run: TrackedRun, folder: string): Promise<readonly string[]> {
    const artifacts = await this.#artifacts(run)
    return (await artifacts.list(folder)).map(({ name }) => name)
  }

  async fetchFile(run: TrackedRun, path: string, target: string): Promise<void> {
    await downloadArtifact(await this.#artifacts(run), path, target)
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  /** Found or made once; a failure is tried again by the next use. */
  async #experiment(): Promise<string> {
    this.#experimentId ??= this.#findExperiment().catch((error: unknown) => {
      this.#experimentId = undefined
      throw error
    })
    return this.#experimentId
  }

  async #findExperiment(): Promise<string> {
    const name = this.#experimentName
    const found = await this.#client.experimentByName(name)
    if (found?.lifecycleStage === 'deleted') {
      throw new MlstoreError('REFUSED', `The experiment ${JSON.stringify(name)} was deleted.`, {
        hint: `Restore it with \`mlflow experiments restore -x ${found.experimentId}\`, or use another name.`,
      })
    }
    if (found !== undefined) return found.experimentId
    return this.#client.createExperiment(name).catch(async (error: unknown) => {
      // Somebody else was faster.
      const other = isRefusal(error, 'RESOURCE_ALREADY_EXISTS')
        ? await this.#client.experimentByName(name)
        : undefined
      if (other === undefined) throw error
      return other.experimentId
    })
  }

  async #artifacts(run: TrackedRun): Promise<ArtifactProxy> {
    const { artifactUri } = await this.#factsOf(run)
    return this.#client.artifacts(artifactUri)
  }

  async #factsOf({ id }: TrackedRun): Promise<RunFacts> {
    const known = this.#facts.get(id)
    if (known !== undefined) return known
    const run = await this.#client.getRun(id)
    this.#tracked(run)
    return run
  }

  #tracked({ runId, name, experimentId, startTime, artifactUri }: MlflowRun): TrackedRun {
    this.#facts.set(runId, { experimentId, startTime, artifactUri })
    return { id: runId, name }
  }
}

function asTexts(values: Readonly<Record<string, JsonValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, pythonStr(value)]))
}
