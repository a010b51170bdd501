/** Runs come out the same whatever the order and the way their events arrived. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Event } from '../../../src/core/events/event.ts'
import type { RunEventFields } from '../../../src/core/events/run-event.ts'
import { runStatuses } from '../../../src/core/runs/run-status.ts'
import { RunWriter, textOf } from '../../core/events/run-samples.ts'
import { digestFor, idOf } from '../../core/events/samples.ts'
import { Journaled, LogOfRemote } from '../journaled.ts'
import { modelKeys, modelOf, type Names, stateOf } from './run-model.ts'

const names: Names = {
  runs: [1, 2, 3].map((i) => idOf(`run ${i}`)),
  experiments: [1, 2, 3].map((i) => idOf(`experiment ${i}`)),
  keys: modelKeys,
}

const run = fc.constantFrom(...names.runs)
const experiment = fc.constantFrom(...names.experiments)
const name = fc.constantFrom('digits', 'letters')
const key = fc.constantFrom(...modelKeys)
const time = fc.constantFrom('2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z')
const context = fc.dictionary(fc.constantFrom('git', 'ci', 'process'), fc.nat({ max: 5 }))
/** SQLite keeps no -0 in the numbers of a metric, so the model need not. */
const point = fc.record({
  value: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.NaN, Infinity, 0.5)),
  step: fc.nat({ max: 2 }),
  time: fc.nat({ max: 2 }),
})
const change = fc.record({
  path: fc.constantFrom('a.txt', 'b/c.txt', 'Ä.txt'),
  digest: fc.option(fc.constantFrom(digestFor(1), digestFor(2))),
  size: fc.nat({ max: 9 }),
})
/** Of a removal that may have been, or may yet be. */
const removal = fc.nat({ max: 40 })

type Said = RunEventFields | { readonly type: 'restore'; readonly removal: number }

const plain = { noNullPrototype: true }
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ type: fc.constant('experiment.create' as const), experiment, name }, plain),
  fc.record({ type: fc.constant('experiment.rename' as const), experiment, name }, plain),
  fc.record({ type: fc.constant('experiment.remove' as const), experiment }, plain),
  fc.record(
    {
      type: fc.constant('run.start' as const),
      run,
      experiment,
      name,
      startedAt: time,
      parent: run,
      context,
    },
    { ...plain, requiredKeys: ['type', 'run', 'experiment', 'name', 'startedAt', 'context'] },
  ),
  fc.record(
    {
      type: fc.constant('run.update' as const),
      run,
      name,
      status: fc.constantFrom(...runStatuses),
      startedAt: time,
      endedAt: fc.option(time),
      exitCode: fc.nat({ max: 3 }),
      context,
    },
    { ...plain, requiredKeys: ['type', 'run'] },
  ),
  fc.record(
    {
      type: fc.constant('run.params' as const),
      run,
      params: fc.dictionary(key, fc.constantFrom('1', '2'), plain),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('run.metrics' as const),
      run,
      series: fc.array(
        fc.record({ key, points: fc.array(point, { maxLength: 4 }).map(textOf) }, plain),
        { maxLength: 3 },
      ),
    },
    plain,
  ),
  fc.record(
    { type: fc.constant('run.files' as const), run, files: fc.array(change, { maxLength: 3 }) },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('run.link' as const),
      run,
      direction: fc.constantFrom('input' as const, 'output' as const),
      version: fc.constant(digestFor('data')),
      role: fc.constantFrom('data', 'base'),
    },
    plain,
  ),
  fc.record({ type: fc.constant('run.remove' as const), run }, plain),
  fc.record({ type: fc.constant('restore' as const), removal }, plain),
)

/** Two writers who know nothing of each other, so that their counters are the same. */
const history = fc.array(fc.tuple(fc.nat({ max: 1 }), said), { maxLength: 60, size: 'max' })

function eventsOf(sequence: readonly (readonly [number, Said])[]): Event[] {
  const writers = [new RunWriter('anna'), new RunWriter('ben')]
  const events: Event[] = []
  for (const [writer, what] of sequence) {
    const fields = what.type === 'restore' ? restorationOf(events, what.removal) : what
    const event = fields && writers[writer]?.say(fields)
    if (event !== undefined) events.push(event)
  }
  return events
}

function restorationOf(events: readonly Event[], index: number): RunEventFields | undefined {
  const removals = events.flatMap((event): RunEventFields[] => {
    if (event.type === 'run.remove')
      return [{ type: 'run.restore', run: event.run, over: event.id }]
    if (event.type !== 'experiment.remove') return []
    return [{ type: 'experiment.restore', experiment: event.experiment, over: event.id }]
  })
  return removals[index % Math.max(removals.length, 1)]
}

function stateAfter(...batches: readonly (readonly Event[])[]): unknown {
  const store = new Journaled()
  for (const events of batches) if (events.length > 0) store.make(...events)
  return stateOf(store.catalog, names)
}

test('comes out as sorting all events says, whatever the order they came in', () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat()), (sequence, seeds) => {
      const events = eventsOf(sequence)
      const expected = modelOf(events, names)
      assert.deepEqual(stateAfter(events), expected)
      assert.deepEqual(stateAfter(events.toReversed()), expected)
      const places = new Map(events.map((event) => [event, seeds.next().value]))
      const shuffled = events.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
      assert.deepEqual(stateAfter(...shuffled.map((event) => [event])), expected)
    }),
    { numRuns: 150 },
  )
})

test('is the same for two who log to one experiment, once each has fetched', () => {
  fc.assert(
    fc.property(history, (sequence) => {
      const events = eventsOf(sequence)
      const expected = modelOf(events, names)
      const remote = new LogOfRemote()
      const stores = ['anna', 'ben'].map((by) => {
        const store = new Journaled()
        store.meet(remote)
        const own = events.filter((event) => event.by === by)
        if (own.length > 0) store.make(...own)
        return { store, own }
      })
      for (const { own } of stores) remote.commit({ events: own })
      for (const { store } of stores) {
        store.fetch(remote)
        assert.deepEqual(stateOf(store.catalog, names), expected)
        assert.equal(store.catalog.events.unpushedCount(remote.repoId), 0)
      }
    }),
    { numRuns: 40 },
  )
})
