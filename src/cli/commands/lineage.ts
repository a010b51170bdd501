/** `mlstore lineage`: parse, call the store, print. */

import {
  type Command,
  type CommandGroup,
  count,
  defineCommand,
  flag,
  one,
  text,
} from '../command.ts'
import { renderLineageDot, renderLineageMermaid } from '../render/lineage-drawings.ts'
import { renderAddedLineage, renderLineage } from '../render/lineage-text.ts'

const itself: Command = defineCommand({
  summary: 'Show what a version or run came from, and what came of it',
  details:
    'Needs nothing but the records: after fetch it works without the remote and without the bytes. A cycle is drawn once, and --depth says how far to look.',
  positionals: { reference: one('type/name[@X] or run:ID', 'reference') },
  options: {
    up: flag('Only what it came from'),
    down: flag('Only what came of it'),
    depth: count('N', 'At most N steps away; a run between two versions is one'),
    format: text('FORMAT', 'How it is drawn', {
      choices: ['text', 'json', 'dot', 'mermaid'],
    }),
  },
  examples: [
    ['lineage model/resnet@prod --up', 'The data and the commit that production was made from'],
    ['lineage dataset/coco --format dot | dot -Tsvg -o coco.svg', 'A picture of all it led to'],
  ],
  async run({ reference, up, down, depth, format = 'text' }, { openStore, output }) {
    await using store = await openStore()
    const direction = up === down ? 'both' : up ? 'up' : 'down'
    const result = await store.lineage({ reference, direction, depth })
    await output.result(result, rendererOf(format))
  },
})

const add: Command = defineCommand({
  summary: 'Say after the fact that one version was made from another',
  details:
    'What would close a cycle is refused: nothing is made from what came of it. What a version or run said of itself already is not recorded again.',
  positionals: {
    from: one('The version that was used: type/name[@X]', 'reference'),
    to: one('The version made from it: type/name[@X]', 'reference'),
  },
  options: { role: text('ROLE', 'What it was used as; default: input') },
  examples: [
    ['lineage add dataset/coco@v3 model/resnet@v12 --role data', 'Trained on it, but not said so'],
  ],
  async run({ from, to, role }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.addLineage(from, to, { role }), renderAddedLineage)
  },
})

export const command: CommandGroup = {
  summary: 'Show, or add to, what was made from what',
  itself,
  subcommands: { add },
}

function rendererOf(format: string): typeof renderLineage {
  switch (format) {
    case 'dot':
      return renderLineageDot
    case 'mermaid':
      return renderLineageMermaid
    default:
      return renderLineage
  }
}
