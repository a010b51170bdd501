/** The progress line appears late, shows the newest task, and leaves nothing behind. */

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { mock, test } from 'node:test'

import { type CurrentLine, ProgressBar } from '../../src/cli/progress-bar.ts'
import { terminalDisplay } from '../../src/cli/terminal-display.ts'

class FakeDisplay {
  readonly line: CurrentLine
  shown = false

  constructor(line: CurrentLine) {
    this.line = line
  }

  show(): void {
    this.shown = true
  }

  hide(): void {
    this.shown = false
  }

  get text(): string {
    return this.line((share) => `[${share}]`)
  }
}

/** A bar under a mocked clock; `pass` lets time go by and promises settle. */
function watchedBar() {
  mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 0
  let display: FakeDisplay | undefined
  const clock = { now: () => new Date(0), elapsedMs: () => nowMs, sleep: async () => undefined }
  const bar = new ProgressBar({
    clock,
    columns: () => 100,
    loadDisplay: async (line) => (display = new FakeDisplay(line)),
  })
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms
    mock.timers.tick(ms)
    await new Promise((settled) => setImmediate(settled))
  }
  const end = (): void => {
    bar[Symbol.dispose]()
    mock.timers.reset()
  }
  return { bar, pass, end, display: () => display }
}

test('does not even load what draws it before a second has passed', async () => {
  const { bar, pass, end, display } = watchedBar()
  const task = bar.start('add')
  await pass(900)
  task.end()
  assert.equal(display(), undefined)
  end()
})

test('shows what the newest task has done, and takes the line away at its end', async () => {
  const { bar, pass, end, display } = watchedBar()
  const outer = bar.start('add', { files: 4 })
  const inner = bar.start('upload', { bytes: 2048 })
  inner.advance({ bytes: 512 })
  inner.advance({ dedupedBytes: 512, files: 1 })
  await pass(1000)
  assert.ok(display()?.shown)
  assert.equal(
    display()?.text,
    'upload  [0.5]  1 file  1.0 KiB/2.0 KiB  512 B known  1.0 KiB/s  1s left',
  )
  inner.end()
  assert.match(display()?.text ?? '', /^add {2}\[0\] {2}0\/4 files/)
  assert.ok(display()?.shown)
  outer.end()
  assert.ok(!display()?.shown)
  end()
})

test('lets a total become known and grow while the work goes on', async () => {
  const { bar, pass, end, display } = watchedBar()
  const task = bar.start('add')
  task.advance({ bytes: 1024, files: 1 })
  await pass(1000)
  assert.equal(display()?.text, 'add  1 file  1.0 KiB  1.0 KiB/s')
  task.addTotal({ bytes: 1024 })
  task.addTotal({ bytes: 3072, files: 1 })
  task.addTotal({ files: 3 })
  assert.match(display()?.text ?? '', /^add {2}\[0\.25\] {2}1\/4 files {2}1\.0 KiB\/4\.0 KiB/)
  end()
})

test('makes way for a note and comes back', async () => {
  const { bar, pass, end, display } = watchedBar()
  bar.start('add')
  await pass(1000)
  bar.interrupt()
  assert.ok(!display()?.shown)
  await pass(100)
  assert.ok(display()?.shown)
  end()
  assert.ok(!display()?.shown)
})

test('is gone when the command fails in the middle of a task', async () => {
  const { bar, pass, end, display } = watchedBar()
  bar.start('add')
  await pass(1000)
  end()
  assert.ok(!display()?.shown)
})

test('draws on a terminal and clears the line when hidden', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
  const display = terminalDisplay(terminal, (bar) => `add ${bar(0.5)}`)
  display.show()
  const drawn = String(terminal.read())
  assert.ok(drawn.includes(`add ${'█'.repeat(5)}${'░'.repeat(5)}`), drawn)
  display.hide()
  assert.ok(String(terminal.read()).endsWith('\u001b[2K'))
})
