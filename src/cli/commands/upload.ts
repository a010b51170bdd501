/** `mlstore upload`: parse, call `BucketRef`, print. */

import { type Command, defineCommand, one } from '../command.ts'
import { projectFlags, runArgsFlag, sendFlags } from './bucket-flags.ts'
import { sendToBucket } from './send-to-bucket.ts'

export const command: Command = defineCommand({
  summary: 'Upload a folder to a bucket as an artifact of a project',
  details:
    'The bytes become a version, an output of a run of its own, and are pushed to the remote that is the bucket; one is added if there is none. The artifact stands there as TYPE/NAME/ALIAS. The outputs artifact_name, artifact_type and artifact_alias go to $GITHUB_OUTPUT, else are printed.',
  positionals: { source: one('A folder, or a file', 'path') },
  options: { ...sendFlags, ...runArgsFlag, ...projectFlags },
  examples: [
    [
      'upload out/model -n resnet -t model -a v1 --project-name vision --bucket models',
      'Into the bucket models, as model/resnet/v1',
    ],
    [
      'upload out/model -n resnet -t model --project-name vision -a "!run-config-hash" --run-args lr=0.1',
      'The alias says what it was trained with',
    ],
  ],
  async run({ source, ...values }, context) {
    await sendToBucket(values, context, (bucketRef, name, type, options) =>
      bucketRef.uploadArtifact(source, name, type, options),
    )
  },
})
