/** `mlstore card`: parse, call the store, print. */

import type { UserObject } from '../../core/canonical-json.ts'
import { parseCard } from '../../core/model-card/stored-card.ts'
import { invalidArgument } from '../../errors.ts'
import type { CardFormat } from '../../compat/model-card/render-card.ts'
import {
  type Command,
  type CommandGroup,
  defineCommand,
  flag,
  list,
  one,
  some,
  text,
} from '../command.ts'
import type { CliContext } from '../context.ts'
import { parseParams } from '../key-values.ts'
import { formatBytes } from '../../core/amounts.ts'
import { cardNotes, renderCardFields, renderCardSet } from '../render/card.ts'
import { visible } from '../../core/visible-text.ts'
import { readStdin, readTextFile, writeTextFile } from '../text-file.ts'

const versionOf = 'type/name[@alias, label or digest]'

const show: Command = defineCommand({
  summary: 'Show the model card of a version',
  details:
    'The card is the file model/model_card of the version. Fields that are not documented, that are not valid, or that refer to what the version does not have, say so.',
  positionals: { reference: one(versionOf, 'reference') },
  examples: [['card show model/resnet@prod', 'What kind of model it is, and where its parts are']],
  async run({ reference }, { openStore, output }) {
    await using store = await openStore()
    await output.result(await store.showCard(reference), renderCardFields)
  },
})

const set: Command = defineCommand({
  summary: 'Give a version another model card, as a new version',
  details:
    'Versions never change: the new one shares every other byte, keeps metadata and inputs, and names the old one as its predecessor. Aliases and tags stay where they are, unless --alias says otherwise; the id of a model version, such as TES-TEST-101, goes along. FIELD=VALUE sets one field of the card that is there; a field of a group is model_test_files.inputs.',
  positionals: {
    reference: one(versionOf, 'reference'),
    card: some('A JSON file (- for stdin), or FIELD=VALUE', 'path'),
  },
  options: {
    label: text('LABEL', "The new version's name; default: the UTC time"),
    alias: list('ALIAS', 'Move this alias to the new version'),
    extra: flag('Accept fields beyond the documented ones'),
  },
  examples: [
    ['card set model/resnet card.json --alias prod', 'A whole card; production has it from now on'],
    ['card set model/resnet@v12 model_type=trained', 'One field; the others stay, or are defaults'],
  ],
  async run({ reference, card: words, label, alias: aliases, extra }, context) {
    const { openStore, output, signal } = context
    const changes = parseParams(words.filter(isChange))
    const card = await cardFrom(
      words.filter((word) => !isChange(word)),
      context,
    )
    await using store = await openStore()
    const request = { reference, card, changes, extra, label, aliases, signal }
    const result = await store.setCard(request)
    await output.result(result, renderCardSet)
    for (const note of cardNotes(result)) await output.note(note)
  },
})

const render: Command = defineCommand({
  summary: 'Render a readable card of a version',
  details:
    'From its metadata, tags and aliases, the parameters and metrics of the run that made it, what it was made from and who uses it, its files and its model card. HTML is one page without other resources, for a phone and in the dark too. With --json: the facts it is made of.',
  positionals: { reference: one(versionOf, 'reference') },
  options: {
    format: text('FORMAT', 'markdown, html or json; default: html for a file that is named so', {
      choices: ['markdown', 'html', 'json'],
    }),
    output: text('FILE', 'Write, or replace, this file', { short: 'o', completes: 'path' }),
  },
  examples: [
    ['card render model/resnet@prod -o resnet.html', 'A page to send to somebody'],
    ['card render model/resnet@prod', 'Markdown, for a wiki or a pull request'],
  ],
  async run({ reference, format, output: path }, context) {
    const { openStore, output } = context
    await using store = await openStore()
    const facts = await store.cardFacts(reference)
    const wanted = formatOf(format, path)
    if (path === undefined && output.json) return output.result(facts, () => '')
    const { renderCard } = await import('../../compat/model-card/render-card.ts')
    const rendered = await renderCard(facts, wanted)
    if (path === undefined) return output.text(rendered)
    writeTextFile(context, path, rendered)
    const written = { path, format: wanted, sizeBytes: Buffer.byteLength(rendered) }
    return output.result(written, ({ sizeBytes }) => {
      return `${visible(path)}  ${formatBytes(sizeBytes)}`
    })
  },
})

export const command: CommandGroup = {
  summary: 'Show, set or render the model card of a version',
  subcommands: { show, set, render },
}

function isChange(word: string): boolean {
  return /^[\w.-]+=/.test(word)
}

async function cardFrom(
  files: readonly string[],
  context: CliContext,
): Promise<UserObject | undefined> {
  const [file, ...others] = files
  if (others.length > 0) {
    throw invalidArgument('A card is one file.', 'Set further fields as FIELD=VALUE.')
  }
  if (file === undefined) return undefined
  if (file === '-') return parseCard(await readStdin(context), 'stdin')
  return parseCard(readTextFile(context, file), file)
}

function formatOf(format: string | undefined, path = ''): CardFormat {
  if (format === 'markdown' || format === 'html') return format
  return /\.html?$/i.test(path) ? 'html' : 'markdown'
}
