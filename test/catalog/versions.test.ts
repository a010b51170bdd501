/** Versions: newest, listed, found by digest and root, removed and restored, counted. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Digest } from '../../src/core/digest.ts'
import { compareEvents, type Event, type VersionAdd } from '../../src/core/events/event.ts'
import type { VersionInput } from '../../src/core/version-record.ts'
import { RunWriter } from '../core/events/run-samples.ts'
import { digestFor, idOf, recordOf, Writer } from '../core/events/samples.ts'
import { Journaled } from './journaled.ts'

const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id)

test('the newest version is the last in the order of events, however they arrive', () => {
  const lamports = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(lamports, (counters) => {
      const store = new Journaled()
      const added = counters.map((lamport, i) => {
        const writer = new Writer(`writer ${i}`)
        writer.stamps.lamport = lamport
        return writer.add(recordOf('model/a', i))
      })
      store.make(...added)
      const expected = added.toSorted((a, b) => compareEvents(b, a)).map(({ version }) => version)
      assert.deepEqual(ids(store.catalog.versions.list('model/a')), expected)
      assert.equal(store.catalog.versions.newest('model/a')?.id, expected[0])
      assert.equal(store.catalog.events.maxLamport(), Math.max(...counters) + 1)
    }),
    { numRuns: 30 },
  )
})

function fill(count: number): { store: Journaled; writer: Writer; added: VersionAdd[] } {
  const store = new Journaled()
  const writer = new Writer()
  const added = Array.from({ length: count }, (_, i) =>
    writer.add(recordOf('model/a', i, { size: 10 * i })),
  )
  store.make(...added)
  return { store, writer, added }
}

test('a row says what lists show, and the whole record when it is asked', () => {
  const store = new Journaled()
  const record = recordOf('dataset/nlp/squad', 1, {
    meta: { f1: 0.1, nested: { '': [true, null] } },
    run: idOf('run'),
    code: { commit: 'abc' },
    inputs: [{ role: 'data', version: digestFor('input') }],
    shape: 'file',
  })
  const added = new Writer().add(record)
  store.make(added)
  const row = store.catalog.versions.get(added.version)
  assert.ok(row)
  assert.deepEqual(row.record, record)
  const { id, artifact, root, createdAt, by, files, sizeBytes, shape, run, isRemoved, removedBy } =
    row
  assert.deepEqual(
    { id, artifact, root, createdAt, by, files, sizeBytes, shape, run, isRemoved, removedBy },
    {
      id: added.version,
      artifact: record.artifact,
      root: record.root,
      createdAt: record.createdAt,
      by: 'anna',
      files: 1,
      sizeBytes: 10,
      shape: 'file',
      run: idOf('run'),
      isRemoved: false,
      removedBy: undefined,
    },
  )
  assert.deepEqual(ids(store.catalog.versions.byRun(idOf('run'))), [added.version])
})

test('a version that was added twice stands where its later event puts it', () => {
  const record = recordOf('model/a', 'twice')
  const [early, late] = ['early', 'late'].map((name, i) => {
    const writer = new Writer(name)
    writer.stamps.lamport = i * 10
    return writer.add(record)
  })
  assert.ok(early && late)
  const writer = new Writer('between')
  writer.stamps.lamport = 5
  const between = writer.add(recordOf('model/a', 'between'))
  for (const order of [
    [early, between, late],
    [late, between, early],
  ]) {
    const store = new Journaled()
    store.make(...order)
    assert.deepEqual(ids(store.catalog.versions.list('model/a')), [late.version, between.version])
    assert.equal(store.catalog.versions.artifacts()[0]?.versions, 2)
  }
})

test('pages through a list without gaps or repeats', () => {
  const { store, added } = fill(7)
  const { versions } = store.catalog
  const expected = added.map(({ version }) => version).toReversed()
  const seen: string[] = []
  for (;;) {
    const before = expected.find((id) => id === seen.at(-1))
    const page = ids(versions.list('model/a', { limit: 3, before }))
    if (page.length === 0) break
    seen.push(...page)
  }
  assert.deepEqual(seen, expected)
  assert.deepEqual(ids(versions.list('model/a', { from: expected[5] })), expected.slice(5))
})

test('finds versions by the start of their digest, odd or even', () => {
  const { store, added } = fill(30)
  const { versions } = store.catalog
  for (const { version } of added) {
    for (const length of [1, 8, 9, 64]) {
      const prefix = version.slice(0, length)
      const expected = added.map((each) => each.version).filter((each) => each.startsWith(prefix))
      assert.deepEqual(versions.byDigestPrefix('model/a', prefix).sort(), expected.sort())
      assert.deepEqual(ids(versions.withDigestPrefix(prefix)).sort(), expected.sort())
    }
    assert.deepEqual(versions.byDigestPrefix('model/b', version), [])
  }
})

test('a removed version leaves the lists and the counts, and comes back', () => {
  const { store, writer, added } = fill(3)
  const { versions } = store.catalog
  const last = added[2] ?? assert.fail()
  const removal = writer.remove(last.version)
  store.make(removal)
  assert.equal(versions.newest('model/a')?.id, added[1]?.version)
  assert.equal(versions.list('model/a').length, 2)
  assert.equal(versions.list('model/a', { removed: true }).length, 3)
  assert.equal(versions.get(last.version)?.removedBy, removal.id)
  assert.deepEqual(versions.artifacts(), [
    { artifact: 'model/a', versions: 2, sizeBytes: 10, latestLabel: undefined },
  ])
  const again = writer.remove(last.version)
  store.make(again, writer.restore(last.version, removal.id))
  assert.deepEqual(store.catalog.removals.of(last.version), [again.id])
  store.make(writer.restore(last.version, again.id))
  assert.equal(versions.newest('model/a')?.id, last.version)
  assert.equal(versions.artifacts()[0]?.sizeBytes, 30)
})

test('a version that was removed before it came to be known is removed', () => {
  const store = new Journaled()
  const writer = new Writer()
  const added = writer.add(recordOf('model/a', 1))
  const removal = writer.remove(added.version)
  store.make(removal)
  store.make(added)
  assert.equal(store.catalog.versions.newest('model/a'), undefined)
  assert.deepEqual(store.catalog.versions.artifacts(), [])
  assert.equal(store.catalog.versions.get(added.version)?.removedBy, removal.id)
})

test('lists artifacts by name and type, with the label of the newest version', () => {
  const store = new Journaled()
  const writer = new Writer()
  for (const [name, label] of [
    ['model/b', 'b1'],
    ['model/a', 'a1'],
    ['model/a', 'a2'],
    ['modelx/a', 'x'],
  ] as const) {
    const added = writer.add(recordOf(name, label))
    store.make(added, writer.claim(added, label))
  }
  const names = (type?: string): unknown =>
    store.catalog.versions.artifacts(type).map((row) => [row.artifact, row.latestLabel])
  assert.deepEqual(names(), [
    ['model/a', 'a2'],
    ['model/b', 'b1'],
    ['modelx/a', 'x'],
  ])
  assert.deepEqual(names('model'), [
    ['model/a', 'a2'],
    ['model/b', 'b1'],
  ])
  assert.deepEqual(names('mod'), [])
})

test('finds versions with the same content', () => {
  const store = new Journaled()
  const writer = new Writer()
  const root = digestFor('shared')
  const one = writer.add(recordOf('model/a', 1, { root }))
  const two = writer.add(recordOf('model/b', 2, { root }))
  store.make(one, two, writer.add(recordOf('model/c', 3)))
  const { versions } = store.catalog
  assert.deepEqual(ids(versions.byRoot(root)).sort(), [one.version, two.version].sort())
})

test('finds what says something about a version or was attached to a run, newest first', () => {
  const store = new Journaled()
  const writer = new Writer()
  const runs = new RunWriter('runs')
  const about = (version: Digest): VersionInput[] => [{ role: 'about', version }]
  const data = writer.add(recordOf('dataset/x', 1))
  const old = writer.add(recordOf('data-profile/x', 2, { inputs: about(data.version) }))
  const gone = writer.add(recordOf('data-profile/x', 3, { inputs: about(data.version) }))
  const made = writer.add(
    recordOf('model/x', 4, { inputs: [{ role: 'data', version: data.version }] }),
  )
  const newest = writer.add(recordOf('data-checks/x', 5, { inputs: about(data.version) }))
  const link = (role: string, { version }: VersionAdd): Event =>
    runs.link('train', 'output', version, role)
  store.make(newest, made, gone, old, data, writer.remove(gone.version))
  store.make(link('data-checks', newest), link('data-profile', old), link('data-profile', old))
  store.make(link('data-profile', gone), link('output', made), link('data-profile', data))
  const { attachments } = store.catalog
  assert.deepEqual(ids(attachments.about(data.version)), [newest.version, old.version])
  assert.deepEqual(ids(attachments.attachedTo(idOf('train'))), [newest.version, old.version])
  assert.deepEqual(attachments.attachedTo(idOf('nobody')), [])
})
