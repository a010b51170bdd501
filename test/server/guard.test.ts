import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isLoopback, refusal, type RequestHeaders } from '../../src/server/guard.ts'

const plain: RequestHeaders = {
  host: '127.0.0.1:5000',
  origin: undefined,
  authorization: undefined,
  fetchSite: undefined,
}
const loopback = { host: '127.0.0.1' }
const open = { host: '0.0.0.0', token: 'secret-token' }

function statusOf(headers: Partial<RequestHeaders>, policy = loopback): number | undefined {
  return refusal({ ...plain, ...headers }, policy)?.status
}

test('programs of this machine are answered under each of its names', () => {
  for (const host of ['127.0.0.1:5000', 'localhost:5000', 'LOCALHOST', '[::1]:80', '127.1.2.3']) {
    assert.equal(statusOf({ host }), undefined, host)
  }
})

test('a name that was pointed here is refused (DNS rebinding)', () => {
  const names = ['evil.com', 'evil.com:5000', 'localhost.evil.com', '127.0.0.1.evil.com', '0.0.0.0']
  for (const host of [...names, '', 'a b', 'user@127.0.0.1', '127.0.0.1:x', undefined]) {
    assert.equal(statusOf({ host }), 403, String(host))
  }
})

test('pages of other sites are refused, those of this server are not (CSRF)', () => {
  assert.equal(statusOf({ origin: 'http://evil.com' }), 403)
  assert.equal(statusOf({ origin: 'null' }), 403)
  assert.equal(statusOf({ origin: 'http://127.0.0.1:5001' }), 403)
  assert.equal(statusOf({ origin: 'http://127.0.0.1:5000' }), undefined)
  assert.equal(statusOf({ fetchSite: 'cross-site' }), 403)
  assert.equal(statusOf({ fetchSite: 'same-site' }), 403)
  assert.equal(statusOf({ fetchSite: 'same-origin' }), undefined)
})

test('a token is asked for, as bearer or as the password that MLflow sends', () => {
  const host = 'store.example:8080'
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  for (const authorization of [
    'Bearer secret-token',
    'bearer secret-token',
    basic('anna:secret-token'),
  ]) {
    assert.equal(statusOf({ host, authorization }, open), undefined, authorization)
  }
  const wrong = [
    'Bearer secret-toke',
    'Bearer secret-token2',
    basic('secret-token:x'),
    'Digest secret-token',
  ]
  for (const authorization of [...wrong, 'secret-token', '', undefined]) {
    assert.equal(statusOf({ host, authorization }, open), 401, String(authorization))
  }
})

test('loopback addresses are known, others are not taken for one', () => {
  assert.deepEqual(['127.0.0.1', '::1', 'localhost', '127.9.9.9'].map(isLoopback), [
    true,
    true,
    true,
    true,
  ])
  assert.deepEqual(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.nip.io'].map(isLoopback), [
    false,
    false,
    false,
    false,
  ])
})
