/**
 * Commands as data: what a command takes, says of itself, and calls.
 *
 * One description serves the parser, the help text and shell completion, so they cannot
 * disagree. The types of what `run` gets are inferred from it. Names are camelCase here and
 * kebab-case on the command line: `noLock` is `--no-lock`.
 */

import type { CliContext } from './context.ts'

/** What the shell may offer for a value. */
export type Completes =
  | 'reference'
  | 'artifact'
  | 'remote'
  | 'run'
  | 'experiment'
  | 'path'
  | readonly string[]

export type FlagOption = {
  readonly kind: 'flag'
  readonly describe: string
  readonly short?: string
}

/** An option with one value; `value` is how help names it. */
export type TextOption = {
  readonly kind: 'text'
  readonly value: string
  readonly describe: string
  readonly short?: string
  /** Only these values are accepted. */
  readonly choices?: readonly string[]
  readonly completes?: Completes
}

/** An option with a whole number from 0 up. */
export type CountOption = Omit<TextOption, 'kind' | 'choices'> & { readonly kind: 'count' }

/** An option that may be given several times, with one value each. */
export type ListOption = Omit<TextOption, 'kind' | 'choices'> & { readonly kind: 'list' }

export type OptionSpec = FlagOption | TextOption | CountOption | ListOption

/** `one` must be there, `optional` may; `many` takes the rest, `some` the rest and at least one. */
export type PositionalSpec = {
  readonly kind: 'one' | 'optional' | 'many' | 'some'
  readonly describe: string
  readonly completes?: Completes
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>
export type PositionalSpecs = Readonly<Record<string, PositionalSpec>>

export type RawValue = boolean | string | number | readonly string[] | undefined
export type RawValues = Readonly<Record<string, RawValue>>

/** A command line as typed, and what it does. */
export type Example = readonly [line: string, does: string]

type Description<P, O> = {
  /** One line, imperative, for lists of commands. */
  readonly summary: string
  /** More about it, for its own help. */
  readonly details?: string
  /** In the order they are typed. */
  readonly positionals?: P
  readonly options?: O
  readonly examples: readonly Example[]
  /** Left out of help and completion: called by hooks. */
  readonly hidden?: boolean
  /** How it ends at any failure of its own, so that those of a program it runs stand apart. */
  readonly failureCode?: number
}

export type Command = Description<PositionalSpecs, OptionSpecs> & {
  readonly run: (values: RawValues, context: CliContext) => Promise<void>
}

export type CommandGroup = {
  readonly summary: string
  /** What the group's name does when no subcommand follows it: `mlstore lineage REFERENCE`. */
  readonly itself?: Command
  readonly subcommands: Readonly<Record<string, Command>>
}

type Specs = Readonly<Record<string, OptionSpec | PositionalSpec>>

type ValueOf<Spec> = Spec extends { readonly kind: 'flag' }
  ? boolean
  : Spec extends { readonly kind: 'one' }
    ? string
    : Spec extends { readonly kind: 'count' }
      ? number | undefined
      : Spec extends { readonly kind: 'list' | 'many' | 'some' }
        ? readonly string[]
        : string | undefined

export type ValuesOf<S> = { readonly [Name in keyof S]: ValueOf<S[Name]> }

export function flag(describe: string, short?: string): FlagOption {
  return { kind: 'flag', describe, ...(short !== undefined && { short }) }
}

type TextDetails = Omit<TextOption, 'kind' | 'value' | 'describe'>

export function text(value: string, describe: string, details: TextDetails = {}): TextOption {
  return { kind: 'text', value, describe, ...details }
}

type ValueDetails = Omit<TextDetails, 'choices'>

export function count(value: string, describe: string, details: ValueDetails = {}): CountOption {
  return { kind: 'count', value, describe, ...details }
}

export function list(value: string, describe: string, details: ValueDetails = {}): ListOption {
  return { kind: 'list', value, describe, ...details }
}

type Positional<Kind> = PositionalSpec & { readonly kind: Kind }

function positional<Kind extends PositionalSpec['kind']>(
  kind: Kind,
): (describe: string, completes?: Completes) => Positional<Kind> {
  return (describe, completes) => ({ kind, describe, ...(completes && { completes }) })
}

type MakePositional<Kind> = (describe: string, completes?: Completes) => Positional<Kind>

export const one: MakePositional<'one'> = positional('one')
export const optional: MakePositional<'optional'> = positional('optional')
export const many: MakePositional<'many'> = positional('many')
export const some: MakePositional<'some'> = positional('some')

/** Declares a command; `run` gets a value of the right type for each positional and option. */
export function defineCommand<
  // A command may have none of them: then there is no value either.
  // oxlint-disable-next-line typescript/no-generated-empty-object-type
  P extends PositionalSpecs = Record<never, never>,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type
  O extends OptionSpecs = Record<never, never>,
>(
  spec: Description<P, O> & {
    readonly run: (values: ValuesOf<P> & ValuesOf<O>, context: CliContext) => Promise<void>
  },
): Command {
  const { run, ...description } = spec
  return {
    ...description,
    run: async (values, context) => {
      const positionals = typedValues(values, spec.positionals)
      const options = typedValues(values, spec.options)
      await run({ ...positionals, ...options }, context)
    },
  }
}

export function isGroup(entry: Command | CommandGroup): entry is CommandGroup {
  return 'subcommands' in entry
}

/** How the command line writes the name of an option or a positional. */
export function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The values that the specs declare, with their types. */
export function typedValues<S extends Specs>(values: RawValues, specs: S | undefined): ValuesOf<S> {
  if (hasValuesOf<S>(values, specs)) return values
  throw new TypeError('the values of a command do not match its specs')
}

/** The parser's promise, checked: a guard gives the values their types without a cast. */
function hasValuesOf<S extends Specs>(
  values: RawValues,
  specs: S | undefined,
): values is RawValues & ValuesOf<S> {
  return Object.entries(specs ?? {}).every(([name, spec]) => fits(values[name], spec.kind))
}

function fits(value: RawValue, kind: Kind): boolean {
  return checks[kind](value)
}

type Kind = (OptionSpec | PositionalSpec)['kind']

const isText = (value: RawValue): boolean => typeof value === 'string'
const isList = (value: RawValue): boolean => Array.isArray(value)
const isTextOrNothing = (value: RawValue): boolean => value === undefined || isText(value)

const checks: Readonly<Record<Kind, (value: RawValue) => boolean>> = {
  flag: (value) => typeof value === 'boolean',
  count: (value) => value === undefined || typeof value === 'number',
  text: isTextOrNothing,
  list: isList,
  one: isText,
  optional: isTextOrNothing,
  many: isList,
  some: isList,
}
