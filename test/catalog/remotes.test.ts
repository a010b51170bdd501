/** What is known of remotes: names, heads, where versions and packs are, what was swept. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import { newEvent } from '../../src/core/events/new-event.ts'
import { packKind } from '../../src/core/pack/format.ts'
import type { RemoteObjectRow } from '../../src/ports/remote-index.ts'
import {
  digestFor,
  formatHash,
  idOf,
  locationOf,
  packOf,
  recordOf,
  repoId,
  Writer,
} from '../core/events/samples.ts'
import { Journaled, LogOfRemote } from './journaled.ts'

test('remembers under which names and URLs a repository was seen', () => {
  const store = new Journaled()
  const [one, two] = [new LogOfRemote(idOf('one')), new LogOfRemote(idOf('two'))]
  store.meet(one, 'origin', 's3://a')
  store.meet(two, 'backup', 's3://b')
  store.meet(two, 'origin', 's3://c')
  const { remotes } = store.catalog
  assert.deepEqual(remotes.list(), [
    { name: 'backup', url: 's3://b', repoId: two.repoId },
    { name: 'origin', url: 's3://c', repoId: two.repoId },
  ])
  assert.equal(remotes.byName('origin')?.repoId, two.repoId)
  assert.equal(remotes.byName('other'), undefined)
  assert.deepEqual(remotes.head(one.repoId), { repoId: one.repoId, seq: 0, hash: formatHash })
  assert.equal(remotes.head(idOf('three')), undefined)
})

test('knows how far each log was read', () => {
  const store = new Journaled()
  const remote = new LogOfRemote()
  store.meet(remote)
  for (const value of ['1', '2'])
    remote.commit({ events: [new Writer(value).tag('artifact:model/a', 'k', value)] })
  store.fetch(remote)
  const { remotes } = store.catalog
  assert.deepEqual(remotes.head(repoId), {
    repoId,
    seq: 2,
    hash: digestOf(remote.slots[1] ?? Buffer.of()),
  })
  assert.deepEqual(remotes.start(repoId), { repoId, seq: 0, hash: formatHash })
  assert.throws(() => remotes.start(idOf('three')), { code: 'NOT_FOUND' })
})

/** Three entries: `a` in pack 1, `b` in pack 2 and 1, `c` in pack 3. */
function pushed(): { store: Journaled; remote: LogOfRemote; writer: Writer; ids: string[] } {
  const store = new Journaled()
  const remote = new LogOfRemote()
  const writer = new Writer()
  store.meet(remote)
  const [a, b, c] = ['a', 'b', 'c'].map((seed) => writer.add(recordOf('model/a', seed)))
  assert.ok(a && b && c)
  remote.commit({ events: [a], packs: [packOf(1)], versions: [locationOf(a.version, packOf(1))] })
  remote.commit({
    events: [b],
    packs: [packOf(2)],
    versions: [locationOf(b.version, packOf(2), packOf(1))],
  })
  remote.commit({ events: [c], packs: [packOf(3)], versions: [locationOf(c.version, packOf(3))] })
  store.fetch(remote)
  return { store, remote, writer, ids: [a, b, c].map(({ version }) => version) }
}

const idsOf = (...seeds: readonly number[]): string[] => seeds.map((seed) => packOf(seed).id)

test('finds versions and the packs they need, oldest first', () => {
  const { store, ids } = pushed()
  const { remoteVersions, remotePacks } = store.catalog
  assert.deepEqual(
    remoteVersions.all(repoId).map(({ id }) => id),
    ids,
  )
  const [, second] = remoteVersions.all(repoId)
  assert.ok(second)
  const location = remoteVersions.find(repoId, second.id)
  assert.ok(location)
  assert.deepEqual(location, { seq: 2, ...locationOf(second.id, packOf(2), packOf(1)) })
  assert.deepEqual(remotePacks.needsOf(repoId, location), idsOf(1, 2))
  assert.equal(remoteVersions.has(repoId, second.id), true)
  assert.equal(remoteVersions.has(idOf('other'), second.id), false)
  assert.equal(remoteVersions.find(repoId, digestFor('nothing')), undefined)
})

test('tells live packs from swept ones, and whole entries from broken ones', () => {
  const { store, remote, writer } = pushed()
  const { remotePacks, remotes } = store.catalog
  assert.deepEqual(remotePacks.all(repoId), { live: idsOf(1, 2, 3).sort(), swept: [] })
  assert.equal(remotePacks.intactSeq(repoId, packOf(2).id), 2)
  assert.deepEqual(remotePacks.closure(repoId, [2], idsOf(3)), idsOf(1, 2, 3).sort())

  const packs = [packOf(1).id, packOf('orphan').id]
  remote.commit({ events: [newEvent({ type: 'gc.sweep', packs }, writer.stamps.next())] })
  store.fetch(remote)
  assert.deepEqual(remotePacks.all(repoId), { live: idsOf(2, 3).sort(), swept: packs.toSorted() })
  assert.equal(remotePacks.liveSeq(repoId, packOf(1).id), undefined)
  assert.equal(remotePacks.liveSeq(repoId, packOf(2).id), 2)
  assert.equal(remotePacks.intactSeq(repoId, packOf(2).id), undefined)
  assert.equal(remotePacks.intactSeq(repoId, packOf(3).id), 3)
  assert.equal(remotes.gcGeneration(repoId), 1)
  assert.equal(store.catalog.remoteView(repoId).packState(packOf('orphan').id), 'swept')
})

test('leaves out versions that were removed', () => {
  const { store, writer, ids } = pushed()
  const row = store.catalog.remoteVersions.all(repoId)[0]
  assert.ok(row)
  store.make(writer.remove(row.id))
  assert.deepEqual(
    store.catalog.remoteVersions.all(repoId).map(({ id }) => id),
    ids.slice(1),
  )
})

test('keeps what it learns of objects, recipes and locators, apart for each remote', () => {
  const { store } = pushed()
  const index = store.catalog.remoteObjects
  const row = (offset: number): RemoteObjectRow => ({
    digest: digestFor('object'),
    kind: packKind.treeNode,
    packId: packOf(1).id,
    offset,
    storedBytes: 10,
    sizeBytes: 20,
    isCompressed: true,
    locatorBytes: 5,
    isLocatorCompressed: false,
  })
  const recipe = { file: digestFor('file'), recipe: digestFor('recipe'), sizeBytes: 2 ** 40 }
  index.put(repoId, [row(8), row(2 ** 33)], [recipe])
  index.putLocators(repoId, [[digestFor('object'), Buffer.from('MLLO')]])
  assert.deepEqual(index.find(repoId, digestFor('object')), row(2 ** 33))
  assert.deepEqual(index.findRecipe(repoId, digestFor('file')), recipe)
  assert.deepEqual(index.findLocator(repoId, digestFor('object')), Buffer.from('MLLO'))
  for (const other of [idOf('other')]) {
    assert.equal(index.find(other, digestFor('object')), undefined)
    assert.equal(index.findRecipe(other, digestFor('file')), undefined)
    assert.equal(index.findLocator(other, digestFor('object')), undefined)
  }
})
