/** Attributes that stay on one computer: kept there, named elsewhere, sent nowhere. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { openStore } from '../../../src/store/open.ts'
import { Person, World } from '../sync/support/world.ts'
import { artifact, contentOf, opened, published, put, textOf } from './people.ts'

const secret = 'weights that stay here '.repeat(1000)

async function withLocal(t: TestContext): Promise<{ world: World; anna: Person; id: string }> {
  const world = new World(t)
  const anna = await world.store()
  const draft = await opened(anna)
  await put(draft, { 'model/card': 'shared' })
  await draft.putContent(Buffer.from(secret), 'model/local.bin', { local: true })
  const { id, localFiles, files } = await published(draft)
  assert.deepEqual([files, localFiles], [1, 1])
  return { world, anna, id }
}

/** A clone on another computer. */
async function elsewhere(t: TestContext, world: World): Promise<Person> {
  const { folder, user } = await world.clone('ben')
  const environment = { ...world.environment(folder, user), host: 'other' }
  const store = await openStore({ cwd: folder, environment })
  t.after(() => store.close())
  return new Person(folder, user, store)
}

test('the bytes are here, and the pushed record names path, digest, size and computer', async (t) => {
  const { world, anna, id } = await withLocal(t)
  assert.deepEqual(await contentOf(anna, id), { 'model/card': 'shared', 'model/local.bin': secret })
  const ben = await elsewhere(t, world)
  const seen = await opened(ben, { id, readOnly: true })
  const [local] = seen.list('model/local.bin')
  assert.equal(local?.localTo, 'test')
  assert.equal(local.sizeBytes, secret.length)
  assert.equal(local.digest, (await opened(anna, { id })).get('model/local.bin').digest)
  await assert.rejects(textOf(seen, 'model/local.bin'), (error) => {
    assert.ok(error instanceof Error && 'code' in error && 'details' in error)
    assert.equal(error.code, 'OBJECT_MISSING')
    assert.deepEqual(error.details, { path: 'model/local.bin', host: 'test' })
    return true
  })
  assert.equal(await textOf(seen, 'model/card'), 'shared')
})

test('no push sends them: not that of the version, not a plain one, not one by name', async (t) => {
  const { world, anna, id } = await withLocal(t)
  await anna.store.push()
  const [local] = await anna.store.listArtifacts({ type: 'local' })
  assert.equal(local?.versions, 1)
  await assert.rejects(anna.store.push({ references: [local.artifact] }), { code: 'REFUSED' })
  const ben = await elsewhere(t, world)
  assert.deepEqual(await ben.store.listArtifacts({ type: 'local' }), [])
  assert.equal(local.sizeBytes, secret.length)
  const { run } = await anna.store.show(`${artifact}@${id}`)
  assert.deepEqual(
    await ben.store
      .listArtifacts({ type: 'run' })
      .then((all) => all.map((each) => [each.artifact, each.sizeBytes])),
    [[`run/${run}`, 'shared'.length]],
  )
})

test('a store with nothing else to push has nothing to push', async (t) => {
  const { anna } = await withLocal(t)
  await anna.store.push()
  const { unpushed, conflicts } = await anna.store.status()
  assert.deepEqual([unpushed, conflicts], [[{ remote: 'origin', versions: [], events: 0 }], []])
  const again = await anna.store.push()
  assert.deepEqual([again.versions, again.events], [[], 0])
})

test('drop keeps them, and those of a draft that is not sealed', async (t) => {
  const { anna, id } = await withLocal(t)
  const draft = await opened(anna, { id })
  await draft.putContent(Buffer.from('not sealed'), 'model/draft.bin', { local: true })
  await draft.flush()
  const dropped = await anna.store.drop({})
  assert.ok(dropped.objects > 0, 'what was pushed went')
  assert.equal(await textOf(draft, 'model/local.bin'), secret)
  assert.equal(await textOf(draft, 'model/draft.bin'), 'not sealed')
})

test('they can be shared later, deleted, and take the place of shared ones', async (t) => {
  const { world, anna, id } = await withLocal(t)
  const draft = await opened(anna, { id })
  await put(draft, { 'model/local.bin': 'shared now' })
  await draft.putContent(Buffer.from('private now'), 'model/card', { local: true })
  await published(draft)
  const ben = await elsewhere(t, world)
  const seen = await opened(ben, { id, readOnly: true })
  assert.deepEqual(
    seen.list().map(({ path, localTo }) => [path, localTo]),
    [
      ['model/card', 'test'],
      ['model/local.bin', null],
    ],
  )
  assert.equal(await textOf(seen, 'model/local.bin'), 'shared now')
  const last = await opened(anna, { id })
  await last.remove('model/card')
  const pushed = await published(last)
  assert.equal(pushed.localFiles, 0)
  await ben.store.fetch()
  assert.deepEqual(await contentOf(ben, id), { 'model/local.bin': 'shared now' })
})

test('reindex knows them again', async (t) => {
  const { anna, id } = await withLocal(t)
  await anna.store.reindex()
  const [local] = (await opened(anna, { id, readOnly: true })).list('model/local.bin')
  assert.equal(local?.localTo, 'test')
})
