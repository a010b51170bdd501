/**
 * Puts mlstore into a git repository: two hooks and the merge driver of `mlstore.lock`.
 *
 * Git itself is asked where hooks live, so `core.hooksPath` and worktrees are right. Running it
 * again changes nothing.
 */

import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { MlstoreError } from '../../errors.ts'
import type { Shell } from '../context.ts'
import { type HookName, hookBodies, withAttributes, withHook } from './hooks.ts'

export type GitInstallResult = {
  /** What is in place now. */
  readonly installed: readonly string[]
  /** Hooks that are no shell scripts: add the line by hand. */
  readonly skipped: readonly { readonly hook: string; readonly add: string }[]
}

/** @throws {MlstoreError} `NOT_FOUND` outside a git repository. */
export async function installIntoGit(shell: Shell): Promise<GitInstallResult> {
  const root = await git(shell, 'rev-parse', '--show-toplevel')
  const hooks = resolve(shell.environment.cwd, await git(shell, 'rev-parse', '--git-path', 'hooks'))
  const installed: string[] = []
  const skipped: { hook: string; add: string }[] = []
  for (const name of ['pre-push', 'post-checkout'] as const) {
    if (installHook(hooks, name)) installed.push(name)
    else skipped.push({ hook: join(hooks, name), add: hookBodies[name] })
  }
  await git(shell, 'config', 'merge.mlstore-lock.name', 'mlstore.lock, path by path')
  await git(shell, 'config', 'merge.mlstore-lock.driver', 'mlstore git merge-lock %O %A %B %P')
  const attributes = join(root, '.gitattributes')
  const existing = readIfThere(attributes) ?? ''
  if (withAttributes(existing) !== existing) replaceFile(attributes, withAttributes(existing))
  return { installed: [...installed, 'merge driver'], skipped }
}

async function git(shell: Shell, ...words: string[]): Promise<string> {
  const { exitCode, stdout } = await shell.runProgram(['git', ...words])
  if (exitCode === 0) return stdout.trimEnd()
  throw new MlstoreError('NOT_FOUND', `git ${words.slice(0, 2).join(' ')} failed.`, {
    hint: 'Run it inside a git repository, with git installed.',
  })
}

function installHook(folder: string, name: HookName): boolean {
  const path = join(folder, name)
  const existing = readIfThere(path)
  const hook = withHook(existing, name)
  if (hook === undefined) return false
  mkdirSync(folder, { recursive: true })
  if (hook !== existing) replaceFile(path, hook)
  chmodSync(path, 0o755)
  return true
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Someone else's file: it is the old one or the new one, never half of it. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.mlstore-new`
  writeFileSync(temporary, text)
  renameSync(temporary, path)
}
