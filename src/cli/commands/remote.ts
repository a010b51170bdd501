/** `mlstore remote`: parse, call the store, print. */

import {
  type Command,
  type CommandGroup,
  defineCommand,
  flag,
  one,
  optional,
  text,
} from '../command.ts'
import { outcomes } from '../exit-codes.ts'
import { visible } from '../../core/visible-text.ts'
import { renderRemoteDoctor } from '../render/health.ts'
import { renderCopy, renderKey, renderRemote, renderRemotes } from '../render/remotes.ts'
import { remoteFlags, remoteSettings } from './remote-flags.ts'

const add: Command = defineCommand({
  summary: 'Add a remote; sends nothing',
  details:
    'Remotes are written to mlstore.json, which is meant for git and holds no secrets; --local keeps this one out of it. HTTPS_PROXY and AWS_ENDPOINT_URL are honoured.',
  positionals: {
    name: one('Its name, without /'),
    url: one('s3://bucket/prefix, file:///folder or the path of a folder', 'path'),
  },
  options: {
    ...remoteFlags,
    singleWriter: flag('Allow pushing, by one writer, to a store without conditional writes'),
    local: flag('Keep it out of mlstore.json'),
  },
  examples: [
    ['remote add origin s3://team-models/vision --region eu-central-1', 'A bucket on AWS'],
    ['remote add nas /mnt/nas/mlstore --local', 'A folder that only this machine has'],
  ],
  async run({ name, url, singleWriter, local, ...flags }, { openStore, output }) {
    await using store = await openStore()
    const settings = remoteSettings(url, flags)
    await output.result(
      await store.addRemote({ name, settings, singleWriter, local }),
      renderRemote,
    )
  },
})

const list: Command = defineCommand({
  summary: 'List remotes',
  examples: [['remote list', 'Where push and pull can go']],
  async run(_values, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.listRemotes(), renderRemotes)
  },
})

const rm: Command = defineCommand({
  summary: 'Forget a remote; its content stays',
  positionals: { name: one('Its name', 'remote') },
  examples: [['remote rm nas', 'Push there no more']],
  async run({ name }, { openStore, output }) {
    await using store = await openStore()
    await store.removeRemote(name)
    await output.result({ name }, (removed) => `Forgot remote ${visible(removed.name)}.`)
  },
})

const setUrl: Command = defineCommand({
  summary: 'Change the URL of a remote that moved',
  details: 'The new place must hold the same repository.',
  positionals: { name: one('Its name', 'remote'), url: one('The new URL', 'path') },
  examples: [['remote set-url origin s3://new-bucket/vision', 'After remote copy']],
  async run({ name, url }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.setRemoteUrl(name, url), renderRemote)
  },
})

const copy: Command = defineCommand({
  summary: 'Copy a whole remote to another place',
  details: 'Resumable: run it again after an interruption.',
  positionals: { from: one('A remote', 'remote'), to: one('A remote', 'remote') },
  examples: [['remote copy origin backup', 'Move to a new bucket']],
  async run({ from, to }, { openStore, output, signal }) {
    await using store = await openStore()
    await output.result(await store.copyRemote(from, to, { signal }), renderCopy)
  },
})

const ls: Command = defineCommand({
  summary: 'List what lies on a remote',
  details:
    'Artifacts, as far as they were fetched; the versions of TYPE/NAME; the files of TYPE/NAME/ALIAS of a project, or of TYPE/PROJECT/NAME/ALIAS; or keys.',
  positionals: { name: one('Its name', 'remote'), path: optional('Only what is below this path') },
  options: { projectName: text('PROJECT', 'Default: MLSTORE_PROJECT, else WANDB_PROJECT') },
  examples: [
    ['remote ls origin log', "Entries of the remote's log"],
    ['remote ls models model/resnet/v1 --project-name vision', 'Files of an uploaded artifact'],
  ],
  async run({ name, path, projectName }, { openStore, output, environment: { env } }) {
    const project = projectName || env['MLSTORE_PROJECT'] || env['WANDB_PROJECT'] || undefined
    await using store = await openStore()
    await output.results(store.listRemote(name, path, { project }), renderKey)
  },
})

const doctor: Command = defineCommand({
  summary: 'Try what a remote can do, and explain',
  details: 'Writes and deletes a few small objects below probe/.',
  positionals: { name: optional('Its name; default: the default remote', 'remote') },
  examples: [['remote doctor origin', 'Before the first push']],
  async run({ name }, { openStore, output, setExitCode }) {
    await using store = await openStore()
    const result = await store.doctorRemote(name)
    await output.result(result, renderRemoteDoctor)
    if (result.problems.length > 0) setExitCode(outcomes.remoteUnusable)
  },
})

export const command: CommandGroup = {
  summary: 'Manage remotes',
  subcommands: { add, list, rm, 'set-url': setUrl, copy, ls, doctor },
}
