/** What of runs, lineage and numbers a push sends, keeps home, or says anew. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Event } from '../../../src/core/events/event.ts'
import { eventsAbout, type Named } from '../../../src/core/log/event-scope.ts'
import { MemoryView } from '../../../src/core/log/memory-view.ts'
import { rebase, type Rebased } from '../../../src/core/log/rebase.ts'
import { RunWriter } from '../events/run-samples.ts'
import { digestFor, idOf, locationOf, packOf, recordOf, Writer } from '../events/samples.ts'

const ours = new RunWriter('anna')
const versions = new Writer('anna of versions')
const theirs = new RunWriter('ben')
const there = versions.add(recordOf('model/m', 'there'))

/** A remote with one version. */
function remote(...events: readonly Event[]): MemoryView {
  const view = new MemoryView()
  view.applyEntry({
    events: [there, ...events],
    packs: [packOf(1)],
    versions: [locationOf(there.version, packOf(1))],
  })
  return view
}

function push(view: MemoryView, ...events: readonly Event[]): Rebased {
  return rebase({ events, packs: [], versions: [] }, view)
}

const ids = (events: readonly Event[]): string[] => events.map(({ id }) => id)

test('a run goes with everything that is said about it', () => {
  const events = [
    ours.createExperiment('e', 'vision'),
    ours.start('r', { experiment: idOf('e') }),
    ours.params('r', { lr: '0.1' }),
    ours.metrics('r', { loss: [{ value: 1 }] }),
    ours.link('r', 'input', digestFor('not pushed')),
    versions.tag(`run:${idOf('r')}`, 'k', 'v'),
    versions.tag(`experiment:${idOf('e')}`, 'k', 'v'),
    ours.update('r', { status: 'FINISHED' }),
  ]
  const { deferred, ...rebased } = push(remote(), ...events)
  assert.deepEqual([rebased.events, deferred], [events, []])
})

test('events about a run or an experiment that is not there stay home', () => {
  const events = [
    ours.params('r', { lr: '0.1' }),
    ours.remove('r'),
    versions.tag(`run:${idOf('r')}`, 'k', 'v'),
    versions.tag(`experiment:${idOf('e')}`, 'k', 'v'),
    ours.say({ type: 'experiment.rename', experiment: idOf('e'), name: 'secret' }),
    ours.number('TES', 1, `run:${idOf('r')}`),
    ours.say({
      type: 'lineage.add',
      from: digestFor('one'),
      to: digestFor('other'),
      role: 'data',
    }),
  ]
  const { deferred, ...rebased } = push(remote(), ...events)
  assert.deepEqual([rebased.events, deferred], [[], events])
})

test('a run on the remote goes on, removed or not', () => {
  const view = remote(theirs.start('r'))
  const removal = ours.remove('r')
  const events = [ours.params('r', { a: '1' }), removal, ours.restore('r', removal)]
  assert.deepEqual(push(view, ...events).events, events)
})

test('a run that was removed before anybody saw it stays home until it is taken back', () => {
  const start = ours.start('r')
  const removal = ours.remove('r')
  assert.deepEqual(push(remote(), start, removal).events, [])
  const back = ours.restore('r', removal)
  assert.deepEqual(push(remote(), start, removal, back).events, [start, removal, back])
})

test('an experiment that was removed before anybody saw it stays home with its runs', () => {
  const made = ours.createExperiment('gone', 'secret')
  const start = ours.start('r', { experiment: idOf('gone') })
  const removal = ours.say({ type: 'experiment.remove', experiment: idOf('gone') })
  assert.deepEqual(push(remote(), made, start, removal).events, [])
  const back = ours.say({
    type: 'experiment.restore',
    experiment: idOf('gone'),
    over: removal.id,
  })
  assert.deepEqual(push(remote(), made, start, removal, back).events, [made, start, removal, back])
  assert.deepEqual(push(remote(made), removal).events, [removal], 'seen, it is removed there too')
})

test('an edge goes if one of its ends is there', () => {
  const edge = (from: string, to: string): Event =>
    ours.say({ type: 'lineage.add', from: digestFor(from), to: digestFor(to), role: 'data' })
  const known = ours.say({
    type: 'lineage.add',
    from: digestFor('secret'),
    to: there.version,
    role: 'data',
  })
  assert.deepEqual(push(remote(), edge('a', 'b'), known).events, [known])
})

test('a taken number stays home and names a free one; renumbered, both claims go', () => {
  const subject = `version:${there.version}`
  const view = remote(theirs.number('TES', 1, `run:${idOf('x')}`), theirs.start('x'))
  const claim = ours.number('TES', 1, subject)
  const refused = push(view, claim)
  assert.deepEqual([refused.events, refused.conflicts], [[], []])
  assert.deepEqual(
    refused.taken.map((each) => [each.claim.id, each.free]),
    [[claim.id, 2]],
  )
  const anew = ours.number('TES', 2, subject, claim)
  const rebased = push(view, claim, anew)
  assert.deepEqual([ids(rebased.events), rebased.taken], [[claim.id, anew.id], []])
})

test('several taken numbers get different ones, above those that hold', () => {
  const start = [1, 2].map((seed) => theirs.start(`t${seed}`))
  const view = remote(
    ...start,
    ...[1, 2].map((n) => theirs.number('TES', n, `run:${idOf(`t${n}`)}`)),
  )
  const mine = [1, 2, 3].map((n) => ours.start(`m${n}`))
  const claims = [1, 2, 3].map((n) => ours.number('TES', n, `run:${idOf(`m${n}`)}`))
  const rebased = push(view, ...mine, ...claims)
  assert.deepEqual(
    rebased.taken.map(({ claim, free }) => [claim.number, free]),
    [
      [1, 4],
      [2, 5],
    ],
  )
  assert.deepEqual(ids(rebased.events), ids([...mine, ...claims.slice(2)]))
})

test('what a push of one run and one version names is about them alone', () => {
  const named: Named = {
    versions: new Set([there.version]),
    artifacts: new Set(['model/m']),
    runs: new Set([idOf('r')]),
    experiments: new Set([idOf('e')]),
  }
  const wanted = [
    there,
    ours.createExperiment('e', 'vision'),
    ours.start('r'),
    versions.tag(`run:${idOf('r')}`, 'k', 'v'),
    ours.number('TES', 1, `version:${there.version}`),
    ours.number('TES', 2, `run:${idOf('r')}`),
    ours.say({
      type: 'lineage.add',
      from: there.version,
      to: digestFor('elsewhere'),
      role: 'data',
    }),
  ]
  const others = [
    ours.createExperiment('other', 'secret'),
    ours.start('other'),
    ours.link('other', 'input', there.version),
    versions.tag(`run:${idOf('other')}`, 'k', 'v'),
    ours.number('SECRET', 1, `run:${idOf('other')}`),
  ]
  assert.deepEqual(eventsAbout(named, [...wanted, ...others]), wanted)
})
