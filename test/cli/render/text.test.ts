/** Amounts, columns, escapes and errors as people see them. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  formatBytes,
  formatCount,
  formatDuration,
  formatTime,
  shortDigest,
} from '../../../src/core/amounts.ts'
import { aligned, displayWidth, table } from '../../../src/cli/render/columns.ts'
import { errorDocument, exitCodeOf, renderError } from '../../../src/cli/render/error.ts'
import { visible, visibleLines } from '../../../src/core/visible-text.ts'
import { paintFor, plain } from '../../../src/cli/render/paint.ts'
import { progressLine } from '../../../src/cli/render/progress-line.ts'
import { MlstoreError } from '../../../src/errors.ts'

test('shows sizes in binary units without four digits before the point', () => {
  const sizes = [0, 1, 1023, 1024, 1536, 1024 ** 2 - 1, 1024 ** 2, 97.5 * 1024 ** 2, 50e9, 2 ** 60]
  assert.deepEqual(sizes.map(formatBytes), [
    '0 B',
    '1 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '1.0 MiB',
    '1.0 MiB',
    '97.5 MiB',
    '46.6 GiB',
    '1024.0 PiB',
  ])
})

test('counts with the right noun', () => {
  assert.equal(formatCount(1, 'file'), '1 file')
  assert.equal(formatCount(0, 'file'), '0 files')
  assert.equal(formatCount(2, 'entry', 'entries'), '2 entries')
})

test('shows times without fractions, durations in two units, digests short', () => {
  assert.equal(formatTime('2026-11-21T04:44:50.123Z'), '2026-11-21T04:44:50Z')
  assert.deepEqual([0, 59_400, 61_000, 7_500_000].map(formatDuration), [
    '0s',
    '59s',
    '1m 01s',
    '2h 05m',
  ])
  assert.equal(shortDigest('0123456789abcdef'), '0123456789ab')
  assert.equal(shortDigest(null), '-')
})

test('lines columns up, wide characters included', () => {
  const rows = [
    ['a', '1', 'x'],
    ['漢字', '22', 'y'],
    ['é', '333', ''],
  ]
  assert.deepEqual(aligned(rows, [undefined, 'right']), [
    'a       1  x',
    '漢字   22  y',
    'é     333',
  ])
})

test('prints no header over no rows', () => {
  assert.equal(table([], [{ title: 'A', cell: String }], plain), '')
  assert.equal(table([1], [{ title: 'A', cell: String }], plain), 'A\n1')
})

test('counts the cells of a terminal', () => {
  assert.deepEqual(['abc', 'e\u0301', '漢', '🚀', ''].map(displayWidth), [3, 1, 2, 2, 0])
})

test('shows every control character of a name', () => {
  assert.equal(visible('a\nb\r\t'), 'a\\nb\\r\\t')
  assert.equal(visible('\u001b[2J\u009b31m\u007f'), '\\u{1b}[2J\\u{9b}31m\\u{7f}')
  assert.equal(visible('evil\u202etxt.exe'), 'evil\\u{202e}txt.exe')
  assert.equal(visible('Grüße 漢字 🚀'), 'Grüße 漢字 🚀')
})

test('lets nothing through that moves a cursor or starts a line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(visible(text), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      assert.equal(visibleLines(text).split('\n').length, text.split('\n').length)
    }),
  )
})

test('paints on a terminal only, and not when asked for no colour', () => {
  const red = (isTerminal: boolean, env: Record<string, string>): string =>
    paintFor({ isTerminal, env })('red', 'x')
  assert.equal(red(true, {}), '\u001b[31mx\u001b[39m')
  assert.equal(red(true, { NO_COLOR: '' }), '\u001b[31mx\u001b[39m')
  assert.equal(red(true, { NO_COLOR: '1' }), 'x')
  assert.equal(red(true, { TERM: 'dumb' }), 'x')
  assert.equal(red(false, {}), 'x')
})

test('prints an error with its hint, further lines indented', () => {
  const error = new MlstoreError('AMBIGUOUS_REFERENCE', 'several:\nerror: fake\u001b[2J', {
    hint: 'Give more characters.',
  })
  assert.equal(
    renderError(error, plain),
    'error: several:\n       error: fake\\u{1b}[2J\nhint: Give more characters.',
  )
  assert.equal(exitCodeOf(error), 2)
  assert.deepEqual(errorDocument(error), {
    error: {
      code: 'AMBIGUOUS_REFERENCE',
      message: 'several:\nerror: fake\u001b[2J',
      hint: 'Give more characters.',
      details: {},
    },
  })
})

test('prints the stack of a bug and asks to report it', () => {
  const bug = new TypeError('x is not a function')
  const text = renderError(bug, plain)
  assert.match(text, /TypeError: x is not a function\n +at /)
  assert.match(text, /report/)
  assert.equal(exitCodeOf(bug), 1)
  assert.equal(errorDocument(bug).error.code, 'BUG')
  assert.equal(errorDocument('thrown text').error.message, 'thrown text')
})

test('never makes a progress line longer than the terminal', () => {
  const state = {
    title: 'upload',
    files: 123_456,
    bytes: 5e9,
    dedupedBytes: 1e9,
    totalFiles: 1_000_000,
    totalBytes: 50e9,
    elapsedMs: 60_000,
  }
  const bar = '#'.repeat(20)
  assert.ok(progressLine(state, bar, 120).includes(bar))
  assert.ok(!progressLine(state, bar, 100).includes(bar))
  for (const columns of [0, 1, 20, 80, 100]) {
    assert.ok(progressLine(state, bar, columns).length <= Math.max(0, columns - 1))
  }
})
