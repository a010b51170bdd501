/** Params, metrics and files of runs: every value that can be, and which of several counts. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Catalog } from '../../../src/catalog/catalog.ts'
import type { Event } from '../../../src/core/events/event.ts'
import { RunWriter } from '../../core/events/run-samples.ts'
import { at, digestFor, idOf, recordOf, Writer } from '../../core/events/samples.ts'
import { pointsOf } from '../../core/runs/any-points.ts'
import { Journaled, LogOfRemote } from '../journaled.ts'

function catalogOf(...events: readonly Event[]): Catalog {
  const store = new Journaled()
  store.make(...events)
  return store.catalog
}

test('the first value of a param stays, and others are shown beside it', () => {
  const anna = new RunWriter('anna')
  const ben = new RunWriter('ben')
  ben.stamps.lamport = 10
  const { params } = catalogOf(
    ben.params(1, { lr: '0.2', seed: '7' }),
    anna.params(1, { lr: '0.1', optimizer: 'adam' }),
    ben.params(1, { lr: '0.1' }),
  )
  assert.deepEqual(Object.fromEntries(params.of(idOf(1))), {
    lr: '0.1',
    optimizer: 'adam',
    seed: '7',
  })
  assert.deepEqual(params.others(idOf(1)), [{ key: 'lr', value: '0.2', by: 'ben', at }])
})

test('keys and values may be any text', () => {
  const anna = new RunWriter()
  const odd = ['a.b', 'a/b', 'a b', `'"\`;--`, 'ключ', '🔑', 'k'.repeat(250), '__proto__', '%_']
  const said = Object.fromEntries(odd.map((key) => [key, `value of ${key}`]))
  const { params, metrics } = catalogOf(
    anna.params(1, said),
    anna.params(2, { empty: '', long: 'x'.repeat(8000) }),
    anna.metrics(1, Object.fromEntries(odd.map((key, i) => [key, [{ value: i }]]))),
  )
  assert.deepEqual(new Map(params.of(idOf(1))), new Map(Object.entries(said)))
  assert.equal(params.of(idOf(2)).get('long')?.length, 8000)
  for (const [i, key] of odd.entries()) {
    assert.equal(metrics.of(idOf(1)).get(key)?.last, i)
    assert.equal(metrics.history(idOf(1), key).values[0], i)
  }
})

test('NaN and the infinities survive in points and in numbers', () => {
  const anna = new RunWriter()
  const { metrics } = catalogOf(
    anna.metrics(1, {
      wild: [Infinity, Number.NaN, -Infinity, 1.5].map((value, step) => ({ value, step })),
      lost: [{ value: Number.NaN }],
      zero: [{ value: -0 }],
    }),
  )
  const history = (key: string): number[] => [...metrics.history(idOf(1), key).values]
  assert.deepEqual(history('wild'), [Infinity, Number.NaN, -Infinity, 1.5])
  assert.ok(Object.is(history('zero')[0], -0))
  const { last, min, max } = metrics.of(idOf(1)).get('wild') ?? assert.fail()
  assert.deepEqual({ last, min, max }, { last: 1.5, min: -Infinity, max: Infinity })
  const lost = metrics.of(idOf(1)).get('lost') ?? assert.fail()
  assert.deepEqual([lost.last, lost.min, lost.max], [Number.NaN, Number.NaN, Number.NaN])
})

test('points of all events are one series; its last point is that of the highest step', () => {
  const anna = new RunWriter('anna')
  const ben = new RunWriter('ben')
  const { metrics } = catalogOf(
    anna.metrics(1, { loss: [{ value: 5, step: 5, time: 9 }] }),
    ben.metrics(1, {
      loss: [
        { value: 1, step: 1 },
        { value: 7, step: 5, time: 9 },
      ],
    }),
    anna.metrics(1, { loss: [{ value: 4, step: 4, time: 99 }] }),
  )
  const [first, second] = [...metrics.history(idOf(1), 'loss').values].slice(2)
  assert.deepEqual(new Set([first, second]), new Set([5, 7]))
  const { last, lastStep, count } = metrics.of(idOf(1)).get('loss') ?? assert.fail()
  assert.deepEqual({ last, lastStep, count }, { last: second, lastStep: 5, count: 4 })
})

test('what was never logged has no points', () => {
  const catalog = catalogOf(new RunWriter().metrics(1, { loss: [], acc: [{ value: 1 }] }))
  assert.deepEqual(pointsOf(catalog.metrics.history(idOf(1), 'loss')), [])
  assert.deepEqual(pointsOf(catalog.metrics.history(idOf(2), 'acc')), [])
  assert.deepEqual([...catalog.metrics.of(idOf(1)).keys()], ['acc'])
})

test('answers for many runs at once, in their order', () => {
  const anna = new RunWriter()
  const ben = new Writer('ben')
  const catalog = catalogOf(
    ...[1, 2, 3].flatMap((run) => [
      anna.params(run, { lr: `${run}` }),
      anna.metrics(run, { loss: [{ value: run }] }),
      ben.tag(`run:${idOf(run)}`, 'k', `${run}`),
    ]),
  )
  const asked = [idOf(3), idOf(9), idOf(1)]
  const { params, metrics, tags } = catalog
  assert.deepEqual([...params.ofRuns(asked).keys()], [idOf(3), idOf(1)])
  assert.equal(params.ofRuns(asked).get(idOf(3))?.get('lr'), '3')
  assert.equal(metrics.ofRuns(asked).get(idOf(1))?.get('loss')?.last, 1)
  assert.equal(tags.ofRuns(asked).get(idOf(1))?.get('k'), '1')
})

test('the draft of files is what the last event says of each path', () => {
  const anna = new RunWriter()
  const file = (path: string, seed: string, size: number): Parameters<RunWriter['files']>[1] => ({
    path,
    digest: digestFor(seed),
    size,
  })
  const { runFiles } = catalogOf(
    anna.files(1, file('a', '1', 10), file('b', '1', 20), { ...file('c', '1', 5), exec: true }),
    anna.files(1, file('a', '2', 11), { path: 'b', digest: null, size: 0 }),
    anna.files(1, file('d', '1', 1), file('d', '2', 2)),
  )
  assert.deepEqual(runFiles.totals(idOf(1)), { count: 3, sizeBytes: 18 })
  assert.deepEqual(
    runFiles
      .of(idOf(1))
      .map(({ path, sizeBytes, isExecutable }) => [path, sizeBytes, isExecutable]),
    [
      ['a', 11, false],
      ['c', 5, true],
      ['d', 2, false],
    ],
  )
  assert.equal(runFiles.get(idOf(1), 'b'), undefined)
  assert.equal(runFiles.get(idOf(1), 'a')?.digest, digestFor('2'))
})

test('files that were logged here and are in no version yet are named', () => {
  const anna = new RunWriter('anna')
  const files = new Writer('files')
  const store = new Journaled()
  const file = (path: string): Parameters<RunWriter['files']>[1] => ({
    path,
    digest: digestFor(path),
    size: 1,
  })
  store.make(anna.start(1), anna.files(1, file('before')))
  const unsealed = (): string[] => store.catalog.runFiles.unsealed().map(({ path }) => path)
  assert.deepEqual(unsealed(), ['before'])
  files.stamps.lamport = 10
  const sealed = files.add(recordOf(`run/${idOf(1)}`, 'files', { run: idOf(1) }))
  store.make(sealed)
  assert.deepEqual(unsealed(), [])
  anna.stamps.lamport = 20
  store.make(anna.files(1, file('after')))
  assert.deepEqual(unsealed(), ['after'])
  files.stamps.lamport = 30
  store.make(files.remove(sealed.version))
  assert.deepEqual(unsealed(), ['after', 'before'])

  const theirs = new LogOfRemote()
  store.meet(theirs)
  theirs.commit({ events: [new RunWriter('ben').files(2, file('elsewhere'))] })
  store.fetch(theirs)
  assert.deepEqual(unsealed(), ['after', 'before'])
})
