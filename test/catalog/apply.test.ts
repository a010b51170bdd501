/** Journal records become rows once, all or nothing, and the same however they are cut up. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import type { Catalog } from '../../src/catalog/catalog.ts'
import { openCatalog } from '../../src/catalog/open-catalog.ts'
import { digestOf } from '../../src/core/digest.ts'
import type { Event } from '../../src/core/events/event.ts'
import type { JournalPayload } from '../../src/core/events/journal-record.ts'
import type { RemoteView } from '../../src/core/log/remote-view.ts'
import { idOf, locationOf, packOf, recordOf, repoId, Writer } from '../core/events/samples.ts'
import {
  aliases,
  artifacts,
  experiments,
  labels,
  runs,
  series,
  steps,
  World,
} from '../core/log/world.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { dumpCatalog } from './dump.ts'
import { Journaled, LogOfRemote, memoryCatalog, MemoryJournal } from './journaled.ts'

function dumpOf(catalog: Catalog, path: string): Record<string, string[]> {
  catalog.close()
  return dumpCatalog(path)
}

function onDisk(context: TestContext): { open(name: string): { catalog: Catalog; path: string } } {
  const folder = temporaryFolder(context)
  return {
    open: (name) => {
      const path = join(folder, name)
      return { catalog: openCatalog(path), path }
    },
  }
}

test('goes on where it ended, also over the end of a journal file', () => {
  const store = new Journaled()
  const writer = new Writer()
  assert.deepEqual(store.catalog.position, { file: 1, offset: 0 })
  for (let i = 0; i < 20; i++) store.make(writer.add(recordOf('model/a', i)))
  assert.ok(store.catalog.position.file > 1)
  assert.deepEqual(store.catalog.position, store.journal.records.at(-1)?.next)
  assert.equal(store.catalog.versions.list('model/a').length, 20)
})

test('passes over what is applied already', () => {
  const store = new Journaled()
  const writer = new Writer()
  for (let i = 0; i < 20; i++) store.make(writer.add(recordOf('model/a', i)))
  store.catalog.apply(store.journal.records)
  store.catalog.apply(store.journal.records.slice(10))
  assert.equal(store.catalog.versions.list('model/a').length, 20)
  assert.equal(store.catalog.events.count(), 20)
})

test('refuses records with a gap before them', () => {
  const store = new Journaled()
  const writer = new Writer()
  for (let i = 0; i < 20; i++)
    store.journal.add({ kind: 'events', events: [writer.add(recordOf('model/a', i))] })
  assert.throws(() => store.catalog.apply(store.journal.records.slice(15)), { code: 'CORRUPT' })
  store.catalog.apply(store.journal.records.slice(0, 2))
  assert.throws(() => store.catalog.apply(store.journal.records.slice(3)), { code: 'CORRUPT' })
})

test('changes nothing if one of the records is bad', () => {
  const store = new Journaled()
  const writer = new Writer()
  store.make(writer.add(recordOf('model/a', 0)))
  const { position } = store.catalog
  const good = store.journal.add({ kind: 'events', events: [writer.add(recordOf('model/a', 1))] })
  const bad = {
    ...good,
    position: good.next,
    next: { file: 1, offset: 99_999 },
    payload: '{"kind":',
  }
  assert.throws(() => store.catalog.apply([good, bad]), { code: 'CORRUPT' })
  assert.deepEqual(store.catalog.position, position)
  assert.equal(store.catalog.versions.list('model/a').length, 1)
})

test('applies an event once that arrives from several remotes', () => {
  const store = new Journaled()
  const writer = new Writer('ben')
  const added = writer.add(recordOf('model/a', 1))
  const location = locationOf(added.version, packOf(1))
  const remotes = [new LogOfRemote(idOf('one')), new LogOfRemote(idOf('two'))]
  for (const [i, remote] of remotes.entries()) {
    remote.commit({
      events: [added, writer.claim(added, `v${i}`)],
      packs: [packOf(1)],
      versions: [location],
    })
    store.meet(remote, `remote ${i}`)
    store.fetch(remote)
  }
  assert.equal(store.catalog.events.count(), 3)
  assert.deepEqual(
    store.catalog.remoteVersions.remotesOf(added.version),
    remotes.map((remote) => remote.repoId),
  )
  assert.equal(store.catalog.versions.artifacts()[0]?.versions, 1)
})

test('refuses an entry of an unknown remote, of another log, or out of turn', () => {
  const writer = new Writer()
  const remote = new LogOfRemote()
  remote.commit({ events: [writer.tag('artifact:model/a', 'k', '1')] })
  remote.commit({ events: [writer.tag('artifact:model/a', 'k', '2')] })
  const [first, second] = remote.slots
  assert.ok(first && second)
  const entry = (seq: number, bytes: Buffer): JournalPayload => ({
    kind: 'entry',
    remote: repoId,
    seq,
    bytes: bytes.toString(),
  })

  assert.throws(() => new Journaled().append(entry(1, first)), { code: 'CORRUPT' })
  const store = new Journaled()
  store.meet(remote)
  assert.throws(() => store.append(entry(2, second)), { code: 'CORRUPT' })
  const other = new LogOfRemote(idOf('other'))
  other.commit({ events: [] })
  const again = new Journaled()
  again.meet(remote)
  assert.throws(() => again.append(entry(1, other.slots[0] ?? Buffer.of())), {
    code: 'REMOTE_REPLACED',
  })
})

test('takes an entry again that it knows, as after two fetches at once', () => {
  const store = new Journaled()
  const writer = new Writer()
  const remote = new LogOfRemote()
  store.meet(remote)
  remote.commit({ events: [writer.tag('artifact:model/a', 'k', '1')] })
  store.fetch(remote)
  const [bytes = Buffer.of()] = remote.slots
  store.append({ kind: 'entry', remote: repoId, seq: 1, bytes: bytes.toString() })
  assert.equal(store.catalog.remotes.head(repoId)?.hash, digestOf(bytes))
})

test('comes out the same from one pass as from many, for any history', (context) => {
  const disk = onDisk(context)
  let number = 0
  fc.assert(
    fc.property(steps(3), fc.integer({ min: 1, max: 5 }), (sequence, batch) => {
      number += 1
      const journal = new MemoryJournal()
      const world = new World(3, (client) => (payload) => client === 0 && journal.add(payload))
      world.run(sequence)
      world.client(0).fetch()

      const bit = disk.open(`bit ${number}`)
      for (let i = 0; i < journal.records.length; i += batch) {
        bit.catalog.apply(journal.records.slice(i, i + batch))
      }
      const whole = disk.open(`whole ${number}`)
      whole.catalog.apply(journal.records)
      const again = disk.open(`again ${number}`)
      again.catalog.apply(journal.records.slice(0, 3))
      again.catalog.reset()
      again.catalog.apply(journal.records)

      const expected = dumpOf(whole.catalog, whole.path)
      assert.deepEqual(dumpOf(bit.catalog, bit.path), expected)
      assert.deepEqual(dumpOf(again.catalog, again.path), expected)
    }),
    { numRuns: 15 },
  )
})

test('says of a remote what replaying its log in memory says, for any history', () => {
  fc.assert(
    fc.property(steps(3), (sequence) => {
      const stores = [0, 1, 2].map(() => new Journaled(memoryCatalog()))
      const world = new World(3, (client) => (payload) => stores[client]?.append(payload))
      world.run(sequence)
      for (const client of world.clients) {
        client.fetch()
        const catalog = stores[client.index]?.catalog ?? assert.fail()
        const everything = world.clients.flatMap(({ made }) => made)
        assert.deepEqual(
          stateOf(catalog.remoteView(repoId), everything),
          stateOf(client.view, everything),
        )
        const unpushed = catalog.events.unpushed(repoId).map(({ id }) => id)
        assert.deepEqual(
          unpushed,
          client.pending.map(({ id }) => id),
        )
      }
    }),
    { numRuns: 60 },
  )
})

/** Every answer of a view that can differ. */
function stateOf(view: RemoteView, events: readonly Event[]): unknown {
  const versions = events.flatMap((event) => (event.type === 'version.add' ? [event.version] : []))
  const names = artifacts.flatMap((artifact) => [
    ...aliases.map((alias) => view.aliasHead(artifact, alias)),
    ...labels.map((label) => view.labelOwner(artifact, label)),
    view.hasArtifact(artifact),
  ])
  return {
    names: names.map(withoutKey),
    events: events.map(({ id }) => [view.hasEvent(id), view.activeClaim(id)].map(withoutKey)),
    versions: versions.map((version) => [
      view.artifactOf(version),
      view.removals(version).toSorted(),
      view.packState(packOf(version).id),
    ]),
    runs: runs.map((run) => view.hasRun(idOf(run))),
    experiments: experiments.map((experiment) => view.hasExperiment(idOf(experiment))),
    numbers: Array.from({ length: view.lastNumber(series) + 2 }, (_, number) =>
      view.numberOwner(series, number),
    ),
  }
}

/** The catalog's answers may say more than they have to. */
function withoutKey(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(Object.entries(answer).filter(([name]) => name !== 'key'))
}

test('takes whatever an entry can say: sizes beyond any sum, metadata beyond any use', () => {
  const store = new Journaled()
  const writer = new Writer('mallory')
  const size = Number.MAX_SAFE_INTEGER
  const long = 'k'.repeat(5000)
  const metas = [
    { [long]: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${i}`, i])) },
    { list: Array.from({ length: 20_000 }, () => 1) },
    { text: 'x'.repeat(300_000), '': { '': '' }, '\0': '\0', __proto__x: null },
  ]
  for (const [i, meta] of metas.entries())
    store.make(writer.add(recordOf('model/a', `meta ${i}`, { meta })))
  const many = Array.from({ length: 1100 }, (_, i) => writer.add(recordOf('model/a', i, { size })))
  store.make(...many)
  store.make(...many.slice(0, 5).map(({ version }) => writer.remove(version)))
  assert.equal(store.catalog.versions.artifacts()[0]?.versions, 1098)
})
