/** The state of the code that runs, as git has it. */

import { dirname, join } from 'node:path'

import { withoutCredentials } from '../../core/runs/redaction.ts'
import type { ProgramResult } from '../../ports/machine.ts'
import type { StoreParts } from '../parts.ts'

export type CodeState = {
  readonly commit: string
  /** Left out where HEAD is on none. */
  readonly branch?: string
  /** Files that git tracks were changed. */
  readonly dirty: boolean
  /** Why there is no patch although it is dirty. */
  readonly patchLeftOut?: string
  /** URL of `origin`, without credentials. */
  readonly remote?: string
  /** What was changed since the commit, so that `git apply` makes it again. */
  readonly patch?: Buffer
}

const timeoutMs = 10_000
const answerBytesMax = 64 * 1024
const patchBytesMax = 10 * 1024 * 1024

/** `undefined` outside of git, before the first commit, or where git cannot be run. */
export async function codeState(parts: StoreParts): Promise<CodeState | undefined> {
  if (!isInGit(parts)) return undefined
  const [commit, branch, remote, diff] = await Promise.all([
    git(parts, ['rev-parse', '--verify', 'HEAD']).then(lineOf),
    git(parts, ['symbolic-ref', '--short', '-q', 'HEAD']).then(lineOf),
    git(parts, ['config', '--get', 'remote.origin.url']).then(lineOf),
    git(parts, ['diff', ...diffOptions, 'HEAD'], patchBytesMax),
  ])
  if (commit === undefined) return undefined
  return {
    commit,
    ...(branch === undefined ? {} : { branch }),
    ...changes(diff),
    ...(remote === undefined ? {} : { remote: withoutCredentials(remote) }),
  }
}

/** Asked first, since starting git takes longer. */
function isInGit({ fs, cwd }: StoreParts): boolean {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (fs.lstat(join(folder, '.git')) !== undefined) return true
    if (folder === dirname(folder)) return false
  }
}

/** Whatever the user has configured, the patch is one that `git apply` takes. */
const diffOptions = [
  '--binary',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--src-prefix=a/',
  '--dst-prefix=b/',
]

function changes({
  exitCode,
  stdout,
  tooLong,
}: ProgramResult): Pick<CodeState, 'dirty' | 'patch' | 'patchLeftOut'> {
  if (tooLong) return { dirty: true, patchLeftOut: 'it is larger than 10 MiB' }
  if (exitCode !== 0) return { dirty: true, patchLeftOut: 'git could not tell it' }
  return stdout.length === 0 ? { dirty: false } : { dirty: true, patch: stdout }
}

/** Hooks, pagers and prompts are kept away, and no lock of the repository is taken. */
function git(
  { machine, cwd, env }: StoreParts,
  args: readonly string[],
  outputBytesMax = answerBytesMax,
): Promise<ProgramResult> {
  const quiet = { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_PAGER: 'cat' }
  return machine.run(['git', '-c', 'core.fsmonitor=false', ...args], {
    cwd,
    env: { ...env, ...quiet },
    timeoutMs,
    outputBytesMax,
  })
}

function lineOf({ exitCode, stdout }: ProgramResult): string | undefined {
  const line = stdout.toString('utf8').trim()
  return exitCode === 0 && line !== '' ? line : undefined
}
