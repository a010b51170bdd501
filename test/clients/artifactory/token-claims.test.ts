/** What a token says of itself, if it says anything. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { tokenClaims } from '../../../src/clients/artifactory/token-claims.ts'

const tokenOf = (payload: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`

test('reads the user and the end of a token', () => {
  const claims = tokenClaims(tokenOf({ sub: 'jfac@01abc/users/anna', exp: 1_795_000_000 }))
  assert.deepEqual(claims, { user: 'anna', expiresAt: new Date(1_795_000_000_000) })
})

test('says nothing of a token that is none, or has other claims', () => {
  const others = [tokenOf({ sub: 'anna', exp: 'soon' }), tokenOf(null), tokenOf({ exp: 1e300 })]
  for (const token of [...others, 'reference-token', 'a.b.c', 'a..c', '']) {
    assert.deepEqual(tokenClaims(token), {})
  }
})

test('never fails, whatever the token is', () => {
  fc.assert(fc.property(fc.string(), (token) => assert.equal(typeof tokenClaims(token), 'object')))
})
