/** `mlstore related`: parse, call the store, print. */

import { notFound } from '../../errors.ts'
import { type Command, defineCommand, flag, one } from '../command.ts'
import { renderRelated } from '../render/registry.ts'

export const command: Command = defineCommand({
  summary: 'Find the newest version of another type that lineage ties to one',
  details:
    'Such as the prediction job of a model, or the data set of a job. Without @X the newest version of the artifact that has one counts.',
  positionals: {
    reference: one('type/name[@X]', 'reference'),
    type: one('Type of the artifact wanted'),
  },
  options: { up: flag('Only what it was made of'), down: flag('Only what was made of it') },
  examples: [['related model/churn prediction-job', 'Its newest prediction job']],
  async run({ reference, type, up, down }, { openStore, output }) {
    await using store = await openStore()
    const direction = up === down ? undefined : up ? 'up' : 'down'
    const related = await store.latestRelated(reference, type, { direction })
    if (related === null) {
      throw notFound(
        `Lineage ties nothing of type ${JSON.stringify(type)} to ${reference}.`,
        '`mlstore lineage` shows what there is.',
      )
    }
    await output.result(related, renderRelated)
  },
})
