/** A secret shows itself in no way but `reveal`. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'

import { Secret } from '../../src/core/secret.ts'

const hidden = 'hush-hush'

const ways: Readonly<Record<string, (secret: Secret) => string>> = {
  'String()': (secret) => String(secret),
  concatenation: (secret) => ['', secret].join('token '),
  'JSON.stringify': (secret) => JSON.stringify({ secret }),
  'util.inspect': (secret) => inspect({ secret }, { showHidden: true, depth: 9, getters: true }),
  'util.format': (secret) => format('%s %o %O %j', secret, secret, secret, secret),
  'the keys': (secret) => JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
  'a spread': (secret) => JSON.stringify(Object.assign({}, secret)),
  structuredClone: (secret) => inspect(structuredClone(secret)),
  'v8.serialize': (secret) => serialize(secret).toString('latin1'),
  'an error': (secret) => inspect(new Error(`bad: ${secret.toString()}`, { cause: secret })),
}

for (const [way, show] of Object.entries(ways)) {
  test(`is not shown by ${way}`, () => {
    assert.ok(!show(new Secret(hidden)).includes(hidden))
  })
}

test('is given by reveal', () => {
  assert.equal(new Secret(hidden).reveal(), hidden)
})
