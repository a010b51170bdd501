/** The contract of metadata trackers, through the tracker on MLflow, on the server of this product. */

import { metadataTrackerContract } from '../../contracts/metadata-tracker.ts'
import { lookAt, mlflowPlace } from '../../support/mlflow-place.ts'
import { Served } from '../served.ts'

metadataTrackerContract(async (t) => {
  const { url } = await Served.start(t)
  const mlflowExperimentName = 'churn prediction'
  return mlflowPlace(t, { mlflowTrackingUri: url, mlflowExperimentName, look: lookAt(url) })
})
