/** Buckets by name: which remote they are, and what is added where there is none. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { isJsonObject, type JsonValue } from '../../src/core/canonical-json.ts'
import { TestRepository } from '../support/store.ts'

test('a bucket is the remote at that place, whatever its name', async (t) => {
  const { store } = await TestRepository.create(t)
  await store.addRemote({ name: 'a', settings: { url: 's3://models/vision/' } })
  await store.addRemote({ name: 'models', settings: { url: 's3://other' } })
  assert.equal(await store.remoteForBucket({ bucket: 'models', prefix: 'vision' }), 'a')
  assert.equal(await store.remoteForBucket({ bucket: 'other' }), 'models')
})

test('a bucket without a remote at its place is the remote of its name', async (t) => {
  const { store, folder } = await TestRepository.create(t)
  await store.addRemote({ name: 'models', settings: { url: `file://${folder}/far` } })
  assert.equal(await store.remoteForBucket({ bucket: 'models' }), 'models')
  assert.equal(await store.remoteForBucket({ bucket: 'models', prefix: 'vision' }), 'models')
  assert.equal((await store.listRemotes()).length, 1)
})

test('another prefix of the bucket that a remote is named after is another remote', async (t) => {
  const { store } = await TestRepository.create(t)
  await store.addRemote({ name: 'models', settings: { url: 's3://models/a' } })
  assert.equal(await store.remoteForBucket({ bucket: 'models', prefix: 'b' }), 'models-b')
  const urls = (await store.listRemotes()).map(({ name, url }) => [name, url])
  assert.deepEqual(urls, [
    ['models', 's3://models/a'],
    ['models-b', 's3://models/b'],
  ])
})

test('a bucket that no remote stands for is added once, for this store only', async (t) => {
  const { store } = await TestRepository.create(t)
  const place = { bucket: 'new-bucket', prefix: 'a/b' }
  const names = await Promise.all([store.remoteForBucket(place), store.remoteForBucket(place)])
  assert.deepEqual(names, ['new-bucket-a-b', 'new-bucket-a-b'])
  const [remote, ...others] = await store.listRemotes()
  assert.deepEqual(others, [])
  assert.equal(remote?.local, true)
  assert.equal(remote.url, 's3://new-bucket/a/b')
})

test('an added bucket is reached as the default remote, which stays the default', async (t) => {
  const repository = await TestRepository.create(t)
  const { store } = repository
  const server = { endpointUrl: 'http://127.0.0.1:9', region: 'eu-central-1', pathStyle: true }
  await store.addRemote({ name: 'only', settings: { url: 's3://team', ...server } })
  await store.remoteForBucket({ bucket: 'more' })
  assert.deepEqual(remoteIn(repository, 'more'), { url: 's3://more', ...server })
  const defaults = (await store.listRemotes()).filter((remote) => remote.default)
  assert.deepEqual(
    defaults.map(({ name }) => name),
    ['only'],
  )
})

test('an added bucket has nothing of a default remote that is a folder', async (t) => {
  const repository = await TestRepository.create(t)
  await repository.store.addRemote({ name: 'origin', settings: { url: repository.at('far') } })
  await repository.store.remoteForBucket({ bucket: 'more' })
  assert.deepEqual(remoteIn(repository, 'more'), { url: 's3://more' })
})

test('what is no bucket is refused, and nothing is added', async (t) => {
  const { store } = await TestRepository.create(t)
  const places = [
    { bucket: '' },
    { bucket: 'a/b' },
    { bucket: 'my-w&b-project' },
    { bucket: 'models', prefix: '/a' },
    { bucket: 'models', prefix: 'a/' },
    { bucket: 'models', prefix: 'a//b' },
  ]
  for (const place of places) {
    const refusal = store.remoteForBucket(place)
    await assert.rejects(refusal, { code: 'INVALID_ARGUMENT' }, JSON.stringify(place))
  }
  assert.deepEqual(await store.listRemotes(), [])
})

test('prefixes whose remotes would have one name get two', async (t) => {
  const { store } = await TestRepository.create(t)
  const first = await store.remoteForBucket({ bucket: 'models', prefix: 'a/b' })
  const second = await store.remoteForBucket({ bucket: 'models', prefix: 'a-b' })
  const third = await store.remoteForBucket({ bucket: 'models', prefix: 'a@b' })
  assert.deepEqual([first, second, third], ['models-a-b', 'models-a-b-2', 'models-a-b-3'])
  assert.equal(await store.remoteForBucket({ bucket: 'models', prefix: 'a@b' }), third)
})

/** Settings of a remote that only this store knows. */
function remoteIn(repository: TestRepository, name: string): JsonValue | undefined {
  const text = readFileSync(repository.at('.mlstore', 'config.json'), 'utf8')
  const config: JsonValue = JSON.parse(text)
  assert(isJsonObject(config) && isJsonObject(config['remotes']))
  return config['remotes'][name]
}
