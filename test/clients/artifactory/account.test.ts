/** What a login sends to a server, and what it never sends in the clear. */

import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import { checkAccount } from '../../../src/clients/artifactory/account.ts'
import type { HttpClient, HttpRequest } from '../../../src/clients/http.ts'
import { askStoreServer } from '../../../src/clients/store-server/account.ts'

type Sent = {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
}
type Reply = { readonly status: number; readonly location?: string; readonly json?: object }

/** A client that answers by itself and keeps what was sent. */
function clientOf(reply: (sent: Sent) => Reply): [Pick<HttpClient, 'send'>, Sent[]] {
  const all: Sent[] = []
  const send = async (url: URL, { method = 'GET', headers = {} }: HttpRequest = {}) => {
    const sent = { method, url: url.href, authorization: headers['authorization'] }
    all.push(sent)
    const { status, location, json = {} } = reply(sent)
    return {
      status,
      headers: { ...(location !== undefined && { location }) },
      body: Readable.from([]),
      text: async () => JSON.stringify(json),
      json: async (): Promise<unknown> => json,
      discard: async () => undefined,
    }
  }
  return [{ send }, all]
}

const token = { how: 'token', token: 'secret' } as const

test('a server that sends http on to https gets the secret by https only', async () => {
  const [http, all] = clientOf(({ url }) => {
    const isPlain = url.startsWith('http:')
    if (isPlain) return { status: 301, location: url.replace('http:', 'https:') }
    return { status: 200, json: { version: '7.90.1' } }
  })
  const checked = await checkAccount(http, { url: new URL('http://myorg.test/x'), login: token })
  assert.deepEqual([checked.origin, checked.version], ['https://myorg.test', '7.90.1'])
  const [first, ...others] = all
  assert.deepEqual(first, {
    method: 'POST',
    url: 'http://myorg.test/artifactory/api/system/ping',
    authorization: undefined,
  })
  assert.ok(others.length > 0)
  for (const { url, authorization } of others) {
    assert.ok(url.startsWith('https://myorg.test/'), url)
    assert.equal(authorization, 'Bearer secret')
  }
})

test('a redirect to another host, or to http, is not taken for the server', async () => {
  for (const location of ['https://elsewhere.test/', 'http://myorg.test/ui/', '/ui/', '::']) {
    const [http, all] = clientOf(({ method }) =>
      method === 'POST' ? { status: 302, location } : { status: 200, json: { version: '7.90.1' } },
    )
    const checked = await checkAccount(http, { url: new URL('http://myorg.test'), login: token })
    assert.equal(checked.origin, 'http://myorg.test', location)
    assert.ok(all.every(({ url }) => url.startsWith('http://myorg.test/')))
  }
})

test('a server of mlstore behind https gets the token by https only', async () => {
  const [http, all] = clientOf(({ url }) =>
    url.startsWith('http:')
      ? { status: 308, location: url.replace('http:', 'https:') }
      : { status: 200, json: { version: '0.1.0' } },
  )
  const url = new URL('http://lab.test/store/')
  const answer = await askStoreServer(http, { url, token: 'secret' })
  const lab = new URL('https://lab.test/store/')
  assert.deepEqual(answer, { is: 'store', version: '0.1.0', url: lab })
  assert.deepEqual(
    all.map((sent) => [sent.url, sent.authorization]),
    [
      ['http://lab.test/store/version', undefined],
      ['https://lab.test/store/version', 'Bearer secret'],
    ],
  )
})

test('https is asked directly', async () => {
  const [http, all] = clientOf(() => ({ status: 200, json: {} }))
  const url = new URL('https://myorg.test/artifactory')
  const checked = await checkAccount(http, { url, login: { how: 'anonymous' } })
  assert.deepEqual(checked, {
    origin: 'https://myorg.test',
    token: undefined,
    user: undefined,
    expiresInSeconds: undefined,
    expiresAt: undefined,
    version: undefined,
  })
  assert.deepEqual(
    all.map(({ method, url: asked }) => [method, new URL(asked).pathname]),
    [
      ['GET', '/artifactory/api/system/ping'],
      ['GET', '/artifactory/api/system/version'],
    ],
  )
})

test('a token that anybody may ping with is still checked', async () => {
  const [http] = clientOf(({ url }) => ({ status: url.endsWith('/ping') ? 200 : 401 }))
  const url = new URL('https://myorg.test')
  await assert.rejects(checkAccount(http, { url, login: token }), { code: 'REMOTE_REFUSED' })
  const { version } = await checkAccount(http, { url, login: { how: 'anonymous' } })
  assert.equal(version, undefined)
})

test('an answer without a token is none of an Artifactory', async () => {
  const login = { how: 'password', username: 'anna', password: 'hidden' } as const
  const url = new URL('https://myorg.test')
  for (const json of [{}, { access_token: '' }, { access_token: 7 }, []]) {
    const [http] = clientOf(() => ({ status: 200, json }))
    await assert.rejects(checkAccount(http, { url, login }), { code: 'REMOTE_REFUSED' })
  }
})
