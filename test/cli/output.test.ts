/** Results come out in the form that was asked for, and stop when nobody reads them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Output } from '../../src/cli/output.ts'
import { plain } from '../../src/cli/render/paint.ts'
import { RecordingSink, stream } from './fake-shell.ts'

function outputTo(stdout: RecordingSink, options: { json?: boolean; quiet?: boolean } = {}) {
  const stderr = new RecordingSink()
  let interruptions = 0
  const beforeWrite = (): void => void interruptions++
  const { json = false, quiet = false } = options
  const output = new Output({ stdout, stderr, json, quiet, paint: plain, beforeWrite })
  return { output, stderr, interruptions: () => interruptions }
}

test('prints a result as text with one newline at the end', async () => {
  const stdout = new RecordingSink()
  const { output } = outputTo(stdout)
  await output.result({ n: 1 }, ({ n }) => `n is ${n}`)
  await output.result({}, () => '')
  await output.text('script\n')
  assert.equal(stdout.text, 'n is 1\nscript\n')
})

test('prints a result as one line of JSON', async () => {
  const stdout = new RecordingSink()
  await outputTo(stdout, { json: true }).output.result({ n: 1 }, () => 'text')
  assert.equal(stdout.text, '{"n":1}\n')
})

test('writes what JSON has no numbers for as words', async () => {
  const stdout = new RecordingSink()
  const { output } = outputTo(stdout, { json: true })
  await output.result({ a: [Number.NaN, -Infinity, 0.5] }, () => 'text')
  assert.equal(stdout.text, '{"a":["NaN","-Infinity",0.5]}\n')
})

test('prints many results as one JSON array, also when there are none', async () => {
  for (const [items, json] of [
    [[1, 2, 3], '[1,2,3]\n'],
    [[], '[]\n'],
  ] as const) {
    const stdout = new RecordingSink()
    await outputTo(stdout, { json: true }).output.results(stream(...items), String)
    assert.equal(stdout.text, json)
  }
})

test('gathers lines into few writes', async () => {
  const stdout = new RecordingSink()
  const items = Array.from({ length: 50_000 }, (_, index) => index)
  await outputTo(stdout).output.results(stream(...items), String)
  assert.equal(stdout.text, `${items.join('\n')}\n`)
  assert.ok(stdout.writes < 10, `${stdout.writes} writes`)
})

test('asks for no more results when nobody reads them', async () => {
  let made = 0
  async function* endless(): AsyncGenerator<string> {
    for (;;) yield String(made++).padStart(100)
  }
  await outputTo(new RecordingSink({ writesMax: 2 })).output.results(endless(), String)
  assert.ok(made < 3000, String(made))
})

test('writes notes to stderr after taking the progress line away, and none when quiet', async () => {
  const { output, stderr, interruptions } = outputTo(new RecordingSink())
  await output.note('by the way')
  assert.equal(stderr.text, 'by the way\n')
  assert.equal(interruptions(), 1)

  const quiet = outputTo(new RecordingSink(), { quiet: true })
  await quiet.output.note('by the way')
  assert.equal(quiet.stderr.text, '')
})

test('takes the progress line away before it writes to a terminal', async () => {
  const terminal = outputTo(new RecordingSink({ isTerminal: true }))
  await terminal.output.text('result')
  assert.equal(terminal.interruptions(), 1)

  const pipe = outputTo(new RecordingSink())
  await pipe.output.text('result')
  assert.equal(pipe.interruptions(), 0)
})
