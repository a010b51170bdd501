/** `mlstore push`: parse, call the store, print. */

import { type Command, defineCommand, flag, list, many, optional } from '../command.ts'
import { outcomes } from '../exit-codes.ts'
import { renderPush, renderPushPlan } from '../render/remotes.ts'
import { remoteAndReferences } from './remote-and-references.ts'

export const command: Command = defineCommand({
  summary: 'Send what a remote lacks',
  details:
    'Without REF: everything this store made. A version brings the run that made it, a run its files and the name of its experiment, and nothing of any other. Where an alias or a label was taken on the remote meanwhile, the data is sent all the same, both values are shown, and the exit code is 4; where a number was taken, yours becomes the next free one, and both are shown. Versions of the type `local` stay here. An interrupted push is finished by the next.',
  positionals: {
    remote: optional('Its name; default: the default remote', 'remote'),
    reference: many('What to send: type/name[@X] or run:ID', 'reference'),
  },
  options: {
    forceAlias: list('TYPE/NAME@ALIAS', "Move this alias even where the remote's moved meanwhile"),
    dryRun: flag('Only say what would be sent'),
  },
  examples: [
    ['push', 'Share all that is new'],
    ['push origin model/resnet@prod', 'Share one version, what it needs and the run that made it'],
  ],
  async run({ remote, reference, forceAlias, dryRun }, context) {
    const target = remoteAndReferences(remote, reference)
    await using store = await context.openStore()
    const { signal } = context
    const result = await store.push({ ...target, forceAliases: forceAlias, dryRun, signal })
    await context.output.result(result, dryRun ? renderPushPlan : renderPush)
    if (result.conflicts.length > 0) context.setExitCode(outcomes.conflict)
  },
})
