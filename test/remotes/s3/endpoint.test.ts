/** Endpoint, region and addressing are decided as AWS's own tools decide them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { RemoteSettings } from '../../../src/ports/remote.ts'
import { resolveEndpoint, type S3Endpoint } from '../../../src/remotes/s3/endpoint.ts'

function resolve(
  settings: Partial<RemoteSettings> = {},
  env: Record<string, string> = {},
): S3Endpoint {
  return resolveEndpoint({ url: 's3://bucket', ...settings }, env)
}

test('nothing said is AWS, with the bucket in the host name and the region left open', () => {
  assert.deepEqual(resolve(), {
    url: undefined,
    region: undefined,
    pathStyle: false,
    isAws: true,
    caBundle: undefined,
  })
})

test('an endpoint of one’s own is addressed by path and takes a region for any', () => {
  const endpoint = resolve({ endpointUrl: 'http://127.0.0.1:9000' })
  assert.equal(endpoint.url, 'http://127.0.0.1:9000/')
  assert.deepEqual(
    [endpoint.pathStyle, endpoint.isAws, endpoint.region],
    [true, false, 'us-east-1'],
  )
})

test('path style can be turned off and on', () => {
  assert.equal(resolve({ endpointUrl: 'https://s3.example', pathStyle: false }).pathStyle, false)
  assert.equal(resolve({ pathStyle: true }).pathStyle, true)
})

test('R2 has the region auto', () => {
  const endpointUrl = 'https://account.r2.cloudflarestorage.com'
  assert.equal(resolve({ endpointUrl }).region, 'auto')
  assert.equal(resolve({ endpointUrl, region: 'weur' }).region, 'weur')
})

test('an endpoint of AWS is AWS, in the region it names', () => {
  for (const [host, region] of [
    ['s3.eu-north-1.amazonaws.com', 'eu-north-1'],
    ['s3.dualstack.us-west-2.amazonaws.com', 'us-west-2'],
    ['s3-fips.us-gov-east-1.amazonaws.com', 'us-gov-east-1'],
    ['s3.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['s3.amazonaws.com', undefined],
  ] as const) {
    const endpoint = resolve({ endpointUrl: `https://${host}` })
    assert.deepEqual([endpoint.isAws, endpoint.region, endpoint.pathStyle], [true, region, false])
  }
  assert.equal(resolve({ endpointUrl: 'https://amazonaws.com.evil.example' }).isAws, false)
})

test('settings come before variables, and the variables of S3 before those of all services', () => {
  const env = {
    AWS_ENDPOINT_URL_S3: 'https://s3.example',
    AWS_ENDPOINT_URL: 'https://all.example',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-2',
    AWS_CA_BUNDLE: '/etc/ca.pem',
  }
  assert.equal(resolve({}, env).url, 'https://s3.example/')
  assert.equal(resolve({}, { ...env, AWS_ENDPOINT_URL_S3: '' }).url, 'https://all.example/')
  const own = { ...env, MLSTORE_S3_ENDPOINT_URL: 'https://own.example' }
  assert.equal(resolve({}, own).url, 'https://own.example/')
  assert.equal(resolve({}, env).region, 'eu-west-1')
  assert.equal(resolve({}, { AWS_DEFAULT_REGION: 'eu-west-2' }).region, 'eu-west-2')
  assert.equal(resolve({}, env).caBundle, '/etc/ca.pem')
  const settings = { endpointUrl: 'https://mine.example', region: 'here', caBundle: '/mine.pem' }
  const mine = resolve(settings, env)
  assert.deepEqual(
    [mine.url, mine.region, mine.caBundle],
    ['https://mine.example/', 'here', '/mine.pem'],
  )
})

test('what is no http URL, or holds a password, is refused without being repeated', () => {
  for (const endpointUrl of [
    'minio:9000',
    's3://x',
    'not a url',
    'https://user:hidden@s3.example',
  ]) {
    assert.throws(
      () => resolve({ endpointUrl }),
      (error: { code?: string; message?: string; hint?: string }) => {
        assert.equal(error.code, 'INVALID_ARGUMENT')
        assert.ok(!`${error.message}${error.hint}`.includes('hidden'))
        return true
      },
    )
  }
})
