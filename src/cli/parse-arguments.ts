/**
 * From an argument vector to a command and its values.
 *
 * `util.parseArgs` splits the words, the command's own description says what they mean. yargs
 * does the help text only (see `help.ts`): importing it takes as long as Node itself takes to
 * start, which a read command cannot afford.
 *
 * Options may stand anywhere after the command, `--` ends them. An option takes exactly one
 * value, so `--tag a=b FOLDER` never swallows the folder.
 */

import { parseArgs } from 'node:util'

import { invalidArgument, type MlstoreError } from '../errors.ts'
import type { OptionSpec, OptionSpecs, PositionalSpecs, RawValue, RawValues } from './command.ts'
import { kebabCase } from './command.ts'
import { globalOptions } from './global-options.ts'
import { nearest } from './nearest.ts'

/** What a command takes; `Command` is one. */
export type Parameters = {
  readonly positionals?: PositionalSpecs
  readonly options?: OptionSpecs
}

type FoundOption = {
  readonly name: string
  readonly spec: OptionSpec
  /** As the user wrote it. */
  readonly written: string
  readonly value: string | undefined
}

type Split = { readonly options: readonly FoundOption[]; readonly positionals: readonly string[] }

export type TakenWord = { readonly word: string; readonly rest: readonly string[] }

/**
 * Takes the first word that is no option, a command's name, out of the arguments.
 *
 * Only global options may stand before it, and those by which other tools name a project, so the
 * ones with a value are known.
 */
export function takeWord(argv: readonly string[]): TakenWord | undefined {
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? ''
    if (argument === '--') return undefined
    if (!argument.startsWith('-')) return { word: argument, rest: argv.toSpliced(index, 1) }
    if (valuedOptions.has(withHyphens(argument))) index++
  }
  return undefined
}

const valuedOptions: ReadonlySet<string> = new Set([
  '--store',
  '--format',
  '--project-name',
  '--bucket',
  '--run-name',
  '--job-type',
  '--entity',
])

/** Python programs write `--run_name`: the same option. */
function withHyphens(argument: string): string {
  const [name = ''] = argument.split('=', 1)
  const isLong = name.startsWith('--') && name.length > 2
  return isLong ? name.replaceAll('_', '-') + argument.slice(name.length) : argument
}

/** Whether help is asked for; `--help` counts wherever it stands before `--`. */
export function wantsHelp(argv: readonly string[]): boolean {
  const words = ownWords(argv)
  return words.includes('--help') || words.includes('-h')
}

/** Whether JSON is asked for, known before the arguments are: their own errors are printed so too. */
export function wantsJson(argv: readonly string[]): boolean {
  return ownWords(argv).some(
    (argument, index) =>
      argument === '--json' ||
      argument === '--format=json' ||
      (argument === '--format' && argv[index + 1] === 'json'),
  )
}

/** Those before `--`: what follows may be another program's. */
function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end === -1 ? argv : argv.slice(0, end)
}

/**
 * Reads the arguments that follow a command's name.
 *
 * @returns A value for each positional and option of the command, and for the global ones.
 * @throws {MlstoreError} `INVALID_ARGUMENT`, naming the argument.
 */
export function parseArguments(argv: readonly string[], command: Parameters): RawValues {
  const specs: OptionSpecs = { ...globalOptions, ...command.options }
  const split = splitArguments(argv, specs)
  return {
    ...positionalValues(split.positionals, command.positionals ?? {}),
    ...optionValues(split.options, specs),
  }
}

function splitArguments(argv: readonly string[], specs: OptionSpecs): Split {
  const byName = new Map(
    Object.entries(specs).map(([name, spec]) => [kebabCase(name), { name, spec }]),
  )
  const { tokens } = parseArgs({
    args: [...ownWords(argv).map(withHyphens), ...argv.slice(ownWords(argv).length)],
    options: Object.fromEntries([...byName].map(([name, { spec }]) => [name, splitRule(spec)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const options: FoundOption[] = []
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const known = byName.get(token.name)
    if (known === undefined) throw unknownOption(token.rawName, byName.keys())
    options.push({ ...known, written: token.rawName, value: checkedValue(token, known.spec) })
  }
  return { options, positionals }
}

type SplitRule = { type: 'boolean' | 'string'; multiple: true; short?: string }

function splitRule(spec: OptionSpec): SplitRule {
  const type = spec.kind === 'flag' ? 'boolean' : 'string'
  return { type, multiple: true, ...(spec.short !== undefined && { short: spec.short }) }
}

type OptionToken = {
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function checkedValue(token: OptionToken, spec: OptionSpec): string | undefined {
  const { rawName, value, inlineValue } = token
  if (spec.kind === 'flag') {
    if (value === undefined) return undefined
    throw invalidArgument(`${rawName} takes no value, got ${JSON.stringify(value)}.`)
  }
  if (value === undefined) throw invalidArgument(`${rawName} needs a value: ${spec.value}.`)
  if (inlineValue === false && /^-./.test(value)) {
    throw invalidArgument(
      `${rawName} needs a value: ${spec.value}.`,
      `If ${JSON.stringify(value)} is the value, join them: ${joined(rawName, value)}`,
    )
  }
  return value
}

function joined(rawName: string, value: string): string {
  return rawName.startsWith('--') ? `${rawName}=${value}` : `${rawName}${value}`
}

function optionValues(options: readonly FoundOption[], specs: OptionSpecs): RawValues {
  const values = Object.entries(specs).map(([name, spec]) => {
    const found = options.filter((option) => option.name === name)
    return [name, optionValue(found, spec)] as const
  })
  return Object.fromEntries(values)
}

function optionValue(found: readonly FoundOption[], spec: OptionSpec): RawValue {
  if (spec.kind === 'flag') return found.length > 0
  if (spec.kind === 'list') return found.map((option) => option.value ?? '')
  const [option, second] = found
  if (option?.value === undefined) return undefined
  if (second !== undefined) throw invalidArgument(`${second.written} is given more than once.`)
  if (spec.kind === 'count') return wholeNumber(option.written, option.value)
  if (spec.choices !== undefined && !spec.choices.includes(option.value)) {
    throw notAChoice(option.written, option.value, spec.choices)
  }
  return option.value
}

function wholeNumber(written: string, value: string): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number
  throw invalidArgument(`${written} takes a whole number, got ${JSON.stringify(value)}.`)
}

function positionalValues(words: readonly string[], specs: PositionalSpecs): RawValues {
  const values: Record<string, RawValue> = {}
  let next = 0
  for (const [name, spec] of Object.entries(specs)) {
    const word = words[next]
    if (word === undefined && (spec.kind === 'one' || spec.kind === 'some')) {
      throw invalidArgument(`${positionalTitle(name)} is missing: ${lowerFirst(spec.describe)}.`)
    }
    const takesRest = spec.kind === 'many' || spec.kind === 'some'
    values[name] = takesRest ? words.slice(next) : word
    next = takesRest ? words.length : next + 1
  }
  const extra = words[next]
  if (extra !== undefined) throw invalidArgument(`Unexpected argument ${JSON.stringify(extra)}.`)
  return values
}

/** How messages and help name a positional. */
export function positionalTitle(name: string): string {
  return kebabCase(name).toUpperCase()
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}

function unknownOption(rawName: string, names: Iterable<string>): MlstoreError {
  const known = nearest(rawName.replace(/^-+/, ''), names)
  const hint = known === undefined ? undefined : `Did you mean --${known}?`
  return invalidArgument(`Unknown option ${rawName}.`, hint)
}

/** The value is none of those that are accepted. */
export function notAChoice(what: string, value: string, choices: readonly string[]): MlstoreError {
  const meant = nearest(value, choices)
  return invalidArgument(
    `${what} is one of ${choices.join(', ')}; got ${JSON.stringify(value)}.`,
    meant === undefined ? undefined : `Did you mean ${meant}?`,
  )
}
