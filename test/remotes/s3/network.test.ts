/** Https with an authority of one's own, and proxies, over real sockets. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import { proxyChooser } from '../../../src/remotes/s3/proxy.ts'
import { TestProxy } from '../../support/s3-server/proxy.ts'
import { testCertificatePath, testTls } from '../../support/s3-server/tls.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openOnServer } from './open.ts'

const bytes = Buffer.from('some bytes')

async function startProxy(context: TestContext, login?: string): Promise<TestProxy> {
  const proxy = await TestProxy.start(login)
  context.after(() => proxy.close())
  return proxy
}

describe('a store behind https', () => {
  test('whose authority is unknown is not spoken to, and the hint tells of --ca-bundle', async (context) => {
    const { remote, clock } = await openOnServer(context, { server: { tls: testTls } })
    await assert.rejects(remote.get('k'), (error: { code?: string; hint?: string }) => {
      assert.equal(error.code, 'REMOTE_UNAVAILABLE')
      assert.ok(error.hint?.includes('--ca-bundle'))
      return true
    })
    assert.deepEqual(clock.sleepsMs, [], 'it was tried again')
  })

  test('works with the CA bundle of the settings or of AWS_CA_BUNDLE', async (context) => {
    for (const options of [
      { settings: { caBundle: testCertificatePath } },
      { environment: { env: { AWS_CA_BUNDLE: testCertificatePath } } },
    ]) {
      const { remote } = await openOnServer(context, { server: { tls: testTls }, ...options })
      await remote.put('k', bytes)
      assert.deepEqual(await remote.get('k'), bytes)
    }
  })

  test('takes shared memory', async (context) => {
    const options = { server: { tls: testTls }, settings: { caBundle: testCertificatePath } }
    const { remote } = await openOnServer(context, options)
    const shared = new Uint8Array(new SharedArrayBuffer(300_000)).fill(7)
    await remote.put('k', shared, { digest: async () => digestOf(shared) })
    assert.ok(Buffer.from((await remote.get('k')) ?? []).equals(shared))
  })

  test('with a CA bundle that cannot be read is refused before anything is sent', async (context) => {
    for (const caBundle of [join(temporaryFolder(context), 'absent.pem')]) {
      const opening = openOnServer(context, { settings: { caBundle } })
      await assert.rejects(opening, { code: 'INVALID_ARGUMENT' })
    }
  })

  test('with a CA bundle that holds no certificate is refused as such', async (context) => {
    const caBundle = join(temporaryFolder(context), 'empty.pem')
    writeFileSync(caBundle, 'not a certificate')
    const opening = openOnServer(context, { settings: { caBundle } })
    await assert.rejects(opening, { code: 'INVALID_ARGUMENT' })
  })
})

describe('a proxy', () => {
  test('is tunnelled through for https', async (context) => {
    const proxy = await startProxy(context)
    const { server, remote } = await openOnServer(context, {
      server: { tls: testTls },
      settings: { caBundle: testCertificatePath },
      environment: { env: { HTTPS_PROXY: `http://${proxy.host}` } },
    })
    await remote.put('k', bytes)
    assert.deepEqual(await remote.get('k'), bytes)
    assert.deepEqual(proxy.log, [`CONNECT 127.0.0.1:${server.port}`])
  })

  test('is given whole URLs for http', async (context) => {
    const proxy = await startProxy(context)
    const { server, remote } = await openOnServer(context, {
      environment: { env: { http_proxy: proxy.host } },
    })
    await remote.put('k', bytes)
    assert.deepEqual(await remote.get('k'), bytes)
    const listed: string[] = []
    for await (const { key } of remote.list('')) listed.push(key)
    assert.deepEqual(listed, ['k'])
    assert.equal(proxy.log.length, 3)
    assert.ok(proxy.log[0]?.startsWith(`PUT ${server.url}/bucket/some/prefix/k?`), proxy.log[0])
  })

  test('is left out for hosts in NO_PROXY', async (context) => {
    const proxy = await startProxy(context)
    const { remote } = await openOnServer(context, {
      environment: { env: { HTTP_PROXY: proxy.host, NO_PROXY: 'example.com, 127.0.0.1' } },
    })
    await remote.put('k', bytes)
    assert.deepEqual(proxy.log, [])
  })

  test('that wants a login gets it from the URL, and its password is in no error', async (context) => {
    const proxy = await startProxy(context, 'anna:s%cret')
    const server = { tls: testTls }
    const settings = { caBundle: testCertificatePath }
    const open = (login: string): ReturnType<typeof openOnServer> =>
      openOnServer(context, {
        server,
        settings,
        environment: { env: { HTTPS_PROXY: `http://${login}@${proxy.host}` } },
      })
    const { remote: known } = await open('anna:s%25cret')
    await known.put('k', bytes)
    const { remote: stranger } = await open('anna:wrong-password')
    await assert.rejects(stranger.put('k', bytes), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'REMOTE_UNAVAILABLE')
      assert.ok(error.message.includes(proxy.host) && !error.message.includes('wrong-password'))
      return true
    })
  })

  test('that wants a login for plain http says so', async (context) => {
    const proxy = await startProxy(context, 'anna:secret')
    const open = (env: Record<string, string>): ReturnType<typeof openOnServer> =>
      openOnServer(context, { environment: { env } })
    const { remote: known } = await open({ HTTP_PROXY: `http://anna:secret@${proxy.host}` })
    await known.put('k', bytes)
    const { remote: stranger } = await open({ HTTP_PROXY: proxy.host })
    await assert.rejects(stranger.put('k', bytes), { code: 'REMOTE_REFUSED' })
  })

  test('that is not there makes the remote unavailable', async (context) => {
    const proxy = await TestProxy.start()
    const { host } = proxy
    await proxy.close()
    const { remote } = await openOnServer(context, {
      server: { tls: testTls },
      environment: { env: { ALL_PROXY: `http://${host}` } },
    })
    await assert.rejects(remote.get('k'), { code: 'REMOTE_UNAVAILABLE' })
  })

  test('of a kind that is not known is refused', () => {
    for (const HTTPS_PROXY of ['socks5://127.0.0.1:1080', 'http://']) {
      assert.throws(() => proxyChooser({ HTTPS_PROXY }), { code: 'INVALID_ARGUMENT' })
    }
  })
})

describe('NO_PROXY', () => {
  const isDirect = (noProxy: string, host: string, port = 443): boolean =>
    proxyChooser({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: noProxy })({
      isHttps: true,
      host,
      port,
    }) === undefined

  test('takes hosts, domains, ports, addresses and blocks', () => {
    const cases: readonly (readonly [string, string, boolean, number?])[] = [
      ['*', 'any.example', true],
      ['', 'any.example', false],
      ['s3.example', 's3.example', true],
      ['S3.Example', 's3.example', true],
      ['example', 's3.example', true],
      ['.example', 's3.example', true],
      ['*.example', 's3.example', true],
      ['ample', 's3.example', false],
      ['a.b, s3.example', 's3.example', true],
      ['s3.example:443', 's3.example', true],
      ['s3.example:9000', 's3.example', false],
      ['s3.example:9000', 's3.example', true, 9000],
      ['10.0.0.1', '10.0.0.1', true],
      ['10.0.0.0/8', '10.200.3.4', true],
      ['10.0.0.0/8', '11.0.0.1', false],
      ['10.0.0.0/99', '10.0.0.1', false],
      ['10.0.0.0/8', 's3.example', false],
      ['fd00::/8', 'fd12::1', true],
      ['fd00::/8', '10.0.0.1', false],
    ]
    for (const [noProxy, host, expected, port] of cases) {
      assert.equal(isDirect(noProxy, host, port), expected, `${noProxy} for ${host}`)
    }
  })
})
