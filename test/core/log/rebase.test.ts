/** What of a push still holds at n-1: what is sent, what stays home, what conflicts. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestFor } from '../events/samples.ts'
import type { Event, VersionAdd } from '../../../src/core/events/event.ts'
import { newEvent } from '../../../src/core/events/new-event.ts'
import type { RemotePack } from '../../../src/core/log/entry.ts'
import { eventsAbout } from '../../../src/core/log/event-scope.ts'
import { MemoryView } from '../../../src/core/log/memory-view.ts'
import { rebase, type Rebased } from '../../../src/core/log/rebase.ts'
import { idOf, locationOf, packOf, recordOf, Writer } from '../events/samples.ts'

const ours = new Writer('anna')
const theirs = new Writer('ben')
const artifact = 'model/resnet'
const here = theirs.add(recordOf(artifact, 'here'))
const here2 = theirs.add(recordOf(artifact, 'here 2'))

/** A remote with two versions, made by someone else. */
function remote(...events: readonly Event[]): MemoryView {
  const view = new MemoryView()
  view.applyEntry({
    events: [here, here2, ...events],
    packs: [packOf('theirs')],
    versions: [here, here2].map(({ version }) => locationOf(version, packOf('theirs'))),
  })
  return view
}

/** Pushes the events, with the bytes of the versions among them. */
function push(
  view: MemoryView,
  events: readonly Event[],
  packs: readonly RemotePack[] = [packOf('ours')],
): Rebased {
  const added = events.flatMap((event) => (event.type === 'version.add' ? [event.version] : []))
  return rebase({ events, packs, versions: added.map((v) => locationOf(v, ...packs)) }, view)
}

const ids = (events: readonly Event[]): string[] => events.map((event) => event.id)
const fresh = (seed: string): VersionAdd => ours.add(recordOf(artifact, seed))

test('sends everything where nothing is in the way', () => {
  const added = fresh('a')
  const events = [
    added,
    ours.claim(added, 'v1'),
    ours.move(added, 'prod'),
    ours.tag(`version:${added.version}`, 'k', 'v'),
  ]
  const { conflicts, deferred, lostPacks, packs, ...rest } = push(remote(), events)
  assert.deepEqual(rest.events, events)
  assert.deepEqual([conflicts, deferred, lostPacks], [[], [], []])
  assert.deepEqual(packs, [packOf('ours')])
  assert.equal(rest.versions.length, 1)
})

test('leaves the state it judges against untouched', () => {
  const view = remote()
  const before = view.snapshot()
  const added = fresh('b')
  push(view, [added, ours.claim(added, 'v1'), ours.remove(here.version)])
  assert.deepEqual(view.snapshot(), before)
})

test('keeps an alias move home that lost, with both values, and sends the data', () => {
  const head = theirs.move(here, 'prod')
  const added = fresh('c')
  const move = ours.move(added, 'prod')
  const rebased = push(remote(head), [added, move])
  assert.deepEqual(ids(rebased.events), [added.id])
  assert.deepEqual(rebased.conflicts, [
    {
      kind: 'alias',
      artifact,
      name: 'prod',
      ours: added.version,
      theirs: here.version,
      ourEvent: move.id,
      theirEvent: head.id,
    },
  ])
})

test('sends a chain of moves if the last one wins, and none of it if it does not', () => {
  const head = theirs.move(here, 'prod')
  const first = ours.move(here2, 'prod')
  const blind = ours.move(here, 'prod', [first])
  assert.deepEqual(ids(push(remote(head), [first, blind]).events), ids([first, blind]), 'redundant')

  const elsewhere = theirs.move(here, 'prod')
  const lost = [ours.move(here2, 'stage'), ours.move(here2, 'prod')]
  assert.deepEqual(ids(push(remote(elsewhere), lost).events), ids(lost.slice(0, 1)))

  const resolved = ours.move(here2, 'prod', [first, head])
  const rebased = push(remote(head), [first, resolved])
  assert.deepEqual(ids(rebased.events), ids([first, resolved]))
  assert.deepEqual(rebased.conflicts, [])
})

test('does not publish an alias its owner has moved on, when the newer target is gone', () => {
  const removal = theirs.remove(here2.version)
  const first = ours.move(here, 'prod')
  const second = ours.move(here2, 'prod', [first])
  const rebased = push(remote(removal), [first, second])
  assert.deepEqual(rebased.events, [])
  assert.deepEqual(
    rebased.conflicts.map(({ kind, theirEvent }) => [kind, theirEvent]),
    [['removed', removal.id]],
  )
})

test('keeps a label home that is taken, and sends the version without it', () => {
  const taken = theirs.claim(here, 'best')
  const added = fresh('d')
  const claim = ours.claim(added, 'best')
  const rebased = push(remote(taken), [added, claim])
  assert.deepEqual(ids(rebased.events), [added.id])
  assert.deepEqual(
    rebased.conflicts.map(({ kind, name, theirs: other }) => [kind, name, other]),
    [['label', 'best', here.version]],
  )

  const renamed = ours.claim(added, 'better', { over: claim.id })
  assert.deepEqual(
    ids(push(remote(taken), [added, claim, renamed]).events),
    ids([added, claim, renamed]),
  )
})

test('gives a label to the second own version if the first one withdraws it and fails', () => {
  const taken = theirs.claim(here, 'taken')
  const [one, two] = [fresh('e'), fresh('f')]
  const first = ours.claim(one, 'best')
  const renamed = ours.claim(one, 'taken', { over: first.id })
  const second = ours.claim(two, 'best')
  const rebased = push(remote(taken), [one, first, two, second, renamed])
  assert.deepEqual(ids(rebased.events), ids([one, two, second]))
})

test('leaves events about what is not on the remote at home, names included', () => {
  const home = fresh('g')
  const sent = fresh('h')
  const about = [
    home,
    ours.claim(home, 'secret'),
    ours.tag(`version:${home.version}`, 'k', 'v'),
    ours.remove(home.version),
    ours.move(home, 'secret'),
    ours.tag('artifact:model/other', 'k', 'v'),
    ours.moveTo('model/other', 'prod', null),
    ours.tag(`run:${idOf('run')}`, 'k', 'v'),
  ]
  const view = remote()
  const location = locationOf(sent.version, packOf('ours'))
  const rebased = rebase(
    { events: [...about, sent], packs: [packOf('ours')], versions: [location] },
    view,
  )
  assert.deepEqual(ids(rebased.events), [sent.id])
  assert.deepEqual(ids(rebased.deferred), ids(about))
  assert.deepEqual(rebased.conflicts, [])
})

test('names older targets of an alias that are not there by their ids only', () => {
  const [old, added] = [fresh('i'), fresh('j')]
  const first = ours.move(old, 'prod')
  const second = ours.move(added, 'prod', [first])
  const location = locationOf(added.version, packOf('ours'))
  const events = [old, first, added, second]
  const rebased = rebase({ events, packs: [packOf('ours')], versions: [location] }, remote())
  assert.deepEqual(ids(rebased.events), ids([first, added, second]))
})

test('drops what the log holds already, such as after a lost answer', () => {
  const added = fresh('k')
  const view = remote()
  view.applyEntry({
    events: [added],
    packs: [packOf('ours')],
    versions: [locationOf(added.version, packOf('ours'))],
  })
  const rebased = push(view, [added])
  assert.deepEqual(rebased.events, [])
  assert.deepEqual(rebased.packs, [])
})

test('asks for packs again that were swept, own ones too, and for those nobody knows', () => {
  const added = fresh('l')
  const view = remote()
  const stamp = theirs.stamps.next()
  const packs = [packOf('theirs').id, packOf('ours').id]
  view.applyEvent(newEvent({ type: 'gc.sweep', packs }, stamp))
  const location = locationOf(added.version, packOf('ours'), packOf('theirs'), packOf('ghost'))
  const rebased = rebase({ events: [added], packs: [packOf('ours')], versions: [location] }, view)
  assert.deepEqual(
    rebased.lostPacks.toSorted(),
    [packOf('ours'), packOf('theirs'), packOf('ghost')].map(({ id }) => id).sort(),
  )
})

test('chooses for a push of named versions what belongs to them', () => {
  const [wanted, other] = [fresh('m'), fresh('n')]
  const first = ours.move(other, 'prod')
  const last = ours.move(wanted, 'prod', [first])
  const events = [
    wanted,
    other,
    ours.claim(wanted, 'v1'),
    ours.claim(other, 'v2'),
    first,
    last,
    ours.move(other, 'stage'),
    ours.tag(`version:${wanted.version}`, 'k', 'v'),
    ours.tag(`artifact:${artifact}`, 'k', 'v'),
    ours.tag('artifact:model/other', 'k', 'v'),
    ours.remove(digestFor('unknown')),
  ]
  const named = { runs: new Set<string>(), experiments: new Set<string>() }
  const chosen = eventsAbout(
    { ...named, versions: new Set([wanted.version]), artifacts: new Set([artifact]) },
    events,
  )
  assert.deepEqual(chosen, [events[0], events[2], first, last, events[7], events[8]])
})
