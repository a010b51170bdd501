/** What wins on a remote: one test a rule of design section 5, "State". */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Event, VersionAdd } from '../../../src/core/events/event.ts'
import { MemoryView } from '../../../src/core/log/memory-view.ts'
import { bulkEvent } from '../../../src/core/events/bulk-event.ts'
import { locatorForm } from '../../../src/core/pack/locator.ts'
import { RunWriter } from '../events/run-samples.ts'
import { idOf, locationOf, packOf, recordOf, Writer } from '../events/samples.ts'

const writer = new Writer()
const artifact = 'model/resnet'
const [v1, v2, v3] = [1, 2, 3].map((seed) => writer.add(recordOf(artifact, seed))) as [
  VersionAdd,
  VersionAdd,
  VersionAdd,
]

/** A remote with three versions. */
function remote(...events: readonly Event[]): MemoryView {
  const view = new MemoryView()
  const added = [v1, v2, v3]
  view.applyEntry({
    events: added,
    packs: [packOf(1)],
    versions: added.map((add) => locationOf(add.version, packOf(1))),
  })
  for (const event of events) view.applyEvent(event)
  return view
}

const refusal = (view: MemoryView, event: Event): string => {
  const verdict = view.applyEvent(event)
  return verdict.applied ? 'applied' : verdict.reason
}

test('the first move of an alias wins', () => {
  const move = writer.move(v1, 'prod')
  const view = remote(move)
  assert.deepEqual(view.aliasHead(artifact, 'prod'), { event: move.id, to: v1.version })
})

test('a move over the head wins, a move that did not see it loses', () => {
  const first = writer.move(v1, 'prod')
  const seeing = writer.move(v2, 'prod', [first])
  const blind = writer.move(v3, 'prod', [first])
  const view = remote(first)
  assert.equal(refusal(view, seeing), 'applied')
  assert.deepEqual(view.applyEvent(blind), { applied: false, reason: 'alias-moved', by: seeing.id })
  assert.equal(view.aliasHead(artifact, 'prod')?.to, v2.version)
})

test('a move away and back is not mistaken for no move at all', () => {
  const first = writer.move(v1, 'prod')
  const away = writer.move(v2, 'prod', [first])
  const back = writer.move(v1, 'prod', [away])
  assert.equal(refusal(remote(first, away, back), writer.move(v3, 'prod', [first])), 'alias-moved')
})

test('a move that names moves unknown here wins where the alias was never moved', () => {
  assert.equal(refusal(remote(), writer.move(v1, 'prod', [idOf('elsewhere')])), 'applied')
})

test('a move may be over several heads, for several remotes', () => {
  const first = writer.move(v1, 'prod')
  assert.equal(
    refusal(remote(first), writer.move(v2, 'prod', [idOf('elsewhere'), first])),
    'applied',
  )
})

test('a blind move to where the alias is changes nothing and is no conflict', () => {
  const first = writer.move(v1, 'prod')
  const view = remote(first)
  assert.equal(refusal(view, writer.move(v1, 'prod')), 'redundant')
  assert.equal(view.aliasHead(artifact, 'prod')?.event, first.id)
})

test('removing an alias is a move like any other', () => {
  const first = writer.move(v1, 'prod')
  const gone = writer.moveTo(artifact, 'prod', null, [first])
  const view = remote(first, gone)
  assert.deepEqual(view.aliasHead(artifact, 'prod'), { event: gone.id, to: null })
  assert.equal(refusal(view, writer.move(v2, 'prod', [first])), 'alias-moved')
  assert.equal(refusal(view, writer.move(v2, 'prod', [gone])), 'applied')
})

test('an alias cannot point at a version that is removed, until it is restored', () => {
  const removal = writer.remove(v1.version)
  const view = remote(removal)
  assert.deepEqual(view.applyEvent(writer.move(v1, 'prod')), {
    applied: false,
    reason: 'version-removed',
    by: removal.id,
  })
  view.applyEvent(writer.restore(v1.version, removal.id))
  assert.equal(refusal(view, writer.move(v1, 'prod')), 'applied')
})

test('a version is removed until every removal is taken back, in whatever order', () => {
  const [one, two] = [writer.remove(v1.version), writer.remove(v1.version)]
  const view = remote(writer.restore(v1.version, two.id), one, two)
  assert.deepEqual(view.removals(v1.version), [one.id])
  view.applyEvent(writer.restore(v1.version, one.id))
  assert.deepEqual(view.removals(v1.version), [])
})

test('a restore of another version takes nothing back', () => {
  const removal = writer.remove(v1.version)
  const view = remote(removal, writer.restore(v2.version, removal.id))
  assert.deepEqual(view.removals(v1.version), [removal.id])
})

test('an alias or a label cannot name a version that is not here, or of another artifact', () => {
  const elsewhere = writer.add(recordOf(artifact, 9))
  const other = writer.add(recordOf('model/other', 1))
  const view = remote()
  view.applyEntry({
    events: [other],
    packs: [],
    versions: [locationOf(other.version, packOf(1))],
  })
  assert.equal(refusal(view, writer.move(elsewhere, 'prod')), 'version-unknown')
  assert.equal(refusal(view, writer.claim(elsewhere, 'v9')), 'version-unknown')
  assert.equal(refusal(view, writer.moveTo(artifact, 'prod', other.version)), 'version-unknown')
})

test('a version whose bytes are nowhere is not there', () => {
  const view = remote()
  const added = writer.add(recordOf(artifact, 10))
  view.applyEvent(added)
  assert.equal(view.artifactOf(added.version), undefined)
})

test('a given label belongs to the first that claims it', () => {
  const first = writer.claim(v1, 'best')
  const view = remote(first)
  assert.deepEqual(view.applyEvent(writer.claim(v2, 'best')), {
    applied: false,
    reason: 'label-taken',
    by: first.id,
  })
  assert.deepEqual(view.labelOwner(artifact, 'best'), { event: first.id, version: v1.version })
})

test('generated labels of the same second live side by side', () => {
  const view = remote()
  const label = '2026-11-21-04-44-50'
  assert.equal(refusal(view, writer.claim(v1, label, { generated: true })), 'applied')
  assert.equal(refusal(view, writer.claim(v2, label, { generated: true })), 'applied')
  assert.equal(view.labelOwner(artifact, label), undefined)
})

test('renaming a label frees the old one for others', () => {
  const first = writer.claim(v1, 'best')
  const renamed = writer.claim(v1, 'better', { over: first.id })
  const view = remote(first, renamed)
  assert.equal(view.labelOwner(artifact, 'best'), undefined)
  assert.equal(view.activeClaim(first.id), undefined)
  assert.equal(refusal(view, writer.claim(v2, 'best')), 'applied')
})

test('a rename that loses frees nothing', () => {
  const first = writer.claim(v1, 'best')
  const view = remote(first, writer.claim(v2, 'better'))
  assert.equal(refusal(view, writer.claim(v1, 'better', { over: first.id })), 'label-taken')
  assert.equal(view.labelOwner(artifact, 'best')?.version, v1.version)
})

test('nobody can rename the label of another version away', () => {
  const first = writer.claim(v1, 'best')
  const view = remote(first, writer.claim(v2, 'mine', { over: first.id }))
  assert.equal(view.labelOwner(artifact, 'best')?.version, v1.version)
})

test('claiming a label again replaces the claim, so one rename frees it', () => {
  const again = writer.claim(v1, 'best')
  const view = remote(writer.claim(v1, 'best'), again, writer.claim(v1, 'new', { over: again.id }))
  assert.equal(view.labelOwner(artifact, 'best'), undefined)
})

test('an event counts once', () => {
  const first = writer.move(v1, 'prod')
  const second = writer.move(v2, 'prod', [first])
  const view = remote(first, second)
  assert.equal(refusal(view, first), 'repeated')
  assert.equal(view.aliasHead(artifact, 'prod')?.event, second.id)
})

test('a pack that was swept never comes back', () => {
  const view = remote()
  const sweep = writer.stamps.next()
  view.applyEvent({ ...sweep, type: 'gc.sweep', packs: [packOf(1).id], json: {} })
  view.addPack(packOf(1))
  assert.equal(view.packState(packOf(1).id), 'swept')
})

test('a number belongs to the first subject that claims it, for good', () => {
  const runs = new RunWriter('runs')
  const [mine, theirs] = [`version:${v1.version}`, `run:${idOf('r')}`]
  const first = runs.number('TES', 1, mine)
  const view = remote(first)
  const late = runs.number('TES', 1, theirs)
  assert.deepEqual(view.applyEvent(late), { applied: false, reason: 'number-taken', by: first.id })
  assert.equal(refusal(view, runs.number('TES', 1, mine)), 'applied')
  assert.equal(refusal(view, runs.number('OTHER', 1, theirs)), 'applied')
  assert.equal(refusal(view, runs.number('TES', 7, mine, first)), 'applied')
  assert.equal(refusal(view, runs.number('TES', 1, theirs)), 'number-taken', 'never given again')
  assert.deepEqual(view.numberOwner('TES', 1), { event: first.id, subject: mine })
  assert.deepEqual([view.lastNumber('TES'), view.lastNumber('none')], [7, 0])
})

test('a bulk event is noted, without its body', () => {
  const event = new RunWriter('runs').params('r', { a: 'b' })
  const location = { ...locationOf(v1.version, packOf(1)).root, form: locatorForm.wholeFile }
  const bulk = bulkEvent(event, { digest: v1.version, sizeBytes: 10_000, location })
  const view = remote()
  assert.deepEqual(view.applyEvent(bulk), { applied: true })
  assert.ok(view.hasEvent(event.id))
  assert.equal(refusal(view, event), 'repeated')
})
