/** Settings: names, spellings, and who wins. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { formatLogLine } from '../../../src/compat/model-version/logger.ts'
import {
  backendOfConfig,
  backendOfEnvironment,
  backendSettings,
  loggerOfEnvironment,
  loggerSettings,
} from '../../../src/compat/model-version/settings.ts'
import { bucket, type Computer, Registry } from './registry.ts'

const record = {
  time: new Date(Date.UTC(2026, 10, 21, 4, 44, 50, 7)),
  level: 'INFO',
  name: 'tracking',
  method: 'stop',
  message: 'done',
} as const

async function setConfig(computer: Computer, settings: Record<string, string>): Promise<void> {
  await using store = await computer.store()
  for (const [key, value] of Object.entries(settings)) await store.setConfig(key, value)
}

test('the name of the logger comes from its variable', async (t) => {
  const env = { ONCLUSIVEML_TRACKING_LOGGER_NAME: 'my-logger' }
  assert.equal(loggerSettings(loggerOfEnvironment(env)).name, 'my-logger')
  assert.equal(loggerSettings(loggerOfEnvironment({})).name, 'mlstore.tracking')
  const anna = await new Registry(t).computer('anna', { env })
  await anna.made({ a: '1' })
  assert.ok(anna.lines.length > 0 && anna.lines.every((line) => line.includes(' - my-logger - ')))
})

test('the form of lines comes from its variable', async (t) => {
  const fmt = '%(levelname)-8s|%(name)s|%(message)s'
  const env = { ONCLUSIVEML_TRACKING_LOGGER_FMT: fmt }
  assert.equal(formatLogLine(fmt, record), 'INFO    |tracking|done')
  const anna = await new Registry(t).computer('anna', { env })
  const version = anna.modelVersion()
  await version.id()
  assert.deepEqual(anna.lines, [
    'INFO    |mlstore.tracking|TES-TEST-1 of model/onclusive/test/TES-TEST is open.\n',
  ])
})

test('the least level that is told comes from its variable', async (t) => {
  const levels = async (level?: string): Promise<string[]> => {
    const env = level === undefined ? {} : { ONCLUSIVEML_TRACKING_LOGGER_LEVEL: level }
    const anna = await new Registry(t).computer('anna', { env })
    await anna.made({ a: '1' })
    return [...new Set(anna.lines.map((line) => / - \[(\w+)\] - /.exec(line)?.[1] ?? line))].sort()
  }
  assert.deepEqual(await levels(), ['INFO', 'WARNING'])
  assert.deepEqual(await levels('30'), ['WARNING'])
  assert.deepEqual(await levels('40'), [])
})

test('lines have the fields of Python, and an unknown one is told at once', async (t) => {
  const fmt = '%(asctime)s %(created)f %(levelno)d %(funcName)s %(msecs)03d 100%%'
  assert.equal(
    formatLogLine(fmt, record),
    '2026-11-21 04:44:50,007 1795236290.007 20 stop 007 100%',
  )
  const env = { ONCLUSIVEML_TRACKING_LOGGER_FMT: '%(levelnam)s' }
  const anna = await new Registry(t).computer('anna', { env })
  await assert.rejects(anna.modelVersion().id(), { code: 'INVALID_ARGUMENT' })
})

test('whether S3 is used comes from its variable, in every spelling of a boolean', () => {
  const used = (text: string): boolean =>
    backendSettings(backendOfEnvironment({ ONCLUSIVEML_TRACKING_BACKEND_USE_S3_BACKEND: text }))
      .useS3Backend
  for (const text of ['yes', 'no', 'true', 'false', '1', '0', 'on', 'off', 't', 'n']) {
    for (const spelled of [text, text.toUpperCase(), ` ${text} `]) {
      assert.equal(used(spelled), ['yes', 'true', '1', 'on', 't'].includes(text), spelled)
    }
  }
  assert.equal(backendSettings(backendOfEnvironment({})).useS3Backend, true, 'the default')
  for (const text of ['maybe', '2', 'yes!']) {
    assert.throws(() => used(text), { code: 'INVALID_ARGUMENT' }, text)
  }
})

test('bucket and prefix come from their variables', () => {
  const said = backendOfEnvironment({
    ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_BUCKET: 'onclusive-model-store-dev',
    ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_PREFIX: 'neptune-ai-model-registry',
  })
  assert.deepEqual(backendSettings(said), {
    useS3Backend: true,
    s3BackendBucket: 'onclusive-model-store-dev',
    s3BackendPrefix: 'neptune-ai-model-registry',
  })
})

test('names of variables may be in any case, and have the prefix of mlstore', () => {
  const name = 'ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_BUCKET'
  const inAnyCase = fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => Array.from(name, (c, i) => (upper[i] === true ? c : c.toLowerCase())).join(''))
  fc.assert(
    fc.property(inAnyCase, (variable) => {
      assert.equal(backendOfEnvironment({ [variable]: 'b' }).s3BackendBucket, 'b')
    }),
  )
  const both = { MLSTORE_BACKEND_S3_BACKEND_BUCKET: 'ours', [name]: 'theirs' }
  assert.equal(backendOfEnvironment(both).s3BackendBucket, 'ours')
  assert.equal(loggerOfEnvironment({ mlstore_logger_level: '10' }).level, 10)
  assert.equal(backendOfEnvironment({ [name]: '' }).s3BackendBucket, undefined, 'empty is unset')
})

test('a prefix with a slash at an end is refused, wherever it comes from', async (t) => {
  const anna = await new Registry(t).computer()
  for (const s3BackendPrefix of ['/models', 'models/', '/']) {
    const env = { ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_PREFIX: s3BackendPrefix }
    assert.throws(() => backendOfEnvironment(env), { code: 'INVALID_ARGUMENT' })
    assert.throws(() => backendOfConfig({ 'tracking.s3-backend-prefix': s3BackendPrefix }), {
      code: 'INVALID_ARGUMENT',
    })
    const version = anna.modelVersion()
    assert.throws(() => version.configureS3StorageBackend({ s3BackendPrefix }), {
      code: 'INVALID_ARGUMENT',
    })
    assert.equal((await version.backend()).s3BackendPrefix, '')
  }
})

test('call before instance before environment before settings before default', async (t) => {
  const env = { ONCLUSIVEML_TRACKING_BACKEND_S3_BACKEND_BUCKET: 'of-environment' }
  const anna = await new Registry(t).computer('anna', { env })
  const version = (): ReturnType<Computer['modelVersion']> => anna.modelVersion({ mode: 'offline' })
  await setConfig(anna, {
    'tracking.s3-backend-bucket': 'of-config',
    'tracking.s3-backend-prefix': 'of-config',
    'tracking.use-s3-backend': 'false',
    'tracking.logger-level': '40',
  })
  const first = version()
  assert.deepEqual(await first.backend(), {
    useS3Backend: false,
    s3BackendBucket: 'of-environment',
    s3BackendPrefix: 'of-config',
  })
  first.configureS3StorageBackend({ useS3Backend: true, s3BackendBucket: 'of-instance' })
  assert.deepEqual(await first.backend(), {
    useS3Backend: true,
    s3BackendBucket: 'of-instance',
    s3BackendPrefix: 'of-config',
  })
  await first.uploadFile(Buffer.from('1'), 'call', { useS3: false })
  await first.uploadFile(Buffer.from('1'), 'instance')
  assert.deepEqual(
    (await first.listAttributes()).map(({ path, localTo }) => [path, localTo]),
    [
      ['call', 'anna-box'],
      ['instance', null],
    ],
  )
  assert.deepEqual(anna.lines, [], 'the level of the settings')
})

test('a reconfiguration touches that instance only, and keeps what it does not name', async (t) => {
  const anna = await new Registry(t).computer()
  const [one, other] = [anna.modelVersion(), anna.modelVersion()]
  one.configureS3StorageBackend({ s3BackendBucket: bucket })
  one.configureS3StorageBackend({ s3BackendPrefix: 'models', useS3Backend: undefined })
  one.configureS3StorageBackend({ useS3Backend: false })
  assert.deepEqual(await one.backend(), {
    useS3Backend: false,
    s3BackendBucket: bucket,
    s3BackendPrefix: 'models',
  })
  assert.deepEqual(await other.backend(), {
    useS3Backend: true,
    s3BackendBucket: '',
    s3BackendPrefix: '',
  })
})
