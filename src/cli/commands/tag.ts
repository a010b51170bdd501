/** `mlstore tag`: parse, call the store, print. */

import { type Command, type CommandGroup, defineCommand, one, some } from '../command.ts'
import { parseTags } from '../key-values.ts'
import { renderTags } from '../render/versions.ts'

const targetOf = 'type/name, type/name@X or run:ID'

const set: Command = defineCommand({
  summary: 'Set tags',
  positionals: { target: one(targetOf, 'reference'), tag: some('KEY=VALUE') },
  examples: [['tag set model/resnet@v12 stage=prod owner=anna', 'Two tags on one version']],
  async run({ target, tag }, { openStore, output }) {
    const wanted = parseTags(tag)
    await using store = await openStore()
    await output.result(await store.setTags(target, wanted), renderTags)
  },
})

const rm: Command = defineCommand({
  summary: 'Remove tags',
  positionals: { target: one(targetOf, 'reference'), key: some('Keys of the tags') },
  examples: [['tag rm model/resnet@v12 stage', 'Forget its stage']],
  async run({ target, key }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.removeTags(target, key), renderTags)
  },
})

const list: Command = defineCommand({
  summary: 'List tags',
  positionals: { target: one(targetOf, 'reference') },
  examples: [['tag list dataset/coco', 'Tags of the artifact as a whole']],
  async run({ target }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.listTags(target), renderTags)
  },
})

export const command: CommandGroup = {
  summary: 'Tag artifacts, versions and runs',
  subcommands: { set, rm, list },
}
