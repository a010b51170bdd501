/**
 * What may stand where the cursor is: names of commands, options, artifacts, aliases, remotes.
 *
 * Runs at every press of TAB, so it reads the commands' own descriptions and opens the store
 * only for the names in it. File names are left to the shell: no candidate means that.
 */

import type { StoreApi } from '../../store/store.ts'
import { type Command, type Completes, isGroup, kebabCase, type OptionSpecs } from '../command.ts'
import { loadAllCommands, loadCommand } from '../command-table.ts'
import { globalOptions } from '../global-options.ts'
import { takeWord } from '../parse-arguments.ts'

export type Candidate = { readonly value: string; readonly about: string }

/** Opens the store for names; only called when one is wanted. */
export type OpenStore = () => Promise<StoreApi>

/** @param words What follows `mlstore`; the last is the one being typed, maybe empty. */
export async function candidatesFor(
  words: readonly string[],
  openStore: OpenStore,
): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? ''
  const candidates = await allCandidates(words.slice(0, -1), current, openStore)
  return candidates.filter((candidate) => candidate.value.startsWith(current))
}

async function allCandidates(
  before: readonly string[],
  current: string,
  openStore: OpenStore,
): Promise<readonly Candidate[]> {
  const named = takeWord(before)
  if (named === undefined) {
    return current.startsWith('-') ? optionsOf({}) : summaries(await loadAllCommands())
  }
  const entry = await loadCommand(named.word)
  if (entry === undefined) return []
  if (!isGroup(entry)) return argumentsOf(entry, named.rest, current, openStore)
  const subcommand = takeWord(named.rest)
  if (subcommand === undefined) {
    const own = entry.itself && (await argumentsOf(entry.itself, named.rest, current, openStore))
    return [...(own ?? []), ...summaries(entry.subcommands)]
  }
  const command = entry.subcommands[subcommand.word]
  if (command !== undefined) return argumentsOf(command, subcommand.rest, current, openStore)
  return entry.itself === undefined ? [] : argumentsOf(entry.itself, named.rest, current, openStore)
}

type Summarised = { readonly summary: string; readonly hidden?: boolean }

function summaries(entries: Readonly<Record<string, Summarised>>): Candidate[] {
  return Object.entries(entries)
    .filter(([, entry]) => entry.hidden !== true)
    .map(([value, entry]) => ({ value, about: entry.summary }))
}

async function argumentsOf(
  command: Command,
  before: readonly string[],
  current: string,
  openStore: OpenStore,
): Promise<readonly Candidate[]> {
  const options: OptionSpecs = { ...globalOptions, ...command.options }
  const pending = optionAwaitingValue(before, options)
  if (pending !== undefined) return named(pending, current, openStore)
  if (current.startsWith('-')) return optionsOf(command.options ?? {})
  return named(positionalAt(command, before, options)?.completes, current, openStore)
}

/** What completes the value of the option that stands last; `undefined` when none waits for one. */
function optionAwaitingValue(
  before: readonly string[],
  options: OptionSpecs,
): Completes | 'nothing' | undefined {
  const last = before.at(-1)
  const found = Object.entries(options).find(
    ([name, spec]) => last === `--${kebabCase(name)}` || last === `-${spec.short ?? ' '}`,
  )
  const spec = found?.[1]
  if (spec === undefined || spec.kind === 'flag') return undefined
  return (spec.kind === 'text' ? spec.choices : undefined) ?? spec.completes ?? 'nothing'
}

/** The positional that the next word fills. */
function positionalAt(
  command: Command,
  before: readonly string[],
  options: OptionSpecs,
): { readonly completes?: Completes } | undefined {
  const filled = before.filter(
    (word, index) =>
      !word.startsWith('-') && optionAwaitingValue(before.slice(0, index), options) === undefined,
  ).length
  const specs = Object.values(command.positionals ?? {})
  const last = specs.at(-1)
  return specs[filled] ?? (last?.kind === 'many' || last?.kind === 'some' ? last : undefined)
}

function optionsOf(own: OptionSpecs): Candidate[] {
  return Object.entries({ ...own, ...globalOptions }).map(([name, spec]) => ({
    value: `--${kebabCase(name)}`,
    about: spec.describe,
  }))
}

async function named(
  completes: Completes | 'nothing' | undefined,
  current: string,
  openStore: OpenStore,
): Promise<readonly Candidate[]> {
  switch (completes) {
    case undefined:
    case 'nothing':
    case 'path':
      return []
    case 'remote':
      return remoteNames(openStore)
    case 'artifact':
      return artifactNames(openStore)
    case 'reference':
      return references(current, openStore)
    case 'run':
      return newestRuns(current, openStore)
    case 'experiment':
      return experimentNames(openStore)
    default:
      return completes.map((value) => ({ value, about: '' }))
  }
}

async function remoteNames(openStore: OpenStore): Promise<Candidate[]> {
  await using store = await openStore()
  const remotes = await store.listRemotes()
  return remotes.map(({ name, url }) => ({ value: name, about: url }))
}

/** So many of the newest are offered, each by its id and by its name. */
const runsMax = 50

async function newestRuns(current: string, openStore: OpenStore): Promise<Candidate[]> {
  await using store = await openStore()
  const { runs } = await store.searchRuns({ limit: runsMax })
  return runs.flatMap(({ run, name, experiment, status }) => [
    { value: name, about: `${experiment}, ${status}` },
    {
      value: run.slice(0, Math.max(12, current.length)),
      about: `${experiment}/${name}, ${status}`,
    },
  ])
}

async function experimentNames(openStore: OpenStore): Promise<Candidate[]> {
  await using store = await openStore()
  const experiments = await store.listExperiments()
  return experiments.map(({ name, runs }) => ({ value: name, about: `${runs} runs` }))
}

async function artifactNames(openStore: OpenStore): Promise<Candidate[]> {
  await using store = await openStore()
  const artifacts = await store.listArtifacts({})
  return artifacts.map(({ artifact, latest }) => ({ value: artifact, about: latest ?? '' }))
}

/** Artifacts; after `@` the aliases and labels of that one. */
async function references(current: string, openStore: OpenStore): Promise<Candidate[]> {
  const [artifact = '', version] = current.split('@', 2)
  if (version === undefined) return artifactNames(openStore)
  await using store = await openStore()
  const [aliases, versions] = await Promise.all([store.listAliases(artifact), store.log(artifact)])
  return [
    ...aliases.map((alias) => ({ value: `${artifact}@${alias.alias}`, about: alias.label ?? '' })),
    ...versions.map(({ label, digest, createdAt }) => ({
      value: `${artifact}@${label ?? digest.slice(0, 12)}`,
      about: createdAt,
    })),
  ]
}
