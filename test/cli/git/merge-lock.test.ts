/** Lock files are merged path by path; nothing that either side said is lost. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { mergeLock } from '../../../src/cli/git/merge-lock.ts'

const header = '# mlstore lock 1: which version each path holds; written by mlstore'
const lock = (lines: Record<string, string>): string =>
  `${[header, ...Object.entries(lines).map(([path, version]) => `${path}  ${version}`)].join('\n')}\n`

test('takes each path from the side that changed it', () => {
  const base = lock({ a: 'm/a@1', b: 'm/b@1', c: 'm/c@1' })
  const ours = lock({ a: 'm/a@2', b: 'm/b@1', c: 'm/c@1' })
  const theirs = lock({ a: 'm/a@1', b: 'm/b@2', d: 'm/d@1' })
  assert.deepEqual(mergeLock({ base, ours, theirs }), {
    text: lock({ a: 'm/a@2', b: 'm/b@2', d: 'm/d@1' }),
    conflicts: [],
  })
})

test('agrees where both sides did the same', () => {
  const both = lock({ a: 'm/a@2' })
  assert.deepEqual(
    mergeLock({ base: lock({ a: 'm/a@1', b: 'm/b@1' }), ours: both, theirs: both }),
    {
      text: both,
      conflicts: [],
    },
  )
})

test('keeps both lines where the sides differ', () => {
  const merged = mergeLock({
    base: lock({ a: 'm/a@1', z: 'm/z@1' }),
    ours: lock({ a: 'm/a@2', z: 'm/z@1' }),
    theirs: lock({ a: 'm/a@3', z: 'm/z@1' }),
  })
  assert.deepEqual(merged.conflicts, ['a'])
  const expected = [
    header,
    '<<<<<<< ours',
    'a  m/a@2',
    '=======',
    'a  m/a@3',
    '>>>>>>> theirs',
    'z  m/z@1',
  ]
  assert.equal(merged.text, `${expected.join('\n')}\n`)
})

test('calls a change on one side and a removal on the other a conflict', () => {
  const merged = mergeLock({ base: lock({ a: '1' }), ours: lock({}), theirs: lock({ a: '2' }) })
  assert.deepEqual(merged.conflicts, ['a'])
})

test('knows a quoted path as one field', () => {
  const line = '"two  spaces\\n"'
  const base = lock({ [line]: 'm/a@1' })
  const theirs = lock({ [line]: 'm/a@2' })
  assert.deepEqual(mergeLock({ base, ours: base, theirs }), { text: theirs, conflicts: [] })
})

test('merges without a base, and with Windows line ends', () => {
  const ours = lock({ a: '1' }).replaceAll('\n', '\r\n')
  const merged = mergeLock({ base: '', ours, theirs: lock({ b: '1' }) })
  assert.deepEqual(merged, { text: lock({ a: '1', b: '1' }), conflicts: [] })
})

const anyLock = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd/e'), fc.constantFrom('1', '2', '3'))

test('gives the other side where one side changed nothing, in either direction', () => {
  fc.assert(
    fc.property(anyLock, anyLock, (before, after) => {
      const [base, changed] = [lock(before), lock(sortedKeys(after))]
      assert.equal(mergeLock({ base, ours: base, theirs: changed }).text, changed)
      assert.equal(mergeLock({ base, ours: changed, theirs: base }).text, changed)
    }),
  )
})

test('finds the same conflicts whichever side is ours, and loses no line', () => {
  fc.assert(
    fc.property(anyLock, anyLock, anyLock, (a, b, c) => {
      const [base, ours, theirs] = [lock(a), lock(b), lock(c)]
      const merged = mergeLock({ base, ours, theirs })
      assert.deepEqual(merged.conflicts, mergeLock({ base, ours: theirs, theirs: ours }).conflicts)
      const lines = merged.text.split('\n')
      for (const side of [b, c]) {
        for (const [path, version] of Object.entries(side)) {
          if (a[path] !== version) assert.ok(lines.includes(`${path}  ${version}`))
        }
      }
    }),
  )
})

function sortedKeys(lines: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(lines).sort(([a], [b]) => (a < b ? -1 : 1)))
}
