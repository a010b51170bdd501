/** Canonical JSON: one text a value, nothing else is read, no number changes in silence. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  canonicalBytes,
  canonicalJson,
  decodeValue,
  encodeNumber,
  encodeValue,
  jsonBytes,
  parseCanonical,
  parseUserJson,
} from '../../src/core/canonical-json.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** JSON values whose keys cannot be taken for tags; numbers are any double. */
const anyUserValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => !key.startsWith('$')),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value

test('sorts keys by UTF-16 code units, as RFC 8785 does in its own example', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
  const object = Object.fromEntries(keys.map((key, i) => [key, i]))
  assert.equal(
    canonicalJson(object),
    '{"\\r":1,"1":3,"\u0080":5,"\u00f6":6,"\u20ac":0,"\ud83d\ude00":4,"\ufb33":2}',
  )
})

test('writes no white space and escapes only what must be escaped', () => {
  assert.equal(
    canonicalJson({ b: [1, -2, null, true], a: '"\\\b\f\n\r\t\u0001/\u007f\u2028é' }),
    '{"a":"\\"\\\\\\b\\f\\n\\r\\t\\u0001/\u007f\u2028é","b":[1,-2,null,true]}',
  )
})

test('keeps a key named __proto__ as data', () => {
  const text = '{"__proto__":{"a":1}}'
  assert.equal(canonicalJson(parseCanonical(text, 'test')), text)
  assert.equal(canonicalJson(encodeValue(JSON.parse(text))), text)
})

test('refuses what has no canonical form', () => {
  const hole: number[] = []
  hole[1] = 1
  for (const value of [0.5, -0, NaN, Infinity, 2 ** 53, '\ud800', { '\udc00': 1 }, hole]) {
    assert.throws(() => canonicalJson(value), { code: 'INVALID_ARGUMENT' })
  }
})

test('reads back exactly what it wrote', () => {
  fc.assert(
    fc.property(anyUserValue, (value) => {
      const encoded = encodeValue(value)
      const bytes = canonicalBytes(encoded)
      assert.deepEqual(canonicalBytes(parseCanonical(bytes, 'test')), bytes)
      assert.equal(jsonBytes(encoded), bytes.length)
    }),
  )
})

test('refuses every other spelling of a value', () => {
  const spellings = [
    '{"a":1 }',
    '{"b":1,"a":1}',
    '{"a":1,"a":1}',
    '{"a":1.0}',
    '{"a":1e2}',
    '{"a":-0}',
    '{"a":0.5}',
    '{"a":9007199254740993}',
    '"\\u0041"',
    '"\\/"',
    '"\\ud800"',
    '\ufeff1',
    '1\n',
    '',
    nested(200),
    nested(100_000),
  ]
  for (const text of spellings) {
    assert.throws(() => parseCanonical(text, 'test'), { code: 'CORRUPT' }, text.slice(0, 50))
    assert.throws(() => parseCanonical(Buffer.from(text), 'test'), { code: 'CORRUPT' })
  }
})

test('refuses bytes that are not UTF-8', () => {
  assert.throws(() => parseCanonical(Buffer.from([0x22, 0xff, 0x22]), 'test'), { code: 'CORRUPT' })
})

test('tags a number that is no safe integer with its shortest text', () => {
  assert.deepEqual(
    [0, -1, 0.1, -0, 1e21, 5e-324, 2 ** 53, NaN, Infinity, -Infinity].map(encodeNumber),
    [
      0,
      -1,
      { $number: '0.1' },
      { $number: '-0' },
      { $number: '1e+21' },
      { $number: '5e-324' },
      { $number: '9007199254740992' },
      { $number: 'NaN' },
      { $number: 'Infinity' },
      { $number: '-Infinity' },
    ],
  )
})

test('gives every user value back, to the bit', () => {
  fc.assert(
    fc.property(anyUserValue, (value) => {
      const text = canonicalJson(encodeValue(value))
      assert.deepStrictEqual(decodeValue(parseCanonical(text, 'test')), structuredClone(value))
    }),
  )
})

test('refuses user values that are not JSON, naming the place', () => {
  const values: readonly unknown[] = [
    undefined,
    1n,
    new Date(0),
    new Map(),
    Symbol('s'),
    () => 1,
    '\udfff',
    { $number: '1' },
    { ['\ud800']: 1 },
    Array.from({ length: 1 }),
  ]
  for (const value of values) {
    assert.throws(() => encodeValue({ a: [value] }, 'meta'), {
      code: 'INVALID_ARGUMENT',
      message: /^meta\.a\[0\]/,
    })
  }
})

test('takes 64 levels of nesting and refuses 65', () => {
  const deepest = encodeValue(JSON.parse(nested(64)))
  assert.deepEqual(decodeValue(deepest), deepest)
  assert.throws(() => encodeValue(JSON.parse(nested(65))), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => decodeValue(JSON.parse(nested(65))), { code: 'CORRUPT' })
})

test('refuses a forged or clumsy number tag', () => {
  const tags = [
    { $number: '1' },
    { $number: '0.10' },
    { $number: ' 0.5' },
    { $number: 'nan' },
    { $number: '0x1p3' },
    { $number: '1e400' },
    { $number: 0.5 },
    { $number: '0.5', a: 1 },
    { $other: 1 },
  ]
  for (const tag of tags) assert.throws(() => decodeValue(tag), { code: 'CORRUPT' })
})

test('reads user JSON as JSON.parse does when every number fits', () => {
  // Doubles from 2^53 to 10^21 are printed without an exponent and are refused.
  const isBigInteger = /(?<![\d.])\d{16,}(?![\d.eE])/
  const anyJson = fc.json({ maxDepth: 4 }).filter((text) => !isBigInteger.test(text))
  fc.assert(
    fc.property(anyJson, (text) => {
      assert.deepStrictEqual(parseUserJson(text), JSON.parse(text))
    }),
  )
})

test('refuses an integer that a double would round, and says where', () => {
  assert.throws(() => parseUserJson('{\n  "id": 9007199254740993}', 'meta.json'), {
    code: 'INVALID_ARGUMENT',
    message: /meta\.json: line 2, column 9: 9007199254740993/,
  })
  assert.throws(() => parseUserJson('[-9007199254740993]'), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => parseUserJson('1e999'), { code: 'INVALID_ARGUMENT' })
})

test('takes big numbers in strings, keys, and as doubles', () => {
  const text = '{"9007199254740993":"\\"9007199254740993","a\\\\":1e20,"b":9007199254740991}'
  assert.deepEqual(parseUserJson(text), JSON.parse(text))
})

test('refuses text that is not JSON', () => {
  assert.throws(() => parseUserJson('{a:1}'), { code: 'INVALID_ARGUMENT' })
})
