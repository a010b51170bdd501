/** `runConfigHash` gives the hashes that WaBucketRef gives, from runs of the original. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import { runConfigHash, runConfigText } from '../../src/core/run-config-hash.ts'

const vectors = [
  {
    config: { lr: 0.1, epochs: 3 },
    text: 'epochs=3 lr=0.1',
    hash: '047c860a51a638fc421412d832a505bd9313955f9db1087c71796735d515fa54',
  },
  {
    config: { b: true, a: null, n: { x: 1, y: 'é' }, l: [1, 'two', 1.5] },
    text: "a=None b=True l=[1, 'two', 1.5] n={'x': 1, 'y': 'é'}",
    hash: 'ea81434b3273b8de1884b7db438bc46d2be11d2577a4c92a931f888629d40fbc',
  },
  {
    config: { f: 1e-5, g: '1.0', h: 1e20, i: 'a b' },
    text: 'f=1e-05 g=1.0 h=1e+20 i=a b',
    hash: 'd366950ba6a4d1f9614496039d882700c6ba77c7a37f25b914f983818fcd758e',
  },
  {
    config: { a: 2, B: 1, _x: 3 },
    text: 'B=1 a=2',
    hash: 'a93b760115d157a0811bddc76d42070cc257e2187ec069a76bdcbebb24acab1e',
  },
  {
    config: {},
    text: '',
    hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  },
]

test('the hash of run arguments is that of the original', () => {
  for (const { config, text, hash } of vectors) {
    assert.equal(runConfigText(config), text)
    assert.equal(runConfigHash(config), hash)
  }
})

test('keys lose the dashes at their ends, and those that then start with _ are left out', () => {
  assert.equal(runConfigText({ '--lr-': 1, 'a-b': 2, '-_x': 3 }), 'a-b=2 lr=1')
})

test('keys are sorted by code point, upper case before _ before lower case', () => {
  assert.equal(runConfigText({ z: 1, a_b: 2, aB: 3, A: 4, ab: 5 }), 'A=4 aB=3 a_b=2 ab=5 z=1')
  assert.equal(runConfigText({ '\u{1F600}': 1, '\uFF5E': 2 }), '\uFF5E=2 \u{1F600}=1')
})

test('the order in which arguments are given makes no difference', () => {
  const keys = fc.string({ minLength: 1 }).filter((key) => /^[^-_]/.test(key) && !key.endsWith('-'))
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
  const values = fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.string(), leaf))
  fc.assert(
    fc.property(fc.dictionary(keys, values), (config) => {
      const reversed = Object.fromEntries(Object.entries(config).reverse())
      assert.equal(runConfigText(reversed), runConfigText(config))
    }),
  )
})

test('a value that holds another pair gives the hash of both, as in the original', () => {
  assert.equal(runConfigHash({ a: '1 b=2' }), digestOf(Buffer.from('a=1 b=2')))
  assert.equal(runConfigHash({ a: '1 b=2' }), runConfigHash({ a: 1, b: 2 }))
})
