/** Experiments: by name one to the user, whoever made them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { RunWriter } from '../../core/events/run-samples.ts'
import { at, idOf } from '../../core/events/samples.ts'
import { Journaled } from '../journaled.ts'

const [mine, theirs, other] = [idOf('mine'), idOf('theirs'), idOf('other')] as const

/** Anna and Ben each make `digits` and run once in it; Anna is first. */
function twoClones(): { readonly store: Journaled; readonly anna: RunWriter } {
  const anna = new RunWriter('anna')
  const ben = new RunWriter('ben')
  ben.stamps.lamport = 100
  const store = new Journaled()
  store.make(
    ben.createExperiment('theirs', 'digits'),
    ben.start('b', { experiment: theirs, startedAt: '2026-11-22T00:00:00.000Z' }),
    anna.createExperiment('mine', 'digits'),
    anna.start('a', { experiment: mine }),
  )
  return { store, anna }
}

test('two of one name are shown as the one that was created first', () => {
  const { store } = twoClones()
  const { experiments, runs } = store.catalog
  assert.deepEqual(experiments.all(), [
    {
      id: mine,
      name: 'digits',
      createdAt: at,
      removed: false,
      runs: 2,
      lastRunAt: '2026-11-22T00:00:00.000Z',
    },
  ])
  assert.equal(experiments.get(theirs)?.id, mine)
  assert.equal(experiments.byName('digits')?.id, mine)
  assert.deepEqual(experiments.members(theirs), [mine, theirs])
  assert.deepEqual(
    runs.list({ experiments: [theirs] }).map(({ id, experiment }) => [id, experiment]),
    [
      [idOf('b'), mine],
      [idOf('a'), mine],
    ],
  )
})

test('renamed one by one they stay together, and one alone goes its own way', () => {
  const { store, anna } = twoClones()
  const { experiments, runs } = store.catalog
  store.make(anna.say({ type: 'experiment.rename', experiment: mine, name: 'letters' }))
  assert.deepEqual(
    experiments.all().map(({ id, name, runs: count }) => [id, name, count]),
    [
      [theirs, 'digits', 1],
      [mine, 'letters', 1],
    ],
  )
  anna.stamps.lamport = 200
  store.make(anna.say({ type: 'experiment.rename', experiment: theirs, name: 'letters' }))
  assert.deepEqual(experiments.members(mine), [mine, theirs])
  assert.equal(runs.list({ experiments: [mine] }).length, 2)
})

test('a removed experiment hides its runs, and a new one of its name is another', () => {
  const { store, anna } = twoClones()
  const { experiments, runs } = store.catalog
  anna.stamps.lamport = 200
  const removals = experiments
    .members(mine)
    .map((experiment) => anna.say({ type: 'experiment.remove', experiment }))
  store.make(...removals)
  assert.deepEqual(experiments.all(), [])
  assert.deepEqual(runs.list(), [])
  assert.equal(runs.list({ view: 'removed' }).length, 2)
  assert.equal(experiments.byName('digits'), undefined)
  assert.equal(experiments.byName('digits', 'removed')?.id, mine)

  store.make(anna.createExperiment('other', 'digits'), anna.start('o', { experiment: other }))
  assert.equal(experiments.byName('digits')?.id, other)
  assert.deepEqual(
    runs.list().map(({ id }) => id),
    [idOf('o')],
  )

  const restorations = experiments
    .removals(mine)
    .map(({ experiment, event }) =>
      anna.say({ type: 'experiment.restore', experiment, over: event }),
    )
  assert.equal(restorations.length, 2)
  store.make(...restorations)
  assert.deepEqual(experiments.members(other).length, 3)
  assert.equal(runs.list({ experiments: [other] }).length, 3)
})

test('a run whose own removal stands stays removed when its experiment comes back', () => {
  const { store, anna } = twoClones()
  const { experiments, runs } = store.catalog
  anna.stamps.lamport = 200
  const removed = anna.say({ type: 'experiment.remove', experiment: mine })
  const gone = anna.remove('a')
  store.make(removed, gone)
  store.make(anna.say({ type: 'experiment.restore', experiment: mine, over: removed.id }))
  assert.equal(runs.get(idOf('a'))?.removed, true)
  assert.deepEqual(runs.removals(idOf('a')), [gone.id])
  store.make(anna.restore('a', gone))
  assert.equal(runs.get(idOf('a'))?.removed, false)
  assert.deepEqual(experiments.removals(mine), [])
})

test('an experiment is found by the start of its id, and only once it was created', () => {
  const anna = new RunWriter()
  const store = new Journaled()
  const created = anna.createExperiment('mine', 'digits')
  store.make(anna.start('a', { experiment: mine }))
  const { experiments, runs } = store.catalog
  assert.equal(experiments.get(mine), undefined)
  assert.deepEqual(experiments.find(mine.slice(0, 7)), [])
  assert.equal(runs.get(idOf('a'))?.experimentName, mine)
  store.make(created)
  assert.deepEqual(experiments.find(mine.slice(0, 7)), [mine])
  assert.equal(runs.get(idOf('a'))?.experimentName, 'digits')
  assert.deepEqual(experiments.find('no hex'), [])
})
