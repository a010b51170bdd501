/**
 * A world for the command line: a store that records what it is asked and answers what the test
 * says, sinks that keep what is written, a clock that stands still.
 */

import { run } from '../../src/cli/run.ts'
import type { AccountsApi, Library, Shell } from '../../src/cli/context.ts'
import type { ProgramLine } from '../../src/ports/program.ts'
import type { Environment } from '../../src/store/environment.ts'
import type { Sink } from '../../src/cli/output.ts'
import type { Questions } from '../../src/cli/questions.ts'
import { type Digest, digestOf } from '../../src/core/digest.ts'
import { MlstoreError } from '../../src/errors.ts'
import type { StoreApi } from '../../src/store/store.ts'

/** A digest that a test can name. */
export function digest(name: string): Digest {
  return digestOf(Buffer.from(name))
}

export type Call = readonly [method: string, ...callArguments: unknown[]]

/** What the store answers, by method; a value, or a function of the arguments. */
export type Answers = Readonly<Record<string, unknown>>

type SinkOptions = {
  readonly isTerminal?: boolean
  readonly columns?: number
  readonly writesMax?: number
}

export class RecordingSink implements Sink {
  readonly isTerminal: boolean
  readonly columns: number
  /** Writes after this many are refused: nobody reads any more. */
  readonly #writesMax: number
  readonly #pieces: Buffer[] = []

  constructor(options: SinkOptions = {}) {
    const { isTerminal = false, columns = 80, writesMax = Infinity } = options
    this.isTerminal = isTerminal
    this.columns = columns
    this.#writesMax = writesMax
  }

  async write(data: string | Uint8Array): Promise<boolean> {
    if (this.#pieces.length >= this.#writesMax) return false
    this.#pieces.push(Buffer.from(data))
    return true
  }

  get writes(): number {
    return this.#pieces.length
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString()
  }
}

export type World = {
  readonly answers?: Answers
  readonly env?: Environment['env']
  readonly stdout?: RecordingSink
  readonly stderr?: RecordingSink
  readonly signal?: AbortSignal
  readonly library?: Partial<Library>
  readonly runProgram?: Shell['runProgram']
  readonly launchProgram?: Shell['launchProgram']
  readonly stdin?: string
  readonly questions?: Questions
  readonly cwd?: string
}

export type Outcome = {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly calls: readonly Call[]
}

/** Runs one command line: `await cli('log model/resnet -n 5')`, or with its words apart. */
export async function cli(line: string | readonly string[], world: World = {}): Promise<Outcome> {
  const calls: Call[] = []
  const stdout = world.stdout ?? new RecordingSink()
  const stderr = world.stderr ?? new RecordingSink()
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const exitCode = await run(words, fakeShell(world, { calls, stdout, stderr }))
  return { exitCode, stdout: stdout.text, stderr: stderr.text, calls }
}

type Recorded = { readonly calls: Call[]; readonly stdout: Sink; readonly stderr: Sink }

function fakeShell(world: World, { calls, stdout, stderr }: Recorded): Shell {
  const environment: Environment = {
    env: world.env ?? {},
    cwd: world.cwd ?? '/work',
    clock: {
      now: () => new Date('2026-11-21T04:44:50.000Z'),
      elapsedMs: () => 0,
      sleep: async () => undefined,
    },
    ids: { id: () => '0'.repeat(32), random: () => 0.5 },
    user: 'anna',
    host: 'box',
  }
  const library: Library = {
    initStore: async (directory) => {
      calls.push(['initStore', directory])
      return { store: `${directory}/.mlstore`, storeId: '0'.repeat(32), created: true }
    },
    openStore: async ({ cwd, storeDirectory }) => {
      calls.push(['openStore', { cwd, storeDirectory }])
      return fakeMethods(calls, world.answers ?? {}) as StoreApi
    },
    cloneStore: async ({ progress: _progress, signal: _signal, ...request }) => {
      calls.push(['cloneStore', request])
      const { directory } = request
      return { ...pulled, store: '/work/.mlstore', created: directory !== 'there' }
    },
    openAccounts: async () =>
      fakeMethods(calls, { ...accountAnswers, ...world.answers }) as AccountsApi,
    ...world.library,
  }
  const { questions } = world
  return {
    environment,
    version: '1.2.3',
    platform: 'Node 20 on linux',
    stdout,
    stderr,
    stdin: () => stream(Buffer.from(world.stdin ?? '')),
    signal: world.signal ?? new AbortController().signal,
    loadQuestions: questions && (async () => questions),
    loadLibrary: async () => library,
    startServer: async ({ store: _store, environment: _environment, ...options }) => {
      calls.push(['startServer', withoutSignal(options)])
      return { url: 'http://127.0.0.1:5000', close: async () => void calls.push(['closeServer']) }
    },
    untilStopped: async () => undefined,
    loadDisplay: async () => ({ show: () => undefined, hide: () => undefined }),
    runProgram: world.runProgram ?? (async (_line: ProgramLine) => ({ exitCode: 127, stdout: '' })),
    launchProgram: world.launchProgram ?? (async () => ({ exitCode: 0, killed: false })),
  }
}

const pulled = {
  remote: 'origin',
  seq: 3,
  versions: 2,
  runs: 0,
  events: 5,
  requests: 4,
  bytesReceived: 0,
  files: 0,
}

const loggedIn = {
  name: 'myorg',
  kind: 'artifactory',
  url: 'https://myorg.jfrog.io/artifactory',
  user: 'anna',
  method: 'token',
  version: '7.90.1',
  expiresAt: null,
  default: true,
  path: '/home/anna/.config/mlstore/servers.json',
  from: null,
  notes: [],
} as const

const accountAnswers: Answers = {
  login: loggedIn,
  logout: { servers: [{ name: 'myorg', url: 'https://myorg.jfrog.io' }], default: null },
  whoami: { servers: [] },
}

/** Every method there is; calls are recorded without the signal, which every test knows. */
function fakeMethods(calls: Call[], answers: Answers): object {
  const handler: ProxyHandler<object> = {
    get(_target, name) {
      if (name === 'directory') return '/work/.mlstore'
      if (name === Symbol.asyncDispose) return async () => void calls.push(['close'])
      if (typeof name !== 'string' || name === 'then') return undefined
      return (...callArguments: unknown[]) => {
        calls.push([name, ...callArguments.map(withoutSignal)])
        if (!Object.hasOwn(answers, name)) return undefined
        const answer = answers[name]
        return typeof answer === 'function' ? answer(...callArguments) : answer
      }
    },
  }
  return new Proxy({}, handler)
}

function withoutSignal(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) return argument
  return Object.fromEntries(
    Object.entries(argument).filter(([key, value]) => key !== 'signal' && value !== undefined),
  )
}

/** An answer that fails. */
export function failing(...failure: ConstructorParameters<typeof MlstoreError>): () => never {
  return () => {
    throw new MlstoreError(...failure)
  }
}

/** An answer that comes piece by piece. */
export async function* stream<T>(...items: T[]): AsyncGenerator<T> {
  yield* items
}
