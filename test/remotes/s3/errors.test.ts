/** Every error name becomes the right code, with a sentence and a next step, and no secret. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'

import { type ErrorCode, MlstoreError } from '../../../src/errors.ts'
import { retryAdviceOf } from '../../../src/remotes/failures.ts'
import { s3Error } from '../../../src/remotes/s3/errors.ts'
import { openOnServer, testCredentials } from './open.ts'

type Advice = 'never' | 'later' | 'throttled'
type Row = readonly [name: string, status: number, code: ErrorCode, advice: Advice]

const answers: readonly Row[] = [
  ['InvalidAccessKeyId', 403, 'REMOTE_REFUSED', 'never'],
  ['SignatureDoesNotMatch', 403, 'REMOTE_REFUSED', 'never'],
  ['ExpiredToken', 400, 'REMOTE_REFUSED', 'never'],
  ['TokenRefreshRequired', 400, 'REMOTE_REFUSED', 'never'],
  ['InvalidToken', 400, 'REMOTE_REFUSED', 'never'],
  ['AccessDenied', 403, 'REMOTE_REFUSED', 'never'],
  ['AllAccessDisabled', 403, 'REMOTE_REFUSED', 'never'],
  ['RequestTimeTooSkewed', 403, 'REMOTE_REFUSED', 'never'],
  ['RequestExpired', 403, 'REMOTE_REFUSED', 'never'],
  ['RequestInTheFuture', 403, 'REMOTE_REFUSED', 'never'],
  ['AuthorizationHeaderMalformed', 400, 'REMOTE_REFUSED', 'never'],
  ['PermanentRedirect', 301, 'REMOTE_REFUSED', 'never'],
  ['IllegalLocationConstraintException', 400, 'REMOTE_REFUSED', 'never'],
  ['NoSuchBucket', 404, 'REMOTE_REFUSED', 'never'],
  ['InvalidBucketName', 400, 'REMOTE_REFUSED', 'never'],
  ['InvalidObjectState', 403, 'REMOTE_REFUSED', 'never'],
  ['EntityTooLarge', 400, 'REMOTE_REFUSED', 'never'],
  ['PreconditionFailed', 412, 'REMOTE_UNAVAILABLE', 'later'],
  ['ConditionalRequestConflict', 409, 'REMOTE_UNAVAILABLE', 'later'],
  ['ConcurrentModification', 409, 'REMOTE_UNAVAILABLE', 'later'],
  ['OperationAborted', 409, 'REMOTE_UNAVAILABLE', 'later'],
  ['NotImplemented', 501, 'REMOTE_UNSUPPORTED', 'never'],
  ['MethodNotAllowed', 405, 'REMOTE_UNSUPPORTED', 'never'],
  ['MissingContentMD5', 400, 'REMOTE_UNSUPPORTED', 'never'],
  ['SlowDown', 503, 'REMOTE_UNAVAILABLE', 'throttled'],
  ['ServiceUnavailable', 503, 'REMOTE_UNAVAILABLE', 'throttled'],
  ['TooManyRequests', 429, 'REMOTE_UNAVAILABLE', 'throttled'],
  ['RequestLimitExceeded', 400, 'REMOTE_UNAVAILABLE', 'throttled'],
  ['InternalError', 500, 'REMOTE_UNAVAILABLE', 'later'],
  ['RequestTimeout', 400, 'REMOTE_UNAVAILABLE', 'later'],
  ['XAmzContentSHA256Mismatch', 400, 'REMOTE_UNAVAILABLE', 'later'],
  ['BadDigest', 400, 'REMOTE_UNAVAILABLE', 'later'],
  ['QuotaExceeded', 403, 'NO_SPACE', 'never'],
  ['XMinioStorageFull', 507, 'NO_SPACE', 'never'],
  ['NeverHeardOf', 400, 'REMOTE_REFUSED', 'never'],
  ['NeverHeardOf', 418, 'REMOTE_REFUSED', 'never'],
  ['NeverHeardOf', 599, 'REMOTE_UNAVAILABLE', 'later'],
]

/** Answers without a document, as a proxy or a HEAD gives them. */
const statuses: readonly (readonly [number, ErrorCode, Advice])[] = [
  [301, 'REMOTE_REFUSED', 'never'],
  [401, 'REMOTE_REFUSED', 'never'],
  [403, 'REMOTE_REFUSED', 'never'],
  [407, 'REMOTE_REFUSED', 'never'],
  [408, 'REMOTE_UNAVAILABLE', 'later'],
  [413, 'REMOTE_REFUSED', 'never'],
  [429, 'REMOTE_UNAVAILABLE', 'throttled'],
  [499, 'REMOTE_UNAVAILABLE', 'later'],
  [500, 'REMOTE_UNAVAILABLE', 'later'],
  [501, 'REMOTE_UNSUPPORTED', 'never'],
  [502, 'REMOTE_UNAVAILABLE', 'later'],
  [503, 'REMOTE_UNAVAILABLE', 'throttled'],
  [504, 'REMOTE_UNAVAILABLE', 'later'],
  [507, 'NO_SPACE', 'never'],
]

function adviceOf(error: MlstoreError): Advice {
  const { retryable, throttled } = retryAdviceOf(error)
  if (!retryable) return 'never'
  return throttled ? 'throttled' : 'later'
}

async function failureOf(request: Promise<unknown>): Promise<MlstoreError> {
  const error = await request.then(
    () => assert.fail('it went well'),
    (failure: unknown) => failure,
  )
  assert.ok(error instanceof MlstoreError, inspect(error))
  assert.ok(error.hint !== undefined && error.hint.length > 10, 'no hint')
  return error
}

describe('an answer of the store', () => {
  test('is translated by its name, for reads and writes', async (context) => {
    const { server, remote } = await openOnServer(context, {
      environment: { retries: { triesMax: 1 } },
    })
    for (const [name, status, code, advice] of answers) {
      for (const request of [() => remote.get('k'), () => remote.put('k', Buffer.from('x'))]) {
        server.faults.add({ fault: { kind: 'answer', status, code: name } })
        // A wrong clock is asked about twice.
        server.faults.add({ fault: { kind: 'answer', status, code: name } })
        const error = await failureOf(request())
        server.faults.clear()
        assert.equal(error.code, code, name)
        assert.equal(adviceOf(error), advice, name)
        assert.equal(error.details?.['error'], name)
        assert.equal(error.details?.['status'], status)
        assert.match(String(error.details?.['requestId']), /^request-/)
        assert.ok(error.message.includes(name) && error.message.includes(remote.url))
      }
    }
  })

  test('is translated by its status where it has no name', async (context) => {
    const { server, remote } = await openOnServer(context, {
      environment: { retries: { triesMax: 1 } },
    })
    for (const [status, code, advice] of statuses) {
      for (const request of [() => remote.put('k', Buffer.from('x')), () => remote.head('k')]) {
        server.faults.add({ fault: { kind: 'answer', status } })
        const error = await failureOf(request())
        assert.equal(error.code, code, String(status))
        assert.equal(adviceOf(error), advice, String(status))
        assert.equal(error.details?.['status'], status)
      }
    }
  })

  test('that names the right region puts it into the hint', async (context) => {
    const { server, remote } = await openOnServer(context)
    const answer = {
      kind: 'answer',
      status: 301,
      code: 'PermanentRedirect',
      headers: { 'x-amz-bucket-region': 'eu-north-1' },
    } as const
    server.faults.add({ fault: answer, times: 2 })
    const error = await failureOf(remote.get('k'))
    assert.equal(error.details?.['region'], 'eu-north-1')
    assert.ok(error.hint?.includes('--region eu-north-1'))
  })

  test('never brings keys, signatures or secrets into the error, not even as its cause', async (context) => {
    const { server, remote } = await openOnServer(context, { server: { accessKeyId: 'other' } })
    server.faults.add({
      on: 'PUT',
      fault: {
        kind: 'answer',
        status: 403,
        code: 'SignatureDoesNotMatch',
        elements: { StringToSign: 'AWS4-HMAC-SHA256 secret parts', AWSAccessKeyId: 'test-key' },
      },
    })
    for (const request of [() => remote.get('k'), () => remote.put('k', Buffer.from('x'))]) {
      const error = await failureOf(request())
      const everything = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)
      for (const secret of [...Object.values(testCredentials), 'AWS4-HMAC']) {
        assert.ok(!everything.includes(secret), secret)
      }
    }
  })
})

describe('a failure without an answer', () => {
  const context = { remote: 's3://bucket/prefix', doing: 'reading log/1' }
  const systemError = (code: string): Error => Object.assign(new Error(code), { code })
  const cases: readonly (readonly [string, Advice])[] = [
    ['ECONNREFUSED', 'later'],
    ['ECONNRESET', 'later'],
    ['EPIPE', 'later'],
    ['ETIMEDOUT', 'later'],
    ['EAI_AGAIN', 'later'],
    ['ENETUNREACH', 'later'],
    ['ENOTFOUND', 'never'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'never'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'never'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'never'],
    ['CERT_HAS_EXPIRED', 'never'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'never'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'never'],
    ['EPROTO', 'never'],
    ['HPE_INVALID_CONSTANT', 'never'],
  ]

  test('is REMOTE_UNAVAILABLE, and asked again where that may help', () => {
    for (const [code, advice] of cases) {
      const error = s3Error(systemError(code), context)
      assert.equal(error.code, 'REMOTE_UNAVAILABLE', code)
      assert.equal(adviceOf(error), advice, code)
      assert.ok(error.hint !== undefined && error.message.includes(code))
    }
  })

  test('names the address that was tried: the endpoint, or else the host', () => {
    const address = 'http://127.0.0.1:9000/'
    const atEndpoint = s3Error(systemError('ECONNREFUSED'), { ...context, address })
    assert.ok(atEndpoint.message.includes(address), atEndpoint.message)
    assert.equal(atEndpoint.details?.['address'], address)
    const hostname = 'bucket.s3.eu-west-9.amazonaws.com'
    const onAws = s3Error(Object.assign(systemError('ENOTFOUND'), { hostname }), context)
    assert.ok(onAws.message.includes(hostname), onAws.message)
  })

  test('reaches the user with the address, through a real connection', async (testContext) => {
    const { server, remote } = await openOnServer(testContext)
    const { url } = server
    await server.close()
    const error = await failureOf(remote.get('k'))
    assert.ok(error.message.includes(url), error.message)
  })

  test('for want of credentials is a refusal that tells where to put them', () => {
    const missing = Object.assign(new Error('none'), { name: 'CredentialsProviderError' })
    const error = s3Error(missing, { ...context, address: 'http://127.0.0.1:9000/' })
    assert.ok(!error.message.includes('9000'), error.message)
    assert.equal(error.code, 'REMOTE_REFUSED')
    assert.ok(error.hint?.includes('MLSTORE_S3_ACCESS_KEY_ID'))
  })

  test('of any shape becomes an error of ours', () => {
    for (const value of [undefined, null, 'text', 7, {}, new Error('x')]) {
      assert.equal(s3Error(value, context).code, 'REMOTE_UNAVAILABLE')
    }
  })
})
