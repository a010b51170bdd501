/** `mlstore diff`: parse, call the store, print. */

import { type Command, defineCommand, one } from '../command.ts'
import { renderDiff } from '../render/files.ts'

export const command: Command = defineCommand({
  summary: 'Compare two versions, or a version and a path',
  positionals: {
    before: one('A reference or a path', 'reference'),
    after: one('A reference or a path', 'reference'),
  },
  examples: [
    ['diff dataset/coco@v2 dataset/coco@v3', 'What the new version changed'],
    ['diff model/resnet@prod ./model', 'How the working tree differs from what serves'],
  ],
  async run({ before, after }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.diff(before, after), renderDiff)
  },
})
