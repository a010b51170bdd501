/** `mlstore alias`: parse, call the store, print. */

import {
  type Command,
  type CommandGroup,
  defineCommand,
  one,
  optional,
  text,
  type TextOption,
} from '../command.ts'
import { renderAliases, renderAliasLog, renderAliasMove } from '../render/versions.ts'

const reason: TextOption = text('TEXT', 'Why, for alias log')

const set: Command = defineCommand({
  summary: 'Point an alias at a version',
  positionals: {
    reference: one('The version: type/name@X', 'reference'),
    name: one('The alias'),
  },
  options: { reason },
  examples: [
    ['alias set model/resnet@v12 prod --reason "passed the bench"', 'Serve v12 from now on'],
  ],
  async run({ reference, name, reason }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.setAlias(reference, name, { reason }), renderAliasMove)
  },
})

const rm: Command = defineCommand({
  summary: 'Remove an alias; its version stays',
  positionals: { artifact: one('type/name', 'artifact'), name: one('The alias') },
  options: { reason },
  examples: [['alias rm model/resnet canary', 'No version is the canary any more']],
  async run({ artifact, name, reason }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.removeAlias(artifact, name, { reason }), renderAliasMove)
  },
})

const list: Command = defineCommand({
  summary: 'List aliases and where they point',
  positionals: { artifact: optional('type/name; default: all artifacts', 'artifact') },
  examples: [['alias list model/resnet', 'What is prod, what is staging']],
  async run({ artifact }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.listAliases(artifact), renderAliases)
  },
})

const log: Command = defineCommand({
  summary: 'Show every move of an alias, newest first',
  positionals: { artifact: one('type/name', 'artifact'), name: one('The alias') },
  examples: [['alias log model/resnet prod', 'Who deployed what, when and why']],
  async run({ artifact, name }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.aliasLog(artifact, name), renderAliasLog)
  },
})

const reset: Command = defineCommand({
  summary: "Take the remote's value after a conflict",
  positionals: { artifact: one('type/name', 'artifact'), name: one('The alias') },
  examples: [['alias reset model/resnet prod', 'Give up your own move of the alias']],
  async run({ artifact, name }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.resetAlias(artifact, name), renderAliasMove)
  },
})

export const command: CommandGroup = {
  summary: 'Name versions: prod, staging',
  subcommands: { set, rm, list, log, reset },
}
