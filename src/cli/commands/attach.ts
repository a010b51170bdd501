/** `mlstore attach`: parse, call the store, print. */

import { invalidArgument } from '../../errors.ts'
import { type Command, defineCommand, list, one, some, text } from '../command.ts'
import { parseMeta, parseTags } from '../key-values.ts'
import { renderAttached } from '../render/attachments.ts'

export const command: Command = defineCommand({
  summary: 'Attach a check, a profile or another report to a version or a run',
  details:
    'An attachment is a version of TYPE/NAME, so get, cat, log, push and rm work on it; it says what it is about. Any type will do: data-profile, data-checks, data-comparison and model-checks are the usual ones.',
  positionals: {
    target: one('type/name[@X] or run:ID', 'reference'),
    path: some('Files and folders', 'path'),
  },
  options: {
    type: text('TYPE', 'What it is, such as model-checks; required', {
      completes: ['data-profile', 'data-checks', 'data-comparison', 'model-checks'],
    }),
    name: text('NAME', 'Its artifact is TYPE/NAME; default: the name of the target'),
    label: text('LABEL', "The attachment's name; default: the UTC time"),
    tag: list('K=V', 'Tag the attachment'),
    meta: list('K=V', 'Metadata; a value that reads as JSON is that'),
  },
  examples: [
    ['attach dataset/coco@v3 profile.json --type data-profile', 'What the data looks like'],
    ['attach model/resnet checks/ --type model-checks --tag passed=yes', 'A folder of results'],
  ],
  async run({ target, path: paths, type, name, label, tag, meta }, { openStore, output, signal }) {
    if (type === undefined) {
      throw invalidArgument('What is attached?', 'Say it with --type, such as --type data-profile.')
    }
    const options = { name, label, tags: parseTags(tag), meta: parseMeta(meta), signal }
    await using store = await openStore()
    await output.result(await store.attach(target, type, { paths }, options), renderAttached)
  },
})
