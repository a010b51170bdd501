/**
 * Help texts: the commands' descriptions, laid out by yargs.
 *
 * yargs is loaded here and nowhere else, and only when help is shown: its import takes longer
 * than a whole read command.
 */

import yargs, { type Argv, type Options } from 'yargs'

import {
  type Command,
  type CommandGroup,
  type Example,
  isGroup,
  kebabCase,
  type OptionSpec,
  type PositionalSpec,
} from './command.ts'
import { exitCodeMeanings } from './exit-codes.ts'
import { globalOptions } from './global-options.ts'
import { positionalTitle } from './parse-arguments.ts'

type Summarised = { readonly summary: string; readonly hidden?: boolean }

export type HelpOptions = {
  /** What is asked about: nothing, `['alias']` or `['alias', 'set']`. */
  readonly path: readonly string[]
  readonly columns: number
}

/** Help of the whole program. */
export function programHelp(
  commands: Readonly<Record<string, Summarised>>,
  options: HelpOptions,
): Promise<string> {
  const page = newPage(
    '[--store DIR] COMMAND',
    'A local-first, content-addressed store for ML artifacts.',
    options,
  )
  for (const [name, { summary }] of visibleEntries(commands)) page.command(name, summary)
  for (const [name, spec] of Object.entries(globalOptions)) {
    page.option(kebabCase(name), optionHelp(spec))
  }
  page.option('version', { type: 'boolean', describe: 'Show the version' })
  const codes = exitCodeMeanings.map(
    ([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`,
  )
  page.epilogue(['Exit codes:', ...codes, '', 'mlstore COMMAND --help says more.'].join('\n'))
  return page.getHelp()
}

/** Help of one command or of a group of them. */
export function commandHelp(entry: Command | CommandGroup, options: HelpOptions): Promise<string> {
  if (!isGroup(entry)) return commandPage(entry, options).epilogue(footer(entry.examples)).getHelp()
  return groupHelp(entry, options)
}

function groupHelp(group: CommandGroup, options: HelpOptions): Promise<string> {
  const { itself } = group
  const page =
    itself === undefined ? newPage('COMMAND', group.summary, options) : commandPage(itself, options)
  const commands = visibleEntries(group.subcommands)
  for (const [name, command] of commands) {
    page.command([name, ...positionalUsage(command)].join(' '), command.summary)
  }
  const examples = commands.flatMap(([, command]) => command.examples)
  return page.epilogue(footer([...(itself?.examples ?? []), ...examples])).getHelp()
}

function commandPage(command: Command, options: HelpOptions): Argv {
  const about = [command.summary, command.details].filter((text) => text !== undefined)
  const page = newPage(
    [...positionalUsage(command), '[options]'].join(' '),
    about.join('\n\n'),
    options,
  )
  for (const [name, spec] of Object.entries(command.positionals ?? {})) {
    page.positional(positionalTitle(name), { describe: spec.describe })
  }
  for (const [name, spec] of Object.entries(command.options ?? {})) {
    page.option(kebabCase(name), optionHelp(spec))
  }
  return page
}

function newPage(usage: string, about: string, { path, columns }: HelpOptions): Argv {
  return yargs([])
    .scriptName(['mlstore', ...path].join(' '))
    .locale('en')
    .usage(`${['mlstore', ...path, usage].join(' ')}\n\n${about}`)
    .help(false)
    .version(false)
    .wrap(columns)
    .parserConfiguration({ 'boolean-negation': false })
}

function optionHelp(spec: OptionSpec): Options {
  const alias = spec.short === undefined ? {} : { alias: spec.short }
  if (spec.kind === 'flag') return { ...alias, type: 'boolean', describe: spec.describe }
  const repeatable = spec.kind === 'list' ? '; repeatable' : ''
  const choices =
    spec.kind === 'text' && spec.choices !== undefined ? { choices: spec.choices } : {}
  const describe = `${spec.value}: ${spec.describe}${repeatable}`
  return { ...alias, ...choices, type: 'string', describe }
}

/** Examples, each on a line of its own so that it can be copied, and where to read on. */
function footer(examples: readonly Example[]): string {
  const lines = examples.flatMap(([line, does]) => [`  mlstore ${line}`, `      ${does}`])
  const shared = 'Every command also takes --store DIR, --json, --quiet and --no-progress.'
  return [examples.length > 1 ? 'Examples:' : 'Example:', ...lines, '', shared].join('\n')
}

function positionalUsage(command: Command): string[] {
  const specs = Object.entries(command.positionals ?? {})
  return specs.map(([name, spec]) => positionalPatterns[spec.kind](positionalTitle(name)))
}

const positionalPatterns: Readonly<Record<PositionalSpec['kind'], (title: string) => string>> = {
  one: (title) => title,
  optional: (title) => `[${title}]`,
  many: (title) => `[${title}]...`,
  some: (title) => `${title}...`,
}

function visibleEntries<Entry extends Summarised>(
  entries: Readonly<Record<string, Entry>>,
): [string, Entry][] {
  return Object.entries(entries).filter(([, entry]) => entry.hidden !== true)
}
