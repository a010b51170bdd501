/** `mlstore cat`: parse, call the store, write the bytes. */

import { type Command, defineCommand, one } from '../command.ts'

export const command: Command = defineCommand({
  summary: 'Write one file of a version to stdout',
  details: 'Every byte is verified; damaged bytes are an error, never output.',
  positionals: { reference: one('type/name[@X]:path/in/it', 'reference') },
  examples: [['cat dataset/squad@v2:train/labels.csv | head', 'Look into a file']],
  async run({ reference }, context) {
    await using store = await context.openStore()
    for await (const bytes of store.cat(reference, { signal: context.signal })) {
      if (!(await context.output.bytes(bytes))) return
    }
  },
})
