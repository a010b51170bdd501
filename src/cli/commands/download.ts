/** `mlstore download`: parse, call `BucketRef`, print. */

import { type Command, count, defineCommand, one, text } from '../command.ts'
import { renderTransfer } from '../render/buckets.ts'
import { projectFlags, runArgsFlag, withBucketRef } from './bucket-flags.ts'

export const command: Command = defineCommand({
  summary: 'Download an artifact of a project from a bucket',
  details:
    'The artifact is an input of a run of its own. The folder is there as a whole or not at all; files of yours in it are not replaced.',
  positionals: {
    type: one('Type of the artifact'),
    name: one('Name of the artifact'),
    alias: one('Its alias; latest: the newest; !run-config-hash: the hash of --run-args'),
  },
  options: {
    destinationFolder: text('PATH', 'Where to; default: ./TYPE/NAME/ALIAS', {
      short: 'd',
      completes: 'path',
    }),
    retries: count('N', 'Tries after the first one while the bucket is silent; default: 5'),
    ...runArgsFlag,
    ...projectFlags,
  },
  examples: [
    ['download model resnet v1 --project-name vision --bucket models', 'Into ./model/resnet/v1'],
  ],
  async run({ type, name, alias, destinationFolder, retries, ...flags }, context) {
    const options = { destination: destinationFolder, retries, signal: context.signal }
    const transfer = await withBucketRef(context, flags, (bucketRef) =>
      bucketRef.downloadArtifact(name, type, alias, options),
    )
    await context.output.result(transfer, renderTransfer)
  },
})
