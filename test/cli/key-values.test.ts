/** `K=V` words become tags and metadata without changing a value in silence. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  parseMeta,
  parseMetaFile,
  parseMetrics,
  parseParams,
  parseTags,
  parseTexts,
} from '../../src/cli/key-values.ts'

const invalid = { code: 'INVALID_ARGUMENT' }

test('splits at the first equals sign', () => {
  assert.deepEqual(parseTags(['a=1=2', 'empty=']), { a: '1=2', empty: '' })
})

test('keeps tags as text', () => {
  assert.deepEqual(parseTags(['n=1', 't=true']), { n: '1', t: 'true' })
})

test('keeps texts as they are written, and of a key that is given twice the last one', () => {
  assert.deepEqual(parseTexts(['lr=1.0', 'lr=1e-05', 'a=b=c', 'e=']), {
    lr: '1e-05',
    a: 'b=c',
    e: '',
  })
  assert.throws(() => parseTexts(['nothing']), invalid)
  assert.throws(() => parseTexts(['=v']), invalid)
})

test('refuses words without a key, and keys given twice', () => {
  assert.throws(() => parseTags(['nothing']), invalid)
  assert.throws(() => parseTags(['=v']), invalid)
  assert.throws(() => parseTags(['a=1', 'a=2']), invalid)
})

test('reads metadata as JSON where it is JSON, and as text where not', () => {
  const words = ['f1=0.93', 'n=3', 'ok=true', 'none=null', 'o={"a":[1]}', 's="3"', 't=v 1', 'x=NaN']
  assert.deepEqual(parseMeta(words), {
    f1: 0.93,
    n: 3,
    ok: true,
    none: null,
    o: { a: [1] },
    s: '3',
    t: 'v 1',
    x: 'NaN',
  })
})

test('refuses a number that would lose digits', () => {
  assert.throws(() => parseMeta(['id=12345678901234567890']), { ...invalid, message: /--meta id/ })
})

test('makes an ordinary key of __proto__', () => {
  assert.deepEqual(Object.entries(parseMeta(['__proto__={"a":1}'])), [['__proto__', { a: 1 }]])
  assert.deepEqual(Object.entries(parseTags(['__proto__=x'])), [['__proto__', 'x']])
})

test('reads a metadata file that holds an object, and nothing else', () => {
  assert.deepEqual(parseMetaFile('{"a":1}', 'm.json'), { a: 1 })
  for (const text of ['[1]', '3', 'null', '"x"', '{', '']) {
    assert.throws(() => parseMetaFile(text, 'm.json'), { ...invalid, message: /m\.json/ })
  }
})

test('a metric is a number, a param any text', () => {
  assert.deepEqual(parseMetrics(['loss=1e-3', 'a=nan', 'b=-inf']), {
    loss: 0.001,
    a: NaN,
    b: -Infinity,
  })
  assert.throws(() => parseMetrics(['loss=high']), { ...invalid, message: /--metric loss/ })
  assert.deepEqual(parseParams(['lr=0.1', 'x=']), { lr: '0.1', x: '' })
})

test('gives back any tags', () => {
  const key = fc.string({ minLength: 1 }).filter((text) => !text.includes('='))
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, fc.string()), { selector: ([k]) => k }), (pairs) => {
      const tags = parseTags(pairs.map(([k, v]) => `${k}=${v}`))
      assert.deepEqual(new Map(Object.entries(tags)), new Map(pairs))
    }),
  )
})
