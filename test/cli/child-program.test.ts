/** Programs run in our place: output, exit codes, signals, and what cannot be started. */

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { type ProgramOutput, runChildProgram } from '../../src/cli/child-program.ts'
import { Interruption, type StopSignal } from '../../src/cli/interruption.ts'
import type { ProgramEnd, ProgramLine } from '../../src/ports/program.ts'
import { systemEnvironment } from '../../src/store/system-environment.ts'
import { RecordingSink } from './fake-shell.ts'

let folder = ''

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlstore-child-'))
})
after(() => rmSync(folder, { recursive: true }))

type Options = {
  readonly output?: ProgramOutput
  readonly signals?: EventEmitter
  readonly hasTerminal?: boolean
  readonly onOutput?: (bytes: Uint8Array) => void
}

/** Runs a program; without options it has no terminal and gets no signal. */
function running(command: ProgramLine, options: Options = {}): Promise<ProgramEnd> {
  const { signals = new EventEmitter(), hasTerminal = false, onOutput = () => undefined } = options
  const output = options.output ?? { stdout: new RecordingSink(), stderr: new RecordingSink() }
  const interruption = new Interruption(signals, () => assert.fail('must not stop at once'))
  return runChildProgram({ command, env: { GIVEN: 'yes' }, onOutput }, output, {
    ...systemEnvironment(),
    cwd: folder,
    interruption,
    hasTerminal,
  })
}

const shell = (script: string): ProgramLine => ['sh', '-c', script]

test('passes output through as it is, each stream to its own', async () => {
  const stdout = new RecordingSink()
  const stderr = new RecordingSink()
  const seen: Uint8Array[] = []
  const script = `printf 'a\\001\\377\\r\\n'; printf "err $GIVEN" >&2`
  const end = await running(shell(script), {
    output: { stdout, stderr },
    onOutput: (bytes) => seen.push(bytes),
  })
  assert.deepEqual(end, { exitCode: 0, killed: false })
  assert.equal(stdout.text, Buffer.from('a\x01\xff\r\n', 'latin1').toString())
  assert.equal(stderr.text, 'err yes')
  assert.equal(Buffer.concat(seen).length, stdout.text.length + stderr.text.length)
})

test('its outputs can be opened by name, as scripts do', async () => {
  const stdout = new RecordingSink()
  const stderr = new RecordingSink()
  const script = 'echo one > /dev/stdout; echo two > /dev/stderr; echo three | tee /dev/stderr'
  const end = await running(shell(script), { output: { stdout, stderr } })
  assert.deepEqual(end, { exitCode: 0, killed: false })
  assert.equal(stdout.text, 'one\nthree\n')
  assert.equal(stderr.text, 'two\nthree\n')
})

test('does without named pipes where there is no place for them', async (context) => {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = join(folder, 'none')
  context.after(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  })
  const stdout = new RecordingSink()
  const end = await running(shell('echo one; exit 4'), {
    output: { stdout, stderr: new RecordingSink() },
  })
  assert.deepEqual([end.exitCode, stdout.text], [4, 'one\n'])
})

test('passes any amount of output on, whole and in order', async () => {
  const stdout = new RecordingSink()
  await running(shell('seq 1 200000'), { output: { stdout, stderr: new RecordingSink() } })
  const numbers = stdout.text.split('\n')
  assert.equal(numbers.length, 200_001)
  assert.ok(numbers.slice(0, -1).every((number, index) => Number(number) === index + 1))
})

test('its exit code is the answer', async () => {
  assert.deepEqual(await running(shell('exit 7')), { exitCode: 7, killed: false })
})

test('a program that a signal ended answers 128 and the number of the signal', async () => {
  assert.deepEqual(await running(shell('kill -KILL $$')), { exitCode: 137, killed: true })
})

test('what is not there is 127, what cannot be executed 126', async () => {
  const missing = await running(['mlstore-no-such-program'])
  assert.equal(missing.exitCode, 127)
  assert.match(missing.failure ?? '', /no program mlstore-no-such-program/)
  const file = join(folder, 'data.txt')
  writeFileSync(file, 'no program', { mode: 0o644 })
  const refused = await running([file])
  assert.equal(refused.exitCode, 126)
  assert.match(refused.failure ?? '', /cannot be started/)
})

/** What the shell says of its dying children is output, too. */
function atFirst(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

/** Ends once it has said that it is ready, by a signal of ours or after a minute. */
const waits = (trap: string): ProgramLine =>
  shell(`trap '${trap}' INT TERM HUP; sleep 60 & echo ready; wait`)

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`passes ${name} on, and the run counts as killed`, async () => {
    const signals = new EventEmitter()
    const end = running(waits('kill -KILL $!; exit 3'), {
      signals,
      onOutput: atFirst(() => signals.emit(name, name)),
    })
    assert.deepEqual(await end, { exitCode: 3, killed: true })
  })
}

test('leaves Ctrl-C to the terminal, which sends it to the program as well', async () => {
  const signals = new EventEmitter()
  const script = `trap 'exit 2' INT; trap 'kill -KILL $!; exit 15' TERM; sleep 60 & echo ready; wait`
  const end = await running(shell(script), {
    signals,
    hasTerminal: true,
    onOutput: atFirst(() => {
      signals.emit('SIGINT', 'SIGINT')
      signals.emit('SIGTERM', 'SIGTERM')
    }),
  })
  assert.deepEqual(end, { exitCode: 15, killed: true })
})

test('a reader that goes away ends what the program can write', async () => {
  const stdout = new RecordingSink({ writesMax: 1 })
  const end = await running(shell('while echo y; do :; done; exit 7'), {
    output: { stdout, stderr: new RecordingSink() },
  })
  // A shell that inherited an ignored SIGPIPE lives on to see that echo fails.
  assert.notEqual(end.exitCode, 0)
  assert.equal(stdout.writes, 1)
})

test('output that cannot be written is an error once the program has ended', async () => {
  const stdout = new RecordingSink()
  stdout.write = () => Promise.reject(Object.assign(new Error('full'), { code: 'NO_SPACE' }))
  const output = { stdout, stderr: new RecordingSink() }
  await assert.rejects(running(shell('echo y; exit 0'), { output }), { code: 'NO_SPACE' })
})

test('does not wait for ever for what the program left running', async () => {
  const sink = new RecordingSink()
  const script = 'sleep 60 & echo $!'
  const end = await running(shell(script), { output: { stdout: sink, stderr: sink } })
  process.kill(Number(sink.text))
  assert.deepEqual(end, { exitCode: 0, killed: false })
})

test('the first signal asks, the second stops, unless someone took them over', async () => {
  const source = new EventEmitter()
  let stops = 0
  const interruption = new Interruption(source, () => stops++)
  const taken: StopSignal[] = []
  const taking = interruption.take((name) => taken.push(name))
  for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) source.emit(name, name)
  taking[Symbol.dispose]()
  assert.deepEqual(taken, ['SIGINT', 'SIGHUP', 'SIGTERM'])
  assert.equal(source.listenerCount('SIGHUP'), 0)

  const aborted = once(interruption.signal, 'abort')
  source.emit('SIGINT', 'SIGINT')
  await aborted
  assert.equal(stops, 0)
  source.emit('SIGTERM', 'SIGTERM')
  assert.equal(stops, 1)
})
