/** `mlstore link`: parse, call `BucketRef`, print. */

import { type Command, defineCommand, one } from '../command.ts'
import { projectFlags, runArgsFlag, sendFlags } from './bucket-flags.ts'
import { sendToBucket } from './send-to-bucket.ts'

export const command: Command = defineCommand({
  summary: 'Make an artifact of what lies in a bucket already',
  details:
    'Nothing is copied: paths, sizes and ETags are recorded (digests of what lies in a folder), and a download that finds other bytes there fails.',
  positionals: { path: one('s3://bucket/prefix, or file:///folder', 'path') },
  options: { ...sendFlags, ...runArgsFlag, ...projectFlags },
  examples: [
    [
      'link s3://raw-data/frames -n frames -t dataset -a v1 --project-name vision',
      'A data set that stays where it is',
    ],
  ],
  async run({ path, ...values }, context) {
    await sendToBucket(values, context, (bucketRef, name, type, options) =>
      bucketRef.link(path, name, type, options),
    )
  },
})
