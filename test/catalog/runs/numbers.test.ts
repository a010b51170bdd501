/** Numbers within a series: own ones at once, and what the default remote says after a push. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Event } from '../../../src/core/events/event.ts'
import { RunWriter } from '../../core/events/run-samples.ts'
import { digestFor, idOf, repoId } from '../../core/events/samples.ts'
import { Journaled, LogOfRemote, memoryCatalog } from '../journaled.ts'

const series = 'model/resnet'
const subject = (seed: string): string => `version:${digestFor(seed)}`

/** A store whose default remote has these claims of someone else. */
function storeBehind(...theirs: readonly Event[]): Journaled {
  const store = new Journaled(memoryCatalog(repoId))
  const remote = new LogOfRemote()
  store.meet(remote)
  if (theirs.length > 0) remote.commit({ events: theirs })
  store.fetch(remote)
  return store
}

test('numbers count up, and belong to whom they were given', () => {
  const anna = new RunWriter()
  const { numbers } = (() => {
    const store = storeBehind()
    store.make(
      anna.number(series, 1, subject('a')),
      anna.number(series, 2, subject('b')),
      anna.number('TES-TEST', 101, `run:${idOf('r')}`),
    )
    return store.catalog
  })()
  assert.equal(numbers.next(series), 3)
  assert.equal(numbers.next('TES-TEST'), 102)
  assert.equal(numbers.next('none'), 1)
  assert.equal(numbers.owner(series, 2)?.subject, subject('b'))
  assert.equal(numbers.owner(series, 3), undefined)
  assert.deepEqual(
    numbers.list(series).map(({ number, provisional }) => [number, provisional]),
    [
      [1, true],
      [2, true],
    ],
  )
  assert.deepEqual(
    numbers.of(`run:${idOf('r')}`).map(({ series: its, number }) => [its, number]),
    [['TES-TEST', 101]],
  )
})

test('a number that is on the remote is whose it is there', () => {
  const anna = new RunWriter('anna')
  const ben = new RunWriter('ben')
  const store = storeBehind(ben.number(series, 1, subject('theirs')))
  const { numbers } = store.catalog
  assert.equal(numbers.next(series), 2)
  const claim = anna.number(series, 1, subject('ours'))
  store.make(claim)
  assert.equal(numbers.owner(series, 1)?.subject, subject('theirs'))
  assert.equal(numbers.owner(series, 1)?.provisional, false)
  assert.deepEqual(numbers.of(subject('ours')), [])

  store.make(anna.number(series, 2, subject('ours'), claim))
  assert.deepEqual(
    numbers.of(subject('ours')).map(({ number }) => number),
    [2],
  )
  assert.deepEqual(
    numbers.list(series).map((row) => [row.number, row.subject]),
    [
      [1, subject('theirs')],
      [2, subject('ours')],
    ],
  )
})

test('who claims another number instead has that one', () => {
  const anna = new RunWriter('anna')
  const first = anna.number(series, 1, subject('a'))
  const second = anna.number(series, 5, subject('a'), first)
  for (const store of [storeBehind(first, second), storeBehind()]) {
    if (store.catalog.numbers.next(series) === 1) store.make(first, second)
    assert.deepEqual(
      store.catalog.numbers.of(subject('a')).map(({ number }) => number),
      [5],
    )
  }
})

test('a claim for another subject renumbers nothing', () => {
  const anna = new RunWriter('anna')
  const first = anna.number(series, 1, subject('a'))
  const store = storeBehind(first)
  store.make(new RunWriter('mallory').number(series, 2, subject('b'), first))
  assert.deepEqual(
    store.catalog.numbers.of(subject('a')).map(({ number }) => number),
    [1],
  )
})

test('claimed twice for one subject it is one number, of the first claim', () => {
  const anna = new RunWriter('anna')
  const ben = new RunWriter('ben')
  const claims = [anna.number(series, 1, subject('a')), ben.number(series, 1, subject('a'))]
  const { numbers } = storeBehind(...claims).catalog
  assert.equal(numbers.list(series).length, 1)
  assert.equal(numbers.owner(series, 1)?.event, claims[0]?.id)
})

test('the view of the remote says whose a number is there, and which is the last', () => {
  const ben = new RunWriter('ben')
  const claim = ben.number(series, 7, subject('theirs'))
  const store = storeBehind(claim, ben.start('r'), ben.createExperiment('e', 'digits'))
  store.make(new RunWriter('anna').number(series, 9, subject('ours')))
  const view = store.catalog.remoteView(repoId)
  assert.deepEqual(view.numberOwner(series, 7), { event: claim.id, subject: subject('theirs') })
  assert.equal(view.numberOwner(series, 9), undefined)
  assert.equal(view.lastNumber(series), 7)
  assert.equal(view.lastNumber('none'), 0)
  assert.deepEqual([view.hasRun(idOf('r')), view.hasRun(idOf('e'))], [true, false])
  assert.deepEqual([view.hasExperiment(idOf('e')), view.hasExperiment(idOf('r'))], [true, false])
})
