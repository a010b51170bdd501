/** `mlstore experiment`: parse, call the store, print. */

import { type Command, type CommandGroup, defineCommand, one, text } from '../command.ts'
import { printAs, tableFormat } from '../print-as.ts'
import { formatCount } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'
import { experimentsCsv, renderExperiments } from '../render/runs.ts'
import { removedFlags, viewOf } from './removed-flags.ts'

const list: Command = defineCommand({
  summary: 'List experiments with their number of runs',
  options: { format: tableFormat, ...removedFlags },
  examples: [['experiment list', 'What has been tried']],
  async run(values, { openStore, output }) {
    const view = viewOf(values)
    await using store = await openStore()
    const experiments = await store.listExperiments({ view })
    const renderers = { table: renderExperiments, csv: experimentsCsv }
    await printAs(output, values.format, experiments, renderers)
  },
})

const create: Command = defineCommand({
  summary: 'Make an experiment; starting a run does so by itself',
  positionals: { name: one('Its name') },
  examples: [['experiment create digits', 'A name to gather runs under']],
  async run({ name }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.createExperiment(name), said('Made'))
  },
})

const rename: Command = defineCommand({
  summary: 'Rename an experiment; its runs stay in it',
  positionals: { experiment: one('Its name or id', 'experiment'), name: one('The new name') },
  examples: [['experiment rename digits digits-2026', 'A better name']],
  async run({ experiment, name }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.renameExperiment(experiment, name), said('Renamed to'))
  },
})

const rm: Command = defineCommand({
  summary: 'Remove an experiment with its runs; restore takes it back',
  positionals: { experiment: one('Its name or id', 'experiment') },
  options: { reason: text('TEXT', 'Why') },
  examples: [['experiment rm scratch', 'It and its runs are no longer listed']],
  async run({ experiment, reason }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.removeExperiment(experiment, { reason }), said('Removed'))
  },
})

const restore: Command = defineCommand({
  summary: 'Take the removal of an experiment back',
  positionals: { experiment: one('Its name or id', 'experiment') },
  examples: [['experiment restore scratch', 'It and its runs are listed again']],
  async run({ experiment }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.restoreExperiment(experiment), said('Restored'))
  },
})

type Named = { readonly name: string; readonly runs: number }

function said(what: string): (experiment: Named) => string {
  return ({ name, runs }) => `${what} ${visible(name)} (${formatCount(runs, 'run')})`
}

export const command: CommandGroup = {
  summary: 'Gather runs under names',
  subcommands: { list, create, rename, rm, restore },
}
