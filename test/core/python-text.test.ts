/** The texts here were written by Python 3.11; test/mlflow/ compares with the Python at hand. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { UserValue } from '../../src/core/canonical-json.ts'
import { parsePythonLiteral, pythonRepr, pythonStr } from '../../src/core/python-text.ts'

/** Values and their `repr` in Python. */
const written: readonly (readonly [UserValue, string])[] = [
  [null, 'None'],
  [true, 'True'],
  [false, 'False'],
  [0, '0'],
  [-12, '-12'],
  [0.1, '0.1'],
  [-0, '-0.0'],
  [1e-4, '0.0001'],
  [0.000_012_5, '1.25e-05'],
  [1e-7, '1e-07'],
  [9_007_199_254_740_991, '9007199254740991'],
  [9_007_199_254_740_992, '9007199254740992.0'],
  [1e16, '1e+16'],
  [1.5e20, '1.5e+20'],
  [1e21, '1e+21'],
  [5e-324, '5e-324'],
  [1.797_693_134_862_315_7e308, '1.7976931348623157e+308'],
  [Number.NaN, 'nan'],
  [Number.NEGATIVE_INFINITY, '-inf'],
  ['plain', "'plain'"],
  ["it's", `"it's"`],
  [`both ' and "`, `'both \\' and "'`],
  ['\\ \n \r \t', String.raw`'\\ \n \r \t'`],
  ['\u0000\u001F\u007F\u00A0\u00AD', String.raw`'\x00\x1f\x7f\xa0\xad'`],
  ['é 漢 😀', "'é 漢 😀'"],
  ['\u200B\u2028\uFEFF\uE000', String.raw`'\u200b\u2028\ufeff\ue000'`],
  ['\u{E0001}\u{F0000}', String.raw`'\U000e0001\U000f0000'`],
  [[], '[]'],
  [{}, '{}'],
  [
    { a: [1, true, null, "it's"], 'b c': { d: 0.5 } },
    `{'a': [1, True, None, "it's"], 'b c': {'d': 0.5}}`,
  ],
]

test('values are written as the repr of Python', () => {
  for (const [value, text] of written) assert.equal(pythonRepr(value), text)
})

test('what Python wrote is read back as the same value', () => {
  for (const [value, text] of written) assert.deepEqual(parsePythonLiteral(text), value)
})

test('text is written as it is, everything else as its repr', () => {
  assert.equal(pythonStr("it's"), "it's")
  assert.equal(pythonStr(''), '')
  assert.equal(pythonStr(["it's"]), `["it's"]`)
  assert.equal(pythonStr(true), 'True')
})

test('other spellings of literals are understood', () => {
  const read: readonly (readonly [string, UserValue])[] = [
    [' {"a" :1 ,\'b\': 2.,} ', { a: 1, b: 2 }],
    ['(1, 2)', [1, 2]],
    ['(1,)', [1]],
    ['(1)', 1],
    ['()', []],
    ['{1: "x", True: "y", None: "z"}', { '1': 'x', True: 'y', None: 'z' }],
    ['1E5'.toLowerCase(), 100_000],
    ['-0', 0],
    [String.raw`'\a\b\f\v\'\"'`, '\u0007\b\f\v\'"'],
    ["{'__proto__': 1}", JSON.parse('{"__proto__": 1}')],
  ]
  for (const [text, value] of read) assert.deepEqual(parsePythonLiteral(text), value)
})

test('what is no literal, or would change when read, stays text', () => {
  const texts = [
    '',
    'plain',
    'none',
    'true',
    '0123',
    '1_000',
    '0x10',
    '9007199254740993',
    '[9007199254740993]',
    "{'a': np.float64(0.5)}",
    "{'a'}",
    "{'a': 1",
    "{'a' 1}",
    '[1 2]',
    '[,]',
    "'open",
    String.raw`'\q'`,
    String.raw`'\x4'`,
    String.raw`'\U00110000'`,
    "{1: 'a', '1': 'b'}",
    "{[1]: 'a'}",
    "'a' 'b'",
    '1 # one',
    '[1]]',
    `${'['.repeat(70)}${']'.repeat(70)}`,
    '['.repeat(100_000),
  ]
  for (const text of texts) assert.equal(parsePythonLiteral(text), undefined, text.slice(0, 80))
})

const anyText = fc.string({ unit: 'binary' })
const { value: anyValue } = fc.letrec<{ value: UserValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.double(),
    fc.integer(),
    anyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 4 }),
  ),
}))

test('every value is read back from its repr', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      assert.deepEqual(parsePythonLiteral(pythonRepr(value)), normal(value))
    }),
  )
})

test('any text is read or left, and never fails', () => {
  const letters = fc.constantFrom(...Array.from(`'"\\[]{}():,.- 0123e+naifNoTru\n`))
  fc.assert(
    fc.property(fc.string({ unit: letters }), (text) => {
      const value = parsePythonLiteral(text)
      if (value !== undefined) assert.deepEqual(parsePythonLiteral(pythonRepr(value)), value)
    }),
    { numRuns: 2000 },
  )
})

/** Dictionaries of fast-check may have no prototype, which deepEqual tells apart. */
function normal(value: UserValue): UserValue {
  const isContainer = typeof value === 'object' && value !== null
  if (!isContainer) return value
  if (Array.isArray(value)) return value.map(normal)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normal(item)]))
}
