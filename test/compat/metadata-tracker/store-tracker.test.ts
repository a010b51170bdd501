/** StoreMetadataTracker: the contract of metadata trackers, and what only the store can do. */

import type { TestContext } from 'node:test'

import { StoreMetadataTracker } from '../../../src/compat/metadata-tracker/store-tracker.ts'
import { metadataTrackerContract, type TrackerPlace } from '../../contracts/metadata-tracker.ts'
import { TestRepository } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

metadataTrackerContract(storePlace)

async function storePlace(context: TestContext): Promise<TrackerPlace> {
  const repository = await TestRepository.create(context)
  const { store, environment } = repository
  const opened: StoreMetadataTracker[] = []
  return {
    folder: temporaryFolder(context),
    open(trainers) {
      environment.clock.turn(60)
      const tracker = new StoreMetadataTracker({ environment, experiment: 'pipelines', trainers })
      opened.push(tracker)
      return tracker
    },
    async close() {
      for (const tracker of opened) await tracker.stop()
    },
    async look(run) {
      const { status, parent, tags, params } = await store.showRun(run)
      const files = (await store.listRunFiles(run)).map(({ path }) => path)
      return { status, parent, tags, params, files }
    },
    textOf: (value) => JSON.stringify(value),
    filter: (key, value) => `tags."${key}" = '${value}'`,
  }
}
