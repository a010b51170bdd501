/** Runs as their events tell them, in whichever order these come. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Catalog } from '../../../src/catalog/catalog.ts'
import type { Event } from '../../../src/core/events/event.ts'
import { RunWriter } from '../../core/events/run-samples.ts'
import { at, digestFor, idOf } from '../../core/events/samples.ts'
import { Journaled } from '../journaled.ts'

const later = '2026-11-22T00:00:00.000Z'

function catalogOf(...events: readonly Event[]): Catalog {
  const store = new Journaled()
  store.make(...events)
  return store.catalog
}

test('a run is what its start says', () => {
  const anna = new RunWriter()
  const { runs } = catalogOf(
    anna.createExperiment('experiment', 'digits'),
    anna.start('parent'),
    anna.start('child', { parent: idOf('parent'), context: { git: { commit: 'c0ffee' } } }),
  )
  assert.deepEqual(runs.get(idOf('child')), {
    id: idOf('child'),
    name: 'run child',
    experiment: idOf('experiment'),
    experimentName: 'digits',
    status: 'RUNNING',
    startedAt: at,
    endedAt: null,
    by: 'anna',
    parent: idOf('parent'),
    exitCode: null,
    removed: false,
  })
  assert.deepEqual(runs.context(idOf('child')), { git: { commit: 'c0ffee' } })
  assert.deepEqual(
    runs.children(idOf('parent')).map(({ id }) => id),
    [idOf('child')],
  )
  assert.equal(runs.count(), 2)
  assert.equal(runs.get(idOf('nobody')), undefined)
})

test('the last event that has a field gives it, also before the run starts', () => {
  const anna = new RunWriter()
  const experiment = anna.createExperiment('experiment', 'digits')
  const start = anna.start(1, { context: { a: 1, b: 1 } })
  const failed = anna.update(1, {
    status: 'FAILED',
    endedAt: later,
    exitCode: 3,
    context: { b: 2 },
  })
  const resumed = anna.update(1, { status: 'RUNNING', endedAt: null, name: 'again' })
  for (const events of [
    [experiment, start, failed, resumed],
    [resumed, failed, start, experiment],
  ]) {
    const { runs } = catalogOf(...events)
    const { status, endedAt, exitCode, name } = runs.get(idOf(1)) ?? assert.fail()
    assert.deepEqual(
      { status, endedAt, exitCode, name },
      { status: 'RUNNING', endedAt: null, exitCode: 3, name: 'again' },
    )
    assert.deepEqual(runs.context(idOf(1)), { a: 1, b: 2 })
  }
})

test('a run whose start is not known is not shown, and its data waits', () => {
  const anna = new RunWriter()
  const experiment = anna.createExperiment('experiment', 'digits')
  const start = anna.start(1)
  const store = new Journaled()
  store.make(experiment, anna.params(1, { lr: '0.1' }), anna.metrics(1, { loss: [{ value: 1 }] }))
  const { runs, params } = store.catalog
  assert.equal(runs.get(idOf(1)), undefined)
  assert.deepEqual(runs.list(), [])
  assert.deepEqual(runs.find(idOf(1)), [])
  store.make(start)
  assert.equal(runs.list()[0]?.id, idOf(1))
  assert.deepEqual([...params.of(idOf(1))], [['lr', '0.1']])
})

test('an event about metrics is read back with its points', () => {
  const anna = new RunWriter()
  const logged = anna.metrics(1, {
    loss: [
      { value: Number.NaN, step: 1 },
      { value: -0, step: 2 },
    ],
    'acc/val "ü"': [{ value: Infinity }],
    nothing: [],
  })
  const catalog = catalogOf(logged)
  assert.deepEqual(catalog.events.get(logged.id), logged)
  assert.deepEqual(catalog.events.unpushed(undefined), [logged])
})

test('a link is one, however often it was said', () => {
  const anna = new RunWriter()
  const { runLinks } = catalogOf(
    anna.start(1),
    anna.link(1, 'input', digestFor('data')),
    anna.link(1, 'output', digestFor('model'), 'checkpoint'),
    anna.link(1, 'input', digestFor('data')),
    anna.link(2, 'input', digestFor('data'), 'test'),
  )
  assert.deepEqual(
    runLinks.of(idOf(1)).map(({ direction, role }) => [direction, role]),
    [
      ['input', 'data'],
      ['output', 'checkpoint'],
    ],
  )
  assert.deepEqual(
    runLinks.runsOf(digestFor('data')).map(({ run, role }) => [run, role]),
    [
      [idOf(1), 'data'],
      [idOf(2), 'test'],
    ],
  )
})
