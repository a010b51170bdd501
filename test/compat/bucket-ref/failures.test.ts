/** What a `BucketRef` does when an alias is taken, a bucket is silent, or bytes are gone. */

import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { MlstoreError } from '../../../src/errors.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Remote } from '../../../src/ports/remote.ts'
import { DirectoryRemote } from '../../../src/remotes/directory.ts'
import type { StoreApi } from '../../../src/store/store.ts'
import { TurnedClock } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { Person } from './bucket-ref-world.ts'

const options = { alias: 'v1' }

test('an alias that is at other content stays there unless it may be replaced', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b')
  anna.write({ model: { w: 'first' } })
  ben.write({ model: { w: 'second' } })
  await using first = anna.api()
  await first.uploadArtifact('model', 'resnet', 'model', options)
  await using second = ben.api()
  const taken = second.uploadArtifact('model', 'resnet', 'model', options)
  await assert.rejects(taken, { code: 'ALIAS_MOVED' })
  assert.equal((await (await ben.store()).log('model/my-w&b-project/resnet')).length, 1)
  const overwrite = { ...options, overwrite: true }
  assert.equal(await second.uploadArtifact('model', 'resnet', 'model', overwrite), 'v1')
  await first.downloadArtifact('resnet', 'model', 'v1')
  assert.equal(anna.text('model/resnet/v1/w'), 'second')
})

test('an alias that somebody takes between look and push is not taken away', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b')
  anna.write({ model: { w: 'first' } })
  ben.write({ model: { w: 'second' } })
  await using quick = ben.api()
  const store = await anna.store()
  const slow = new Proxy<StoreApi>(store, {
    get: (target, name) => {
      if (name === 'push') {
        return async (request: Parameters<StoreApi['push']>[0]) => {
          if (quick.run === undefined) {
            await quick.uploadArtifact('model', 'resnet', 'model', options)
          }
          return target.push(request)
        }
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  await using api = anna.api({ store: slow })
  const taken = api.uploadArtifact('model', 'resnet', 'model', options)
  await assert.rejects(taken, { code: 'ALIAS_MOVED' })
  const clara = await Person.create(t, bucket, 'c')
  await using reading = clara.api()
  await reading.downloadArtifact('resnet', 'model', 'v1')
  assert.equal(clara.text('model/resnet/v1/w'), 'second')
})

/** A remote that fails as often as it is told, and counts. */
function flaky(folder: string, failing: (operation: string) => boolean): Remote {
  const inner = new DirectoryRemote(folder)
  const attempt = <Answer>(operation: string, work: () => Promise<Answer>): Promise<Answer> => {
    if (!failing(operation)) return work()
    return Promise.reject(new MlstoreError('REMOTE_UNAVAILABLE', 'It does not answer.'))
  }
  return {
    url: folder,
    get: (key, given) => attempt('get', () => inner.get(key, given)),
    head: (key, given) => inner.head(key, given),
    put: (key, bytes, given) => inner.put(key, bytes, given),
    create: (key, bytes, given) => inner.create(key, bytes, given),
    delete: (key, given) => inner.delete(key, given),
    list: (prefix, given) => inner.list(prefix, given),
    close: () => inner.close(),
  }
}

/** Waits for nothing, and keeps the long waits: what a run waits before it writes is a second. */
class RecordingClock extends TurnedClock implements Clock {
  readonly longWaitsMs: number[] = []

  override sleep(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (timeoutMs > 1000) this.longWaitsMs.push(timeoutMs)
    return super.sleep(0, signal)
  }
}

test('a download is tried again, later each time, while the bucket does not answer', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Person.create(t, bucket, 'a')
  anna.write({ model: { w: 'bytes' } })
  await using api = anna.api()
  await api.uploadArtifact('model', 'resnet', 'model', options)
  const clock = new RecordingClock()
  let failures = 3
  const remoteSchemes = { flaky: () => flaky(bucket, () => failures-- > 0) }
  const ben = await Person.create(t, 'flaky:bucket', 'b', { clock, remoteSchemes })
  await using reading = ben.api()
  await reading.downloadArtifact('resnet', 'model', 'v1')
  assert.equal(ben.text('model/resnet/v1/w'), 'bytes')
  assert.deepEqual(clock.longWaitsMs, [3000, 7000])
})

test('a download that fails to the end fails, and nothing is in its place', async (t) => {
  const bucket = temporaryFolder(t)
  const clock = new RecordingClock()
  const remoteSchemes = { flaky: () => flaky(bucket, () => true) }
  const ben = await Person.create(t, 'flaky:bucket', 'b', { clock, remoteSchemes })
  await using reading = ben.api()
  const failure = { code: 'REMOTE_UNAVAILABLE' }
  await assert.rejects(reading.downloadArtifact('resnet', 'model', 'v1'), failure)
  assert.deepEqual(clock.longWaitsMs, [3000, 7000, 15_000, 31_000])
  const none = reading.downloadArtifact('resnet', 'model', 'v1', { retries: 0 })
  await assert.rejects(none, failure)
  assert.equal(clock.longWaitsMs.length, 4)
  assert.deepEqual(reading.transfers, [])
  assert.equal(ben.text('model'), undefined)
})

test('a download whose bytes are gone fails at once, and nothing is in its place', async (t) => {
  const bucket = temporaryFolder(t)
  const clock = new RecordingClock()
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b', { clock })
  anna.write({ model: { w: 'bytes', v: 'more' } })
  await using api = anna.api()
  await api.uploadArtifact('model', 'resnet', 'model', options)
  for (const folder of readdirSync(join(bucket, 'pack'))) {
    rmSync(join(bucket, 'pack', folder), { recursive: true })
  }
  await using reading = ben.api()
  const downloading = reading.downloadArtifact('resnet', 'model', 'v1')
  await assert.rejects(downloading, { code: 'OBJECT_MISSING' })
  assert.equal(ben.text('model/resnet/v1'), undefined)
  assert.deepEqual(clock.longWaitsMs, [])
})

test('what is not there is not found, and files of the user are not replaced', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  anna.write({ model: { w: 'bytes' }, mine: { w: 'mine' } })
  await using api = anna.api()
  await api.uploadArtifact('model', 'resnet', 'model', options)
  const missing = api.downloadArtifact('resnet', 'model', 'v2')
  await assert.rejects(missing, { code: 'NOT_FOUND' })
  await assert.rejects(api.downloadArtifact('other', 'model', 'v1'), { code: 'NOT_FOUND' })
  const destination = 'mine'
  const onto = api.downloadArtifact('resnet', 'model', 'v1', { destination })
  await assert.rejects(onto, { code: 'WORKING_TREE_CHANGED', hint: /choose another place/ })
  assert.equal(anna.text('mine/w'), 'mine')
  const source = api.uploadArtifact('nowhere', 'resnet', 'model')
  await assert.rejects(source, { code: 'NOT_FOUND' })
})

test('an upload that was cut off before its push is finished by the same upload again', async (t) => {
  const bucket = temporaryFolder(t)
  let isCut = false
  const remoteSchemes = { flaky: () => flaky(bucket, () => isCut) }
  const anna = await Person.create(t, 'flaky:bucket', 'a', { remoteSchemes })
  anna.write({ model: { w: 'bytes' } })
  const store = await anna.store()
  const cutting = new Proxy<StoreApi>(store, {
    get: (target, name) => {
      if (name === 'push') isCut = true
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  {
    await using api = anna.api({ store: cutting })
    const upload = api.uploadArtifact('model', 'resnet', 'model', options)
    await assert.rejects(upload, { code: 'REMOTE_UNAVAILABLE' })
  }
  isCut = false
  await using again = anna.api()
  assert.equal(await again.uploadArtifact('model', 'resnet', 'model', options), 'v1')
  const ben = await Person.create(t, bucket, 'b')
  await using reading = ben.api()
  await reading.downloadArtifact('resnet', 'model', 'v1')
  assert.equal(ben.text('model/resnet/v1/w'), 'bytes')
})

test('latest is the newest version, unless somebody gave that alias', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a', { clock: new TurnedClock() })
  await using api = anna.api()
  anna.write({ model: { w: 'one' } })
  await api.uploadArtifact('model', 'resnet', 'model')
  anna.write({ model: { w: 'two' } })
  await api.uploadArtifact('model', 'resnet', 'model')
  await api.downloadArtifact('resnet', 'model', 'latest', { destination: 'newest' })
  assert.equal(anna.text('newest/w'), 'two')
  anna.write({ model: { w: 'three' } })
  await api.uploadArtifact('model', 'resnet', 'model', { alias: 'latest' })
  anna.write({ model: { w: 'four' } })
  await api.uploadArtifact('model', 'resnet', 'model')
  await api.downloadArtifact('resnet', 'model', 'latest', { destination: 'given' })
  assert.equal(anna.text('given/w'), 'three')
})
