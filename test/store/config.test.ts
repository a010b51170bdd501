/** Settings and remotes: which file says what, and what happens when one is wrong. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { TestRepository } from '../support/store.ts'

const create = (context: TestContext): Promise<TestRepository> => TestRepository.create(context)

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

test('a remote is written to mlstore.json, a local one to the store', async (context) => {
  const repository = await create(context)
  const { store } = repository
  const settings = {
    url: 's3://bucket/prefix',
    endpointUrl: 'https://host',
    region: 'eu',
    pathStyle: true,
  }
  await store.addRemote({ name: 'origin', settings, singleWriter: true })
  await store.addRemote({ name: 'nas', settings: { url: 'file:///mnt/nas' }, local: true })
  assert.equal(
    repository.text('mlstore.json'),
    json({
      remotes: {
        origin: {
          endpointUrl: 'https://host',
          pathStyle: true,
          region: 'eu',
          singleWriter: true,
          url: 's3://bucket/prefix',
        },
      },
    }),
  )
  assert.equal(
    repository.text('.mlstore/config.json'),
    json({ remotes: { nas: { url: 'file:///mnt/nas' } } }),
  )
  assert.deepEqual(
    (await store.listRemotes()).map(({ name, url, local, default: isDefault }) => [
      name,
      url,
      local,
      isDefault,
    ]),
    [
      ['nas', 'file:///mnt/nas', true, false],
      ['origin', 's3://bucket/prefix', false, true],
    ],
  )
})

test('what a newer mlstore wrote into the files stays there', async (context) => {
  const repository = await create(context)
  const { store } = repository
  const url = 'file:///a'
  const before = { future: { x: 1 }, policies: { a: [1] }, remotes: { a: { future: true, url } } }
  repository.write({ 'mlstore.json': json(before) })
  await store.addRemote({ name: 'b', settings: { url: 'file:///b' } })
  await store.setRemoteUrl('a', 'file:///c')
  assert.deepEqual(JSON.parse(repository.text('mlstore.json') ?? ''), {
    ...before,
    remotes: { a: { future: true, url: 'file:///c' }, b: { url: 'file:///b' } },
  })
  await store.removeRemote('b')
  await store.removeRemote('a')
  assert.deepEqual(JSON.parse(repository.text('mlstore.json') ?? ''), { ...before, remotes: {} })
})

test('a remote is added once, and its name and URL are checked', async (context) => {
  const repository = await create(context)
  const { store } = repository
  const settings = { url: 'file:///a' }
  await store.addRemote({ name: 'a', settings })
  await assert.rejects(store.addRemote({ name: 'a', settings }), {
    code: 'INVALID_ARGUMENT',
    message: /a already/,
  })
  await assert.rejects(store.addRemote({ name: 'a/b', settings }), { code: 'INVALID_ARGUMENT' })
  for (const url of ['bucket', 'https://host/bucket', 's3://user:secret@bucket/x', 's3://B']) {
    await assert.rejects(store.addRemote({ name: 'b', settings: { url } }), (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'INVALID_ARGUMENT')
      return !error.message.includes('secret')
    })
  }
  await assert.rejects(store.removeRemote('c'), { code: 'NOT_FOUND', hint: /a/ })
  await assert.rejects(store.push({ remote: 'c' }), { code: 'NOT_FOUND', hint: /a/ })
})

test('the default remote is the one set, else origin, else the only one', async (context) => {
  const repository = await create(context)
  const { store } = repository
  const defaults = async (): Promise<readonly string[]> =>
    (await store.listRemotes()).filter((remote) => remote.default).map(({ name }) => name)
  await store.addRemote({ name: 'a', settings: { url: 'file:///a' } })
  assert.deepEqual(await defaults(), ['a'])
  await store.addRemote({ name: 'b', settings: { url: 'file:///b' }, local: true })
  assert.deepEqual(await defaults(), [])
  await assert.rejects(store.push(), { code: 'NOT_FOUND', hint: /a, b/ })
  await store.addRemote({ name: 'origin', settings: { url: 'file:///o' } })
  assert.deepEqual(await defaults(), ['origin'])
  await store.setConfig('default-remote', 'b')
  assert.deepEqual(await defaults(), ['b'])
  await store.removeRemote('b')
  assert.deepEqual(await defaults(), ['origin'])
})

test('settings are set, read and listed, and wrong ones are refused', async (context) => {
  const repository = await create(context)
  const { store } = repository
  assert.deepEqual(await store.listConfig(), {})
  assert.equal(await store.getConfig('user.name'), null)
  await store.setConfig('user.name', 'Bob B.')
  await store.setConfig('lock.timeout-ms', '500')
  assert.deepEqual(await store.listConfig(), { 'user.name': 'Bob B.', 'lock.timeout-ms': '500' })
  await assert.rejects(store.getConfig('user'), { code: 'INVALID_ARGUMENT', hint: /user\.name/ })
  await assert.rejects(store.setConfig('user', 'x'), { code: 'INVALID_ARGUMENT' })
  for (const value of ['0', '-1', '1.5', 'many', '']) {
    await assert.rejects(store.setConfig('lock.timeout-ms', value), { code: 'INVALID_ARGUMENT' })
  }
  await assert.rejects(store.setConfig('default-remote', 'none'), { code: 'NOT_FOUND' })
  await repository.addData({ a: '1' })
  assert.equal((await store.show('dataset/x')).by, 'Bob B.')
})

const wrong: Readonly<Record<string, string>> = {
  'that is no JSON': '{',
  'with the conflict of a merge': '<<<<<<< ours\n{}\n',
  'that is a list': '[]',
  'whose remotes are a list': '{"remotes":[]}',
  'with a remote without URL': '{"remotes":{"a":{}}}',
  'with a remote of a wrong name': '{"remotes":{"a/b":{"url":"file:///a"}}}',
  'with a flag that is text': '{"remotes":{"a":{"url":"file:///a","anonymous":"yes"}}}',
  'with a setting that is a list': '{"settings":{"user.name":[]}}',
}

for (const [what, text] of Object.entries(wrong)) {
  test(`a settings file ${what} is told by name, as something to mend`, async (context) => {
    for (const file of ['mlstore.json', '.mlstore/config.json']) {
      const repository = await create(context)
      const [folder, name = file] = file.split('/')
      repository.write(
        name === file || folder === undefined ? { [file]: text } : { [folder]: { [name]: text } },
      )
      await assert.rejects(repository.store.listRemotes(), (error: unknown) => {
        assert.ok(
          error instanceof Error && 'code' in error && error.code === 'INVALID_ARGUMENT',
          String(error),
        )
        return what.includes('name') || error.message.includes(file)
      })
    }
  })
}

test('a number written by hand that is none is told, not waited for', async (context) => {
  const repository = await create(context)
  repository.write({ '.mlstore': { 'config.json': '{"settings":{"lock.timeout-ms":"soon"}}' } })
  await assert.rejects(repository.addData({ a: '1' }), {
    code: 'INVALID_ARGUMENT',
    message: /soon/,
  })
})
