/**
 * A repository with a store, as a test of the library wants it: a folder of its own, a clock that
 * the test turns, ids from a seed, a user by name, and nothing of the machine's settings.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, lchownSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { type LockEntry, parseLockFile } from '../../src/core/lock-file.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Environment } from '../../src/store/environment.ts'
import { initStore, type OpenOptions, openStore } from '../../src/store/open.ts'
import type { AddRequest } from '../../src/store/requests.ts'
import type { AddResult } from '../../src/store/results.ts'
import type { Store } from '../../src/store/store.ts'
import { systemEnvironment } from '../../src/store/system-environment.ts'
import { type FolderSpec, type Listing, listFolder, writeFolder } from '../worktree/folder-spec.ts'
import { SequentialIds } from './sequential-ids.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A clock whose date stands still until the test turns it; waiting takes real time. */
export class TurnedClock implements Clock {
  readonly #real = systemEnvironment().clock
  #now = Date.UTC(2026, 10, 21, 4, 44, 50)

  now(): Date {
    return new Date(this.#now)
  }

  elapsedMs(): number {
    return this.#real.elapsedMs()
  }

  sleep(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.#real.sleep(timeoutMs, signal)
  }

  turn(seconds: number): void {
    this.#now += seconds * 1000
  }
}

export type TestEnvironment = Environment & { readonly clock: TurnedClock }

/** @param seed Sets two environments of one test apart: up to 16 hex characters. */
export function testEnvironment(cwd: string, user = 'anna', seed = '0'): TestEnvironment {
  return { env: {}, cwd, clock: new TurnedClock(), ids: new SequentialIds(seed), user, host: 'box' }
}

export type TestRepositoryOptions = {
  /** Runs `git init`. Default: false. */
  readonly git?: boolean
  readonly user?: string
  readonly seed?: string
}

export class TestRepository {
  /** Absolute, without links. */
  readonly folder: string
  readonly environment: TestEnvironment
  readonly store: Store
  readonly #context: Pick<TestContext, 'after'>

  private constructor(
    context: Pick<TestContext, 'after'>,
    environment: TestEnvironment,
    store: Store,
  ) {
    this.#context = context
    this.folder = environment.cwd
    this.environment = environment
    this.store = store
    context.after(() => store.close())
  }

  /** Makes a folder with a store in it; both are gone after the test. */
  static async create(
    context: Pick<TestContext, 'after'>,
    { git = false, user, seed }: TestRepositoryOptions = {},
  ): Promise<TestRepository> {
    const environment = testEnvironment(temporaryFolder(context), user, seed)
    if (git) runGit(environment.cwd, 'init', '--quiet', '--initial-branch=main')
    await initStore('.', environment)
    return new TestRepository(context, environment, await openStore({ environment }))
  }

  /** Another handle on the same store. */
  async open(options: OpenOptions = {}): Promise<Store> {
    const store = await openStore({ environment: this.environment, ...options })
    this.#context.after(() => store.close())
    return store
  }

  at(...path: string[]): string {
    return join(this.folder, ...path)
  }

  /** Writes files and folders over what is there. */
  write(spec: FolderSpec): void {
    writeFolder(this.folder, spec)
  }

  list(path: string): Listing {
    return listFolder(this.at(path))
  }

  /** Adds one path, or several, as one version. */
  async add(paths: string | readonly string[], more: Partial<AddRequest> = {}): Promise<AddResult> {
    const list = typeof paths === 'string' ? [paths] : paths
    const [result, ...others] = await this.store.add({ ...more, paths: list })
    assert.ok(result !== undefined && others.length === 0)
    return result
  }

  /** Writes `data` and adds it as `dataset/x`, an hour after the last time. */
  async addData(spec: FolderSpec, more: Partial<AddRequest> = {}): Promise<AddResult> {
    this.environment.clock.turn(3600)
    this.write({ data: spec })
    return this.add('data', { as: 'dataset/x', ...more })
  }

  lockLines(): LockEntry[] {
    const path = this.at('mlstore.lock')
    return existsSync(path) ? parseLockFile(readFileSync(path, 'utf8')) : []
  }

  text(path: string): string | undefined {
    return existsSync(this.at(path)) ? readFileSync(this.at(path), 'utf8') : undefined
  }

  git(...args: string[]): string {
    return runGit(this.folder, ...args)
  }

  /** Commits everything that git is not told to ignore. */
  commit(message: string): string {
    this.git('add', '--all')
    this.git('commit', '--quiet', `--message=${message}`)
    return this.git('rev-parse', 'HEAD').trim()
  }
}

/**
 * Runs `work` as a user to whom permissions apply: root may do everything.
 *
 * @param folder Everything below it belongs to that user meanwhile and after.
 */
export async function asOrdinaryUser<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0 || process.seteuid === undefined) return work()
  chmodSync(folder, 0o755)
  giveAway(folder)
  process.seteuid(ordinaryUser)
  try {
    return await work()
  } finally {
    process.seteuid(0)
  }
}

/** `nobody` on most systems; it needs no entry anywhere. */
const ordinaryUser = 65_534

function giveAway(path: string): void {
  lchownSync(path, ordinaryUser, ordinaryUser)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) giveAway(join(path, name))
}

/** Git with nobody's settings. */
export function runGit(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=anna', '-c', 'user.email=anna@example.org']
  const env = { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', HOME: folder }
  return execFileSync('git', [...identity, ...args], { cwd: folder, env, encoding: 'utf8' })
}
