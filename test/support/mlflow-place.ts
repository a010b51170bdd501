/** Trackers of one experiment of an MLflow server, as the contract of metadata trackers wants them. */

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
