/** Names that are made up, values that are too long, params that become events. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { splitTreePath } from '../../../src/core/names.ts'
import { fitValue, paramText, valueCharactersMax } from '../../../src/core/runs/long-value.ts'
import { paramFields } from '../../../src/core/runs/param-fields.ts'
import { generateRunName } from '../../../src/core/runs/run-name.ts'

test('a name is an adjective, a noun and a number, whatever chance gives', () => {
  const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(anyChance, (chance) => {
      assert.match(
        generateRunName(() => chance),
        /^[a-z]+-[a-z]+-\d{1,3}$/,
      )
    }),
  )
})

test('params are text: what JavaScript writes', () => {
  assert.deepEqual(
    [1e-5, 0.1, true, null, 'x', Number.NaN].map((value) => paramText('k', value)),
    ['0.00001', '0.1', 'true', 'null', 'x', 'NaN'],
  )
})

test('what is no text is refused, naming the key', () => {
  const values: Record<string, string> = JSON.parse('{"list": [1], "object": {"a": 1}}')
  for (const [key, value] of Object.entries(values)) {
    const refused = { code: 'INVALID_ARGUMENT', message: new RegExp(key) }
    assert.throws(() => paramText(key, value), refused)
    assert.throws(() => fitValue('tags', key, value), refused)
  }
})

test('a value of 8,000 characters stays, a longer one becomes a file and its beginning', () => {
  const most = 'x'.repeat(valueCharactersMax)
  assert.deepEqual(fitValue('params', 'k', most), { value: most })
  const fitted = fitValue('params', 'k/é "q"', `${most}y`)
  assert.equal(fitted.file?.path, 'params/k%2F%C3%A9%20%22q%22.txt')
  assert.equal(fitted.file?.text.length, valueCharactersMax + 1)
  assert.ok(fitted.value.startsWith('x'.repeat(1000)) && fitted.value.length < 1300)
  assert.ok(fitted.value.includes('params/k%2F%C3%A9'))
})

test('the file of any key has a path that a tree and a file system take', () => {
  const long = 'y'.repeat(valueCharactersMax + 1)
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 250, unit: 'grapheme' }), (key) => {
      const path = fitValue('tags', key.slice(0, 250), long).file?.path ?? ''
      const [, name = ''] = splitTreePath(path)
      assert.ok(Buffer.byteLength(name) <= 255)
    }),
  )
  assert.notEqual(
    fitValue('params', `${'é'.repeat(249)}a`, long).file?.path,
    fitValue('params', `${'é'.repeat(249)}b`, long).file?.path,
  )
})

test('params are grouped into events that stay small, none lost', () => {
  const params = new Map(Array.from({ length: 500 }, (_, i) => [`p${i}`, 'v'.repeat(7000)]))
  const fields = paramFields('0'.repeat(32), params)
  assert.ok(fields.length > 10)
  for (const each of fields) assert.ok(JSON.stringify(each).length < 100_000)
  assert.deepEqual(new Map(fields.flatMap((each) => Object.entries(each.params))), params)
  assert.deepEqual(paramFields('0'.repeat(32), new Map()), [])
})
