/** Model versions: drafts that grow, are sealed at once, and are added to by several people. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { World } from '../sync/support/world.ts'
import { artifact, contentOf, makeVersion, opened, published, put, textOf } from './people.ts'

test('ids count up, beyond numbers and labels that are there', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await anna.add(artifact, { 'w.bin': 'x' }, { label: 'TES-TEST-100' })
  assert.equal((await makeVersion(anna, { a: '1' })).id, 'TES-TEST-101')
  assert.equal((await makeVersion(anna, {})).id, 'TES-TEST-102', 'also without any attribute')
  const ben = await world.clone('ben')
  assert.equal((await opened(ben)).id, 'TES-TEST-103')
  assert.equal((await opened(ben)).id, 'TES-TEST-104', 'drafts have numbers, too')
  const other = await ben.store.openModelVersion({ project: 'onclusive/other', model: 'TES-TEST' })
  assert.equal(other.id, 'TES-TEST-1', 'the project is part of the name')
})

test('a draft is durable and goes on in another process until it is sealed', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const draft = await opened(anna)
  await put(draft, { 'model/a': 'first', 'model/b': 'b', gone: 'x' })
  await draft.flush()
  await draft.remove('gone')
  await assert.rejects(anna.store.show(`${artifact}@${draft.id}`), { code: 'NOT_FOUND' })

  const again = await world.open(anna.folder)
  assert.deepEqual(await contentOf(again, draft.id), { 'model/a': 'first', 'model/b': 'b' })
  const resumed = await opened(again, { id: draft.id })
  assert.equal(resumed.id, draft.id)
  await put(resumed, { 'model/a': 'second', c: 'c' })
  const sealed = await resumed.seal()
  assert.equal(sealed.files, 3)
  assert.equal((await anna.cat(`${artifact}@${draft.id}:model/a`)).toString(), 'second')
  const { objects, problems } = await anna.store.fsck()
  assert.ok(objects > 0)
  assert.deepEqual(problems, [])
})

test('a path is an attribute or a namespace, never both, across sealing', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const { id } = await makeVersion(anna, { 'model/a': '1', model2: '2' })
  const draft = await opened(anna, { id })
  await assert.rejects(put(draft, { model: 'x' }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(put(draft, { 'model2/x': 'x' }), { code: 'INVALID_ARGUMENT' })
  await draft.remove('model')
  await put(draft, { model: 'now a file' })
  await published(draft)
  assert.deepEqual(await contentOf(anna, id), { model: 'now a file', model2: '2' })
})

test('adding to a sealed version makes its successor, which the id means from then on', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const first = await makeVersion(anna, { a: '1', b: '2' })
  const ben = await world.clone('ben')
  const draft = await opened(ben, { id: first.id })
  await put(draft, { a: 'changed', c: '3' })
  await draft.remove('b')
  const second = await published(draft)
  assert.notEqual(second.version, first.version)

  await anna.store.fetch()
  assert.deepEqual(await contentOf(anna, first.id), { a: 'changed', c: '3' })
  const shown = await anna.store.show(`${artifact}@${first.id}`)
  assert.equal(shown.digest, second.version)
  assert.deepEqual(
    shown.inputs.map(({ version }) => version),
    [first.version],
  )
  assert.equal((await anna.cat(`${artifact}@${first.version.slice(0, 12)}:b`)).toString(), '2')
})

test('opening a sealed version and saying nothing makes no other one', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const first = await makeVersion(anna, { a: '1' })
  const draft = await opened(anna, { id: first.id })
  const second = await published(draft)
  assert.equal(second.unchanged, true)
  assert.equal(second.version, first.version)
})

test('two who add to one version at once both have their say', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const { id } = await makeVersion(anna, { both: '0', keep: 'k' })
  const ben = await world.clone('ben')
  const ofAnna = await opened(anna, { id })
  const ofBen = await opened(ben, { id })
  await put(ofAnna, { both: 'anna', anna: 'a' })
  await put(ofBen, { both: 'ben', ben: 'b' })
  await published(ofAnna)
  const second = await published(ofBen)
  assert.equal(second.merged, true)
  const expected = { both: 'ben', anna: 'a', ben: 'b', keep: 'k' }
  assert.deepEqual(await contentOf(ben, id), expected, 'who pushes later is the later one')
  await anna.store.fetch()
  assert.deepEqual(await contentOf(anna, id), expected)
  assert.equal((await anna.store.show(`${artifact}@${id}`)).digest, second.version)
  for (const person of [anna, ben]) assert.deepEqual((await person.store.status()).conflicts, [])
})

test('of two who make the same number, the later pusher gets the next one', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await makeVersion(anna, {})
  const ben = await world.clone('ben')
  const [ofAnna, ofBen] = [await opened(anna), await opened(ben)]
  assert.equal(ofAnna.id, ofBen.id)
  await put(ofAnna, { who: 'anna' })
  await put(ofBen, { who: 'ben' })
  await published(ofAnna)
  const pushed = await published(ofBen)
  assert.equal(pushed.renumberedFrom, 'TES-TEST-2')
  assert.equal(pushed.id, 'TES-TEST-3')
  assert.equal(ofBen.id, 'TES-TEST-3')
  await anna.store.fetch()
  for (const person of [anna, ben]) {
    assert.deepEqual(await contentOf(person, 'TES-TEST-2'), { who: 'anna' })
    assert.deepEqual(await contentOf(person, 'TES-TEST-3'), { who: 'ben' })
    assert.deepEqual((await person.store.status()).conflicts, [])
  }
})

test('a label somebody gave by hand is a number that is taken', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  await makeVersion(anna, {})
  const ben = await world.clone('ben')
  const draft = await opened(ben)
  await put(draft, { who: 'ben' })
  await anna.add(artifact, { who: 'anna' }, { label: draft.id })
  await anna.store.push()
  const pushed = await published(draft)
  assert.deepEqual([pushed.renumberedFrom, pushed.id], ['TES-TEST-2', 'TES-TEST-3'])
  await anna.store.fetch()
  assert.deepEqual(await contentOf(anna, 'TES-TEST-3'), { who: 'ben' })
})

test('what is sealed offline goes with a plain push', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const draft = await opened(anna)
  await put(draft, { a: '1' })
  const { id } = await draft.seal()
  const ben = await world.store('ben')
  await anna.store.push()
  await ben.store.fetch()
  assert.deepEqual(await contentOf(ben, id), { a: '1' })
})

test('a draft of another store can be looked at, not added to', async (t) => {
  const world = new World(t)
  const anna = await world.store()
  const draft = await opened(anna)
  await put(draft, { a: '1' })
  await draft.flush()
  await anna.store.push()
  const ben = await world.clone('ben')
  await assert.rejects(opened(ben, { id: draft.id }), { code: 'REFUSED' })
  const seen = await opened(ben, { id: draft.id, readOnly: true })
  assert.deepEqual(
    seen.list().map(({ path }) => path),
    ['a'],
  )
  await assert.rejects(textOf(seen, 'a'), { code: 'OBJECT_MISSING' })
})

test('an id nobody knows is not found, and a new version is not read-only', async (t) => {
  const anna = await new World(t).store()
  await assert.rejects(opened(anna, { id: 'TES-TEST-7' }), { code: 'NOT_FOUND' })
  await assert.rejects(opened(anna, { readOnly: true }), { code: 'INVALID_ARGUMENT' })
})

test('what was sealed takes nothing more until it is opened again', async (t) => {
  const anna = await new World(t).store()
  const draft = await opened(anna)
  await put(draft, { a: '1' })
  const first = await draft.seal()
  await assert.rejects(put(draft, { b: '2' }), { code: 'REFUSED' })
  await assert.rejects(draft.remove('a'), { code: 'REFUSED' })
  assert.equal((await draft.seal()).version, first.version, 'sealing again changes nothing')
})

test('opening a sealed version without a change leaves nothing behind', async (t) => {
  const anna = await new World(t).store()
  const { id } = await makeVersion(anna, { a: '1' })
  const events = async (): Promise<number> => (await anna.store.status()).unpushed[0]?.events ?? 0
  const before = await events()
  const draft = await opened(anna, { id })
  assert.equal(await textOf(draft, 'a'), '1')
  assert.equal((await published(draft)).unchanged, true)
  assert.equal(await events(), before)
  assert.equal((await anna.store.searchRuns()).runs.length, 1)
})
