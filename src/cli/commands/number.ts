/** `mlstore number`: parse, call the store, print. */

import { invalidArgument } from '../../errors.ts'
import { type Command, type CommandGroup, defineCommand, one } from '../command.ts'
import { renderNumber, renderNumbered, renderNumbers } from '../render/numbers.ts'

const claim: Command = defineCommand({
  summary: 'Give a version or a run the next number of a series',
  details:
    'What has a number in the series keeps it. The number is provisional until it is pushed: where somebody else pushed the same one first, push gives yours the next free one and says so.',
  positionals: {
    series: one('Any text: TES-TEST, model/resnet'),
    reference: one('type/name@X, or run:ID', 'reference'),
  },
  examples: [['number claim TES-TEST model/resnet@v12', 'The next release candidate']],
  async run({ series, reference }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.claimNumber(series, reference), renderNumber)
  },
})

const show: Command = defineCommand({
  summary: 'Show the numbers of a version or a run, with those it had before',
  positionals: { reference: one('type/name@X, or run:ID', 'reference') },
  examples: [['number show model/resnet@prod', 'Which release is in production']],
  async run({ reference }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.numberOf(reference), renderNumbers)
  },
})

const find: Command = defineCommand({
  summary: 'Show what has a number',
  positionals: { number: one('The series and the number: TES-TEST-101') },
  examples: [['number find TES-TEST-101', 'What was tested under that number']],
  async run({ number }, { openStore, output }) {
    const [, series, digits] = /^(.+)-(\d+)$/.exec(number) ?? []
    if (series === undefined) {
      throw invalidArgument(
        `${JSON.stringify(number)} is no number of a series.`,
        'Write both with a hyphen between them: TES-TEST-101.',
      )
    }
    await using store = await openStore()
    await output.result(await store.byNumber(series, Number(digits)), renderNumbered)
  },
})

export const command: CommandGroup = {
  summary: 'Number versions and runs within a series',
  subcommands: { claim, show, find },
}
