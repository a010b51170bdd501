/** `mlstore import`: parse, call the store, print. */

import { createReadStream, statSync } from 'node:fs'
import { resolve } from 'node:path'

import { invalidArgument, notFound } from '../../errors.ts'
import {
  type Command,
  type CommandGroup,
  defineCommand,
  flag,
  one,
  optional,
  text,
} from '../command.ts'
import type { CliContext } from '../context.ts'
import { renderImport } from '../render/import.ts'

const dryRun = flag('Read everything, change nothing, and say what would be new')

const mlflow: Command = defineCommand({
  summary: 'Bring in experiments, runs and models of an MLflow store',
  details:
    'The store is only read. Run ids, times and version numbers stay as they are there. What was imported before is not imported again, an import that was interrupted goes on, and one of a store that grew brings what is new.',
  positionals: { source: one('The folder mlruns, or the sqlite file of a tracking store', 'path') },
  options: {
    artifacts: text('DIR', 'Where a server keeps what it calls mlflow-artifacts:', {
      completes: 'path',
    }),
    dryRun,
  },
  examples: [
    ['import mlflow mlruns', 'What mlflow.log_… wrote beside the training script'],
    ['import mlflow mlflow.db --artifacts /srv/mlartifacts', 'What a tracking server keeps'],
  ],
  async run({ source: path, artifacts, dryRun }, { openStore, output, signal }) {
    await using store = await openStore()
    const result = await store.importMlflow({ path, artifacts, dryRun, signal })
    await output.result(result, renderImport)
  },
})

const jsonl: Command = defineCommand({
  summary: 'Bring in runs that a program wrote as JSON',
  details:
    'One object a run: run, experiment, name, status, startedAt, endedAt, parent, user, note, params, metrics, tags, source, git {commit, branch, remote}, removed; all may be left out. A metric is a number or a list of {value, step, time}; NaN and infinities may be words or strings. Lines, or an array, as `run list --format json` prints it. A run without an id gets one that is made of what it says.',
  positionals: { source: one('A file, or - for stdin', 'path') },
  options: { dryRun },
  examples: [
    ['import jsonl runs.jsonl', 'Runs that another tool exported'],
    ['import jsonl -', 'mlstore --store ../other run list --format json | mlstore import jsonl -'],
  ],
  async run({ source, dryRun }, context) {
    const { openStore, output, signal } = context
    await using store = await openStore()
    const input = inputOf(source, context)
    const name = source === '-' ? 'stdin' : source
    await output.result(await store.importJsonl({ input, name, dryRun, signal }), renderImport)
  },
})

const dvc: Command = defineCommand({
  summary: 'Make versions of what DVC keeps in a git repository',
  details:
    "Reads .dvc files and dvc.lock, takes the bytes from DVC's cache or its remote (a folder, or s3://), and checks each md5. DVC's files are not touched. With --all-commits the history of all branches comes in, oldest first: each content that a path had is a version that names its commit, and tags of git become labels.",
  positionals: { path: optional('The repository; default: the one around here', 'path') },
  options: {
    allCommits: flag('What any commit names, not only what the working tree does'),
    type: text('TYPE', 'First part of the artifacts, TYPE/PATH; default: data'),
    dryRun,
  },
  examples: [['import dvc --all-commits', 'The whole history, after `dvc fetch --all-commits`']],
  async run({ path, allCommits, type, dryRun }, { openStore, output, signal }) {
    await using store = await openStore()
    const result = await store.importDvc({ path, allCommits, type, dryRun, signal })
    await output.result(result, renderImport)
  },
})

export const command: CommandGroup = {
  summary: 'Bring in what other tools keep',
  subcommands: { mlflow, jsonl, dvc },
}

function inputOf(source: string, { shell, environment }: CliContext): AsyncIterable<Uint8Array> {
  return source === '-' ? shell.stdin() : fileBytes(resolve(environment.cwd, source), source)
}

async function* fileBytes(path: string, title: string): AsyncGenerator<Uint8Array> {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw notFound(`There is no file ${title}.`)
  if (stat.isDirectory()) throw invalidArgument(`${title} is a folder.`, 'Name a file, or -.')
  for await (const bytes of createReadStream(path)) yield Buffer.from(bytes)
}
