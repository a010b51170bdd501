/** Versions, runs and added edges as one graph: each fact once, the same from both its ends. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Catalog } from '../../src/catalog/catalog.ts'
import type { Digest } from '../../src/core/digest.ts'
import type { Event, VersionAdd } from '../../src/core/events/event.ts'
import { newEvent } from '../../src/core/events/new-event.ts'
import { type Edge, type NodeId, runNode, versionNode } from '../../src/core/lineage/graph.ts'
import { SoundLineage } from '../../src/core/lineage/sound-lineage.ts'
import { walkLineage } from '../../src/core/lineage/walk.ts'
import type { VersionInput } from '../../src/core/version-record.ts'
import { RunWriter } from '../core/events/run-samples.ts'
import { digestFor, idOf, recordOf, Writer } from '../core/events/samples.ts'
import { Journaled } from './journaled.ts'

function catalogOf(...events: readonly Event[]): Catalog {
  const store = new Journaled()
  store.make(...events)
  return store.catalog
}

const anna = new Writer('anna')
const runs = new RunWriter('anna runs')

function versionFrom(name: string, inputs: readonly VersionInput[] = [], run?: string): VersionAdd {
  const made = run === undefined ? {} : { run: idOf(run) }
  return anna.add(recordOf(`model/${name}`, name, { inputs, ...made }))
}

function added(from: Digest, to: Digest, writer: Writer = anna, role = 'input'): Event {
  return newEvent({ type: 'lineage.add', from, to, role }, writer.stamps.next())
}

/** Edges as `from role to`, in the names that the test gives. */
function lines(edges: readonly Edge[], names: Readonly<Record<string, NodeId>>): string[] {
  const nameOf = (node: NodeId): string =>
    Object.entries(names).find(([, id]) => id === node)?.[0] ?? '?'
  return edges.map(({ from, to, role, added: by }) =>
    [nameOf(from), role, nameOf(to), ...(by === undefined ? [] : ['added'])].join(' '),
  )
}

const data = versionFrom('data')
const base = digestFor('a version that was never pushed')
const model = versionFrom('model', [{ role: 'base', version: base }], 'train')
const names = {
  data: versionNode(data.version),
  base: versionNode(base),
  model: versionNode(model.version),
  train: runNode(idOf('train')),
}

test('joins what versions, runs and people said, each edge seen from both its ends', () => {
  const { lineage: lineageView } = catalogOf(
    runs.start('train'),
    data,
    model,
    runs.link('train', 'input', data.version),
    added(base, data.version, anna, 'source'),
  )
  const into = (...nodes: NodeId[]): string[] => lines(lineageView.into(nodes), names)
  const outOf = (...nodes: NodeId[]): string[] => lines(lineageView.outOf(nodes), names)
  assert.deepEqual(into(names.model), ['base base model', 'train output model'])
  assert.deepEqual(into(names.train), ['data data train'])
  assert.deepEqual(into(names.data), ['base source data added'])
  assert.deepEqual(into(names.base), [])
  assert.deepEqual(outOf(names.train), ['train output model'])
  assert.deepEqual(outOf(names.data), ['data data train'])
  assert.deepEqual(outOf(names.base).sort(), ['base base model', 'base source data added'])
  assert.deepEqual(outOf(names.model), [])
  assert.equal(into(names.model, names.train, names.data).length, 4)
})

test('a run that names what it made says as what, and the version need not say it again', () => {
  const { lineage: lineageView } = catalogOf(
    runs.start('train'),
    model,
    runs.link('train', 'output', model.version, 'checkpoint'),
  )
  for (const edges of [lineageView.into([names.model]), lineageView.outOf([names.train])]) {
    assert.deepEqual(
      lines(edges, names).filter((line) => line.startsWith('train')),
      ['train checkpoint model'],
    )
  }
})

test('what a run read, the versions it made do not lead back to directly as well', () => {
  const said = [{ role: 'data', version: data.version }]
  for (const [maker, links] of [
    ['train', []],
    [undefined, ['output']],
  ] as const) {
    const made = versionFrom(`made ${maker}`, said, maker)
    const alone = versionFrom(`alone ${maker}`, said)
    const { lineage: lineageView } = catalogOf(
      runs.start('train'),
      data,
      made,
      runs.link('train', 'input', data.version),
      ...links.map((direction) => runs.link('train', direction, made.version, 'model')),
      added(data.version, made.version),
      alone,
    )
    const all = {
      ...names,
      made: versionNode(made.version),
      alone: versionNode(alone.version),
    }
    const role = maker === undefined ? 'model' : 'output'
    assert.deepEqual(lines(lineageView.into([all.made]), all), [`train ${role} made`])
    assert.deepEqual(lines(lineageView.into([all.alone]), all), ['data data alone'])
    assert.deepEqual(lines(lineageView.outOf([all.data]), all).sort(), [
      'data data alone',
      'data data train',
    ])
  }
})

test('a run that is only an id here is a node all the same, and so is one that was removed', () => {
  const { lineage: lineageView } = catalogOf(model, runs.link('other', 'input', model.version))
  assert.deepEqual(lineageView.outOf([names.model]), [
    { from: names.model, to: runNode(idOf('other')), role: 'data' },
  ])
  assert.equal(lineageView.runs([idOf('other')]).size, 0)
  const removed = catalogOf(runs.start('train'), runs.remove('train'))
  assert.equal(removed.lineage.runs([idOf('train')]).get(idOf('train'))?.removed, true)
})

test('tells what runs and versions are, and believes no context that is not what it should be', () => {
  const context = { git: { commit: 'c0ffee', dirty: true } }
  const odd = { git: { commit: { a: 1 }, dirty: 'yes' } }
  const { lineage: lineageView } = catalogOf(
    runs.createExperiment('experiment', 'vision'),
    runs.start('train', { context }),
    runs.start('odd', { context: odd }),
    runs.update('train', { status: 'FINISHED' }),
    data,
    anna.remove(data.version),
  )
  const facts = lineageView.runs([idOf('train'), idOf('odd'), idOf('nobody')])
  assert.deepEqual(facts.get(idOf('train')), {
    name: 'run train',
    experiment: 'vision',
    status: 'FINISHED',
    commit: 'c0ffee',
    dirty: true,
    removed: false,
  })
  const { commit, dirty } = facts.get(idOf('odd')) ?? assert.fail()
  assert.deepEqual([commit, dirty], [null, null])
  assert.deepEqual(
    [...lineageView.versions([data.version, base])],
    [[data.version, { artifact: 'model/data', removed: true }]],
  )
})

test('two clones whose edges close a cycle leave out the same one, however the events came', () => {
  const ben = new Writer('ben')
  const [a, b, c] = ['a', 'b', 'c'].map((name) => versionFrom(name))
  assert.ok(a && b && c)
  ben.stamps.lamport = anna.stamps.lamport
  const events = [
    a,
    b,
    c,
    added(a.version, b.version),
    added(b.version, c.version),
    added(c.version, a.version, ben),
    added(b.version, a.version, ben),
    added(a.version, c.version, ben),
  ]
  const nodes = [a, b, c].map(({ version }) => versionNode(version))
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (arrived) => {
      const graph = new SoundLineage(catalogOf(...arrived).lineage)
      const edges = nodes.flatMap((node) => graph.into([node]))
      seen.add(
        JSON.stringify([
          edges,
          graph.leftOut.flatMap((edge) => edge.added?.lamport ?? []).sort((x, y) => x - y),
        ]),
      )
    }),
    { numRuns: 40 },
  )
  assert.equal(seen.size, 1)
  const [edges, out] = JSON.parse([...seen][0] ?? '[]')
  assert.equal(edges.length + out.length, 5)
  assert.ok(out.length > 0)
})

/** 5,000 runs in a row, each of which reads what the one before made. */
function longStory(): Event[] {
  const events: Event[] = [data]
  let last = data.version
  for (let i = 0; i < 5000; i++) {
    const made = versionFrom(`step ${i}`, [{ role: 'input', version: last }], `run ${i}`)
    events.push(runs.start(`run ${i}`), runs.link(`run ${i}`, 'input', last), made)
    last = made.version
  }
  return events
}

test('walks ten thousand nodes in well under a second, a chain as well as a star', () => {
  const chain = catalogOf(...longStory()).lineage
  const star = catalogOf(
    ...Array.from({ length: 10_000 }, (_, i) =>
      versionFrom(`leaf ${i}`, [{ role: 'input', version: data.version }]),
    ),
  ).lineage
  for (const view of [chain, star]) {
    // The best of three: others may be at work on this machine.
    const times = [1, 2, 3].map(() => {
      const started = performance.now()
      const graph = new SoundLineage(view)
      const { nodes } = walkLineage(graph, names.data, { directions: ['up', 'down'] })
      assert.equal(nodes.length, 10_001)
      return performance.now() - started
    })
    assert.ok(Math.min(...times) < 1000, `${times.map(Math.round).join(', ')} ms`)
  }
})
