/** The contract of metadata trackers on an MLflow server in memory; test/mlflow/ has the real one. */

import { metadataTrackerContract } from '../../contracts/metadata-tracker.ts'
import { mlflowPlace } from '../../support/mlflow-place.ts'
import { MlflowServer } from '../../support/mlflow-server.ts'

metadataTrackerContract(async (t) => {
  const server = await MlflowServer.start(t)
  return mlflowPlace(t, {
    mlflowTrackingUri: server.url,
    mlflowExperimentName: 'churn prediction',
    look: async (id) => {
      const run = server.run(id)
      return {
        status: run.status,
        parent: run.tags.get('mlflow.parentRunId') ?? null,
        tags: Object.fromEntries(run.tags),
        params: Object.fromEntries(run.params),
        files: Object.keys(server.filesOf(run)),
      }
    },
  })
})
