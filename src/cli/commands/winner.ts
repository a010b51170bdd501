/** `mlstore winner`: parse, call the store, print. */

import { notFound } from '../../errors.ts'
import { type Command, type CommandGroup, defineCommand, list, one, text } from '../command.ts'
import { renderWinner } from '../render/registry.ts'

const itself: Command = defineCommand({
  summary: 'Show the winning run that is recorded on a version',
  positionals: { reference: one('type/name[@X]', 'reference') },
  examples: [['winner model/resnet@prod', 'The run it was chosen from, by whom and why']],
  async run({ reference }, { openStore, output }) {
    await using store = await openStore()
    const winner = await store.winner(reference)
    if (winner === null) {
      throw notFound(
        `No winner is recorded on ${reference}.`,
        `\`mlstore winner set ${reference} --metric METRIC\` finds one and records it.`,
      )
    }
    await output.result(winner, renderWinner)
  },
})

const set: Command = defineCommand({
  summary: 'Find the best run by a metric and record it on a version',
  details:
    'Chooses among the run that made the version, the runs within it, and those within the same run; --query and --experiment name others, --run names the winner itself. The choice is the tag winner of the version.',
  positionals: { reference: one('type/name[@X]', 'reference') },
  options: {
    metric: text('METRIC', 'The metric, of which the last value counts'),
    goal: text('GOAL', 'Whether large or small values are good; default: max', {
      choices: ['max', 'min'],
    }),
    run: text('RUN', 'The winner itself: its id or name', { completes: 'run' }),
    query: text('QUERY', 'Choose among the runs that match, as in search --kind runs'),
    experiment: list('EXPERIMENT', 'Choose among the runs of this one', {
      completes: 'experiment',
    }),
    reason: text('TEXT', 'Why, for those who ask later'),
  },
  examples: [
    ['winner set model/resnet@v12 --metric val/acc', 'The best of the search that made it'],
    [
      'winner set model/resnet@v12 --metric loss --goal min --experiment digits --reason "release 3"',
      'The best run of an experiment',
    ],
  ],
  async run({ reference, metric, goal, run, query, experiment, reason }, { openStore, output }) {
    await using store = await openStore()
    const winner = await store.chooseWinner(reference, {
      metric,
      goal: goal === 'min' ? 'min' : 'max',
      run,
      query,
      experiments: experiment,
      reason,
    })
    await output.result(winner, renderWinner)
  },
})

export const command: CommandGroup = {
  summary: 'Show, or choose, the run that a version stands for',
  itself,
  subcommands: { set },
}
