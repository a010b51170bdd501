/** `mlstore pull`: parse, call the store, print. */

import { type Command, defineCommand, flag, many, optional } from '../command.ts'
import { renderPull } from '../render/remotes.ts'
import { remoteAndReferences } from './remote-and-references.ts'

export const command: Command = defineCommand({
  summary: 'Fetch, then bring the working tree up to date',
  details:
    'Gets the bytes of REFs; without any, of what mlstore.lock names, and writes it into the working tree. After git clone this is the only command needed.',
  positionals: {
    remote: optional('Its name; default: the default remote', 'remote'),
    reference: many('What to get: type/name[@X] or run:ID', 'reference'),
  },
  options: {
    all: flag('Get the bytes of every version'),
    force: flag('Replace files that mlstore did not write'),
  },
  examples: [['pull', 'Get the data and models of this commit']],
  async run({ remote, reference, all, force }, context) {
    const target = remoteAndReferences(remote, reference)
    await using store = await context.openStore({ createBesideConfig: true })
    const result = await store.pull({ ...target, all, force, signal: context.signal })
    await context.output.result(result, renderPull)
  },
})
