/** Trackers of one experiment of an MLflow server, as the contract of metadata trackers wants them. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import type { MetadataTracker } from '../../src/compat/metadata-tracker/metadata-tracker.ts'
import { MlflowMetadataTracker } from '../../src/compat/metadata-tracker/mlflow-tracker.ts'
import { pythonStr } from '../../src/core/python-text.ts'
import type { JsonValue } from '../../src/core/canonical-json.ts'
import type { KeptRun, TrackerPlace } from '../contracts/metadata-tracker.ts'
import { testEnvironment } from './store.ts'
import { temporaryFolder } from './temporary-folder.ts'

export type MlflowPlace = {
  readonly mlflowTrackingUri: string
  readonly mlflowExperimentName: string
  /** Reads a run past the tracker. */
  readonly look: (run: string) => Promise<KeptRun>
}

export function mlflowPlace(t: TestContext, { look, ...server }: MlflowPlace): TrackerPlace {
  const environment = testEnvironment(temporaryFolder(t))
  const folder = join(environment.cwd, 'files')
  mkdirSync(folder)
  const opened: MetadataTracker[] = []
  return {
    folder,
    open(trainers) {
      environment.clock.turn(60)
      const tracker = new MlflowMetadataTracker({ ...server, environment, trainers })
      opened.push(tracker)
      return tracker
    },
    async close() {
      for (const tracker of opened) await tracker.stop()
    },
    look,
    textOf: (value) => pythonStr(value as JsonValue),
    filter: (key, value) => `tags.${key} = '${value}'`,
  }
}

type WireRun = {
  readonly run: {
    readonly info: { readonly status: string }
    readonly data: { readonly tags?: Pair[]; readonly params?: Pair[] }
  }
}
type Pair = { readonly key: string; readonly value?: string }
type WireFiles = { readonly files?: readonly { readonly path: string; readonly is_dir: boolean }[] }

/** Reads runs of a server with plain requests. */
export function lookAt(uri: string): (run: string) => Promise<KeptRun> {
  const get = async <Answer>(path: string, query: Record<string, string>): Promise<Answer> => {
    const url = `${uri}/api/2.0/mlflow/${path}?${new URLSearchParams(query).toString()}`
    const response = await fetch(url, { headers: { connection: 'close' } })
    assert.equal(response.status, 200)
    return (await response.json()) as Answer
  }
  const filesIn = async (run: string, path: string): Promise<string[]> => {
    const query = { run_id: run, ...(path !== '' && { path }) }
    const { files = [] } = await get<WireFiles>('artifacts/list', query)
    const found: string[] = []
    for (const file of files) {
      if (file.is_dir) found.push(...(await filesIn(run, file.path)))
      else found.push(file.path)
    }
    return found
  }
  return async (id) => {
    const { run } = await get<WireRun>('runs/get', { run_id: id })
    const tags = textsOf(run.data.tags)
    return {
      status: run.info.status,
      parent: tags['mlflow.parentRunId'] ?? null,
      tags,
      params: textsOf(run.data.params),
      files: await filesIn(id, ''),
    }
  }
}

function textsOf(pairs: readonly Pair[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value = '' }) => [key, value]))
}
