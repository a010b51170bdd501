/**
 * One invocation of the command line: find the command, parse, run, report.
 *
 * Knows nothing of the process: a `Shell` stands for it. What goes wrong comes out as text (or
 * JSON) on stderr and as an exit code, never as an exception.
 */

import { resolve } from 'node:path'

import { invalidArgument, isMlstoreError, type MlstoreError } from '../errors.ts'
import { type Progress, silentProgress } from '../ports/progress.ts'
import { type Command, type CommandGroup, isGroup, typedValues } from './command.ts'
import { commandTable, loadAllCommands, loadCommand } from './command-table.ts'
import type { CliContext, Shell } from './context.ts'
import { type Globals, globalOptions } from './global-options.ts'
import { nearest } from './nearest.ts'
import { Output } from './output.ts'
import { parseArguments, takeWord, wantsHelp, wantsJson } from './parse-arguments.ts'
import type { ProgressBar } from './progress-bar.ts'
import { errorDocument, exitCodeOf, renderError } from './render/error.ts'
import { paintFor } from './render/paint.ts'

/** A command as it was named. */
type Found = {
  readonly path: readonly string[]
  readonly command: Command
  readonly rest: readonly string[]
}

/** Runs one command line and returns the exit code. */
export async function run(argv: readonly string[], shell: Shell): Promise<number> {
  try {
    return await dispatch(argv, shell)
  } catch (error) {
    await reportError(error, wantsJson(argv), shell)
    return exitCodeOf(error)
  }
}

async function dispatch(argv: readonly string[], shell: Shell): Promise<number> {
  if (argv[0] === '--get-yargs-completions') return complete(argv.slice(1), shell)
  const named = takeWord(argv)
  if (named === undefined) return runWithoutCommand(argv, shell)
  const entry = await loadCommand(named.word)
  if (entry === undefined) throw unknownCommand(named.word, [], Object.keys(commandTable))
  if (!isGroup(entry)) {
    return runFound({ path: [named.word], command: entry, rest: named.rest }, shell)
  }
  const subcommand = takeWord(named.rest)
  const isNamed = subcommand !== undefined && Object.hasOwn(entry.subcommands, subcommand.word)
  if (entry.itself !== undefined && !isNamed) {
    if (wantsHelp(named.rest)) return showHelp(entry, [named.word], shell)
    return runFound({ path: [named.word], command: entry.itself, rest: named.rest }, shell)
  }
  if (subcommand === undefined) return runWithoutSubcommand(named.word, entry, argv, shell)
  const command = subcommandOf(entry, named.word, subcommand.word)
  return runFound({ path: [named.word, subcommand.word], command, rest: subcommand.rest }, shell)
}

async function runWithoutCommand(argv: readonly string[], shell: Shell): Promise<number> {
  if (argv.includes('--version')) {
    await shell.stdout.write(`${shell.version}\n`)
    return 0
  }
  if (!wantsHelp(argv)) parseArguments(argv, {})
  const { programHelp } = await import('./help.ts')
  const help = await programHelp(await loadAllCommands(), helpOptions([], shell))
  await shell.stdout.write(`${help}\n`)
  return 0
}

async function runWithoutSubcommand(
  name: string,
  group: CommandGroup,
  argv: readonly string[],
  shell: Shell,
): Promise<number> {
  if (wantsHelp(argv)) return showHelp(group, [name], shell)
  const names = Object.keys(group.subcommands).join(', ')
  throw invalidArgument(`mlstore ${name} needs a command: ${names}.`, helpHint([name]))
}

function helpOptions(
  path: readonly string[],
  shell: Shell,
): { path: readonly string[]; columns: number } {
  return { path, columns: Math.min(shell.stdout.columns, 100) }
}

async function showHelp(
  entry: Command | CommandGroup,
  path: readonly string[],
  shell: Shell,
): Promise<number> {
  const { commandHelp } = await import('./help.ts')
  await shell.stdout.write(`${await commandHelp(entry, helpOptions(path, shell))}\n`)
  return 0
}

function subcommandOf(group: CommandGroup, groupName: string, name: string): Command {
  const command = Object.hasOwn(group.subcommands, name) ? group.subcommands[name] : undefined
  if (command !== undefined) return command
  throw unknownCommand(name, [groupName], Object.keys(group.subcommands))
}

function unknownCommand(
  name: string,
  path: readonly string[],
  names: readonly string[],
): MlstoreError {
  const meant = nearest(name, names)
  const known = ['mlstore', ...path].join(' ')
  return invalidArgument(
    `${known} has no command ${JSON.stringify(name)}.`,
    meant === undefined ? helpHint(path) : `Did you mean ${known} ${meant}?`,
  )
}

function helpHint(path: readonly string[]): string {
  return `See \`${['mlstore', ...path, '--help'].join(' ')}\`.`
}

async function runFound(found: Found, shell: Shell): Promise<number> {
  const { path, command, rest } = found
  if (wantsHelp(rest)) return showHelp(command, path, shell)
  if (command.failureCode === undefined) return perform(found, shell)
  try {
    return await perform(found, shell)
  } catch (error) {
    await reportError(error, wantsJson(rest), shell)
    return isMlstoreError(error, 'INTERRUPTED') ? exitCodeOf(error) : command.failureCode
  }
}

async function perform({ command, rest }: Found, shell: Shell): Promise<number> {
  const values = parseArguments(rest, command)
  const globals = typedValues(values, globalOptions)
  using bar = await progressBar(globals, shell)
  let exitCode = 0
  const context = contextFor(globals, shell, bar)
  tellWhenInterrupted(context, shell)
  await command.run(values, { ...context, setExitCode: (code) => (exitCode = code) })
  return exitCode
}

/** A terminal has echoed `^C`: the note starts on a line of its own. */
function tellWhenInterrupted(
  { output, signal }: Pick<CliContext, 'output' | 'signal'>,
  shell: Shell,
): void {
  const start = shell.stderr.isTerminal ? '\n' : ''
  const tell = (): void => void output.note(`${start}Stopping; press Ctrl-C again to stop at once.`)
  signal.addEventListener('abort', tell, { once: true })
}

function contextFor(
  globals: Globals,
  shell: Shell,
  bar: ProgressBar | undefined,
): Omit<CliContext, 'setExitCode'> {
  const { environment, stdout, stderr, signal } = shell
  const progress = bar ?? silentProgress
  const output = new Output({
    stdout,
    stderr,
    json: globals.json || globals.format === 'json',
    quiet: globals.quiet,
    paint: paintFor({ isTerminal: stdout.isTerminal, env: environment.env }),
    beforeWrite: () => bar?.interrupt(),
  })
  const openStore = storeOpener(globals.store, shell, progress)
  const openAccounts: CliContext['openAccounts'] = async () =>
    (await shell.loadLibrary()).openAccounts(environment)
  return { shell, environment, output, progress, signal, openStore, openAccounts }
}

function storeOpener(
  store: string | undefined,
  { environment, loadLibrary }: Shell,
  progress: Progress,
): CliContext['openStore'] {
  const { cwd, env } = environment
  const named = store ?? (env['MLSTORE_DIR'] || undefined)
  const storeDirectory = named === undefined ? undefined : resolve(cwd, named)
  return async (options) => {
    const library = await loadLibrary()
    return library.openStore({ cwd, storeDirectory, environment, progress, ...options })
  }
}

/** Progress is for someone who watches: not for logs of a CI, pipes or `--quiet`. */
async function progressBar(globals: Globals, shell: Shell): Promise<ProgressBar | undefined> {
  const { env, clock } = shell.environment
  const watched = shell.stderr.isTerminal && env['TERM'] !== 'dumb' && !isSet(env['CI'])
  if (!watched || globals.quiet || globals.noProgress) return undefined
  const { loadDisplay } = shell
  const { ProgressBar } = await import('./progress-bar.ts')
  return new ProgressBar({ clock, loadDisplay, columns: () => shell.stderr.columns })
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '' && variable !== 'false' && variable !== '0'
}

async function complete(words: readonly string[], shell: Shell): Promise<number> {
  const { completionAnswer } = await import('./completion/answer.ts')
  const openStore = storeOpener(undefined, shell, silentProgress)
  await shell.stdout.write(await completionAnswer(words, openStore))
  return 0
}

async function reportError(error: unknown, json: boolean, shell: Shell): Promise<void> {
  const { stderr, environment } = shell
  const paint = paintFor({ isTerminal: stderr.isTerminal, env: environment.env })
  const text = json ? JSON.stringify(errorDocument(error)) : renderError(error, paint)
  await stderr.write(`${text}\n`)
}
