/** `mlstore attachments`: parse, call the store, print. */

import { type Command, defineCommand, one, text } from '../command.ts'
import { renderAttachments } from '../render/attachments.ts'

export const command: Command = defineCommand({
  summary: 'List what is attached to a version or a run, newest first',
  positionals: { target: one('type/name[@X] or run:ID', 'reference') },
  options: { type: text('TYPE', 'Only this type, such as data-profile') },
  examples: [
    ['attachments model/resnet@prod --type model-checks', 'The checks that production passed'],
  ],
  async run({ target, type }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.attachments(target, { type }), renderAttachments)
  },
})
