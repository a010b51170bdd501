/** `mlstore rm`: parse, call the store, print. */

import { type Command, defineCommand, flag, one, text } from '../command.ts'
import { formatBytes, formatCount } from '../../core/amounts.ts'
import { renderRemoved, renderRemovePlan } from '../render/versions.ts'

export const command: Command = defineCommand({
  summary: 'Delete a version; restore brings it back',
  details:
    'Leaves a tombstone; the bytes go with the next gc. What an alias, mlstore.lock or lineage uses is refused without --force.',
  positionals: { reference: one('type/name@X; with --all type/name', 'reference') },
  options: {
    all: flag('Delete the whole artifact'),
    force: flag('Delete what is in use too'),
    dryRun: flag('Only say what would be deleted'),
    reason: text('TEXT', 'Why, for those who look for it later'),
  },
  examples: [
    ['rm model/resnet@2026-11-21-04-44-50 --reason "trained on bad data"', 'Delete one version'],
  ],
  async run({ reference, all, force, dryRun, reason }, { openStore, output }) {
    await using store = await openStore()
    const request = { reference, all, force, reason }
    const plan = await store.remove({ ...request, dryRun: true })
    const bytes = plan.reduce((sum, version) => sum + version.sizeBytes, 0)
    const size = `${formatCount(plan.length, 'version')}, ${formatBytes(bytes)}`
    if (!dryRun) await output.note(`Deleting ${size}; the next gc frees what nothing else uses.`)
    const removed = dryRun ? plan : await store.remove(request)
    const [first] = removed
    const document = all || first === undefined ? removed : first
    await output.result(document, () =>
      dryRun ? renderRemovePlan(removed) : renderRemoved(removed),
    )
  },
})
