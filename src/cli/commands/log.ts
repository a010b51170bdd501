/** `mlstore log`: parse, call the store, print. */

import { invalidArgument } from '../../errors.ts'
import { type Command, count, defineCommand, flag, one, text } from '../command.ts'
import { renderLog, renderSearch } from '../render/versions.ts'

export const command: Command = defineCommand({
  summary: 'List the versions of an artifact, or of a run, newest first',
  details:
    'With run:ID the versions that the run made, whatever artifact they are of. With --before those older than the version named, without it.',
  positionals: { reference: one('type/name, type/name@X to start there, or run:ID', 'reference') },
  options: {
    number: count('N', 'At most this many', { short: 'n' }),
    before: flag('Only versions older than the one named'),
    query: text('QUERY', 'With --before: only those that match, as in search'),
  },
  examples: [
    ['log model/resnet -n 5', 'The five newest versions'],
    [
      `log model/resnet@prod --before --query "tags.stage = 'prod'" -n 1`,
      'What was in production before',
    ],
    ['log run:3f9a1c04', 'What a run made'],
  ],
  async run({ reference, number, before, query }, { openStore, output }) {
    if (query !== undefined && !before) {
      throw invalidArgument('--query goes with --before.', '`mlstore search` finds any version.')
    }
    await using store = await openStore()
    if (reference.startsWith('run:')) {
      if (before) throw invalidArgument('--before goes with a version, not with a run.')
      const made = await store.versionsOfRun(reference)
      await output.result(made.slice(0, number), renderSearch)
    } else if (before) {
      const found = await store.previousVersions(reference, { query, count: number ?? 'all' })
      await output.result(found, renderLog)
    } else {
      await output.result(await store.log(reference, { limit: number }), renderLog)
    }
  },
})
