/**
 * The built command, run as a user runs it: a process with arguments, a working folder and an
 * environment of its own. Nothing of the caller's settings or credentials leaks in.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
/** What `node` runs. */
export const launcher: string = join(dist, 'cli', 'launcher.cjs')

export type Outcome = {
  /** `null` when a signal ended the process. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** `mlstore` in one working folder. */
export class Command {
  readonly folder: string
  readonly #environment: NodeJS.ProcessEnv

  constructor(folder: string, settings: NodeJS.ProcessEnv = {}) {
    assert.ok(existsSync(launcher), 'dist/ is not built: run `npm run build` first')
    this.folder = folder
    this.#environment = { ...neutralEnvironment(), ...settings }
  }

  /** The same command with the same settings in another folder. */
  in(folder: string): Command {
    return new Command(folder, this.#environment)
  }

  /** Starts the command and returns at once; the caller waits for it or kills it. */
  start(args: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
    return spawn(process.execPath, [launcher, ...args], {
      cwd: this.folder,
      env: this.#environment,
      stdio: [stdin, 'pipe', 'pipe'],
    })
  }

  async run(...args: string[]): Promise<Outcome> {
    return outcomeOf(this.start(args))
  }

  /** Runs the command with a text on its stdin. */
  async tell(text: string, ...args: string[]): Promise<Outcome> {
    const child = this.start(args, 'pipe')
    child.stdin?.end(text)
    return outcomeOf(child)
  }

  /** Runs the command, expects exit code 0 and returns what it printed. */
  async succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args)
    assert.equal(code, 0, `mlstore ${args.join(' ')}: exit ${code}\n${stderr}${stdout}`)
    return stdout
  }

  /** Runs the command with `--json` and reads its one document. */
  async json<T>(...args: string[]): Promise<T> {
    const text = await this.succeed(...args, '--json')
    return JSON.parse(text) as T
  }
}

/** Waits for the end of a process and collects what it printed. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const start = performance.now()
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr?.on('data', (bytes: Buffer) => stderr.push(bytes))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
    seconds: (performance.now() - start) / 1000,
  }
}

/** The caller's environment without what would change how mlstore or the AWS SDK behaves. */
export function neutralEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_(?!CA_BUNDLE)|MLSTORE_|NODE_|npm_|GIT_)/.test(name),
  )
  return {
    ...Object.fromEntries(inherited),
    NO_COLOR: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    // The compiled code of a build is kept with it, and gone with it.
    XDG_CACHE_HOME: join(dist, '.cache'),
    // Nobody is logged in, unless the test says where.
    MLSTORE_CONFIG_DIR: join(dist, '.no-logins'),
  }
}
