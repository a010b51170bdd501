/** `mlstore clone`: parse, call the library, print. */

import { type Command, defineCommand, flag, one, optional } from '../command.ts'
import { renderClone } from '../render/remotes.ts'
import { remoteFlags, remoteSettings } from './remote-flags.ts'

export const command: Command = defineCommand({
  summary: 'Make a store from a remote',
  details:
    'Makes a store, adds the remote as origin and fetches its log: names, versions and lineage are then here, bytes come with get or pull.',
  positionals: {
    url: one('The remote: s3://bucket/prefix or a folder'),
    directory: optional('Folder to make it in; default: this one', 'path'),
  },
  options: {
    ...remoteFlags,
    singleWriter: flag('Allow pushing, by one writer, to a store without conditional writes'),
    all: flag('Fetch the bytes of every version too'),
  },
  examples: [['clone s3://team-models/vision --region eu-central-1', 'Join a shared store']],
  async run({ url, directory, singleWriter, all, ...flags }, context) {
    const { shell, environment, output, progress, signal } = context
    const settings = remoteSettings(url, flags)
    const library = await shell.loadLibrary()
    const result = await library.cloneStore(
      { settings, directory, singleWriter, all, progress, signal },
      environment,
    )
    await output.result(result, renderClone)
  },
})
