/** `mlstore fsck`: parse, call the store, print. */

import { invalidArgument } from '../../errors.ts'
import { type Command, defineCommand, flag, text } from '../command.ts'
import { outcomes } from '../exit-codes.ts'
import { renderFsck } from '../render/health.ts'

export const command: Command = defineCommand({
  summary: 'Verify every object, tree, journal and index',
  details: 'Exits 5 when something is damaged and was not repaired.',
  options: {
    remote: text('NAME', 'Check this remote, not the local store', { completes: 'remote' }),
    sample: text('P%', 'Read only this share of the bytes'),
    repair: flag('Replace damaged bytes from a remote or a good copy'),
  },
  examples: [['fsck --repair', 'After a disk failed']],
  async run({ remote, sample, repair }, context) {
    const samplePercent = sample === undefined ? undefined : percent(sample)
    await using store = await context.openStore()
    const result = await store.fsck({ remote, samplePercent, repair, signal: context.signal })
    await context.output.result(result, renderFsck)
    if (result.problems.some((problem) => !problem.repaired)) context.setExitCode(outcomes.damaged)
  },
})

function percent(sample: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)%?$/.exec(sample) ?? []
  const share = Number(digits)
  if (share > 0 && share <= 100) return share
  throw invalidArgument(`--sample takes a share like 5%, got ${JSON.stringify(sample)}.`)
}
