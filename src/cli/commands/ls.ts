/** `mlstore ls`: parse, call the store, print. */

import { invalidArgument } from '../../errors.ts'
import { type Command, defineCommand, flag, optional, text } from '../command.ts'
import { renderArtifacts, renderFile } from '../render/files.ts'

export const command: Command = defineCommand({
  summary: 'List artifacts, or the files of a version',
  positionals: { reference: optional('type/name[@X][:path]; default: all artifacts', 'reference') },
  options: {
    recursive: flag('Go into folders', 'r'),
    type: text('TYPE', 'Only artifacts of this type; default: all but run, the files of runs'),
  },
  examples: [
    ['ls', 'What is in the store'],
    ['ls dataset/coco@v3:train -r', 'Every file below train'],
  ],
  async run({ reference, recursive, type }, { openStore, output }) {
    if (reference !== undefined && type !== undefined) {
      throw invalidArgument('--type lists artifacts; it does not go with a reference.')
    }
    await using store = await openStore()
    if (reference === undefined) {
      await output.result(await store.listArtifacts({ type }), renderArtifacts)
    } else {
      await output.results(store.listFiles({ reference, recursive }), renderFile)
    }
  },
})
