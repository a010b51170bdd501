/** Merging `mlstore.lock`: path by path, and a conflict only where the sides disagree. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import { parseLockFile, serializeLockFile } from '../../src/core/lock-file.ts'
import { mergeLockFiles } from '../../src/core/lock-merge.ts'
import { parseArtifactName } from '../../src/core/names.ts'

type Locked = Readonly<Record<string, string>>

const root = digestOf(Buffer.from('root'))
/** The text for paths and labels. */
const lock = (paths: Locked): string =>
  serializeLockFile(
    Object.entries(paths).map(([path, label]) => ({
      path,
      artifact: parseArtifactName('a/b'),
      label,
      version: digestOf(Buffer.from(label)),
      root,
    })),
  )
const merge = (base: Locked, ours: Locked, theirs: Locked): ReturnType<typeof mergeLockFiles> =>
  mergeLockFiles({ base: lock(base), ours: lock(ours), theirs: lock(theirs) })

test('takes changes to neighbouring paths from both sides', () => {
  const merged = merge(
    { a: '1', b: '1', c: '1' },
    { a: '2', b: '1', c: '1' },
    { a: '1', b: '2', d: '1' },
  )
  assert.deepEqual(merged, { text: lock({ a: '2', b: '2', d: '1' }), conflicts: [] })
})

test('keeps both lines where the sides changed one path differently', () => {
  const { text, conflicts } = merge({ a: '1', b: '1' }, { a: '2', b: '1' }, { a: '3', b: '1' })
  assert.deepEqual(conflicts, ['a'])
  assert.match(text, /^# .*\n<<<<<<< ours\na .*@2 .*\n=======\na .*@3 .*\n>>>>>>> theirs\nb .*\n$/)
  assert.throws(() => parseLockFile(text), { code: 'INVALID_ARGUMENT', message: /line 2/ })
})

test('calls a path that one side changed and the other dropped a conflict', () => {
  const { text, conflicts } = merge({ a: '1' }, {}, { a: '2' })
  assert.deepEqual(conflicts, ['a'])
  assert.match(text, /<<<<<<< ours\n=======\na .*@2 /)
})

test('keeps lines of a form it does not know', () => {
  const theirs = `${lock({ a: '1' })}b  something  newer\n`
  assert.equal(
    mergeLockFiles({ base: '', ours: lock({ a: '1' }), theirs }).text,
    `${lock({ a: '1' })}b  something  newer\n`,
  )
})

test('refuses a side with a conflict in it', () => {
  const { text } = merge({}, { a: '1' }, { a: '2' })
  assert.throws(() => mergeLockFiles({ base: '', ours: text, theirs: '' }), {
    code: 'INVALID_ARGUMENT',
  })
})

test('obeys the laws of a merge', () => {
  const anyLock = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2', '3'))
  fc.assert(
    fc.property(anyLock, anyLock, anyLock, (base, ours, theirs) => {
      assert.equal(merge(base, ours, base).text, lock(ours))
      assert.equal(merge(base, base, theirs).text, lock(theirs))
      assert.equal(merge(base, ours, ours).text, lock(ours))
      const { text, conflicts } = merge(base, ours, theirs)
      assert.deepEqual(conflicts, merge(base, theirs, ours).conflicts)
      if (conflicts.length === 0) assert.equal(text, merge(base, theirs, ours).text)
      for (const path of conflicts) {
        assert.equal(new Set([base[path], ours[path], theirs[path]]).size, 3)
      }
    }),
  )
})
