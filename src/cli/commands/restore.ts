/** `mlstore restore`: parse, call the store, print. */

import { type Command, defineCommand, one } from '../command.ts'
import { renderRestored } from '../render/versions.ts'

export const command: Command = defineCommand({
  summary: 'Bring a deleted version back',
  positionals: { reference: one('type/name@X', 'reference') },
  examples: [['restore model/resnet@v12', 'Undo rm, as long as gc has not run']],
  async run({ reference }, { openStore, output }) {
    await using store = await openStore()
    const restored = await store.restore(reference)
    const [first] = restored
    const document = restored.length === 1 && first !== undefined ? first : restored
    await output.result(document, () => renderRestored(restored))
  },
})
