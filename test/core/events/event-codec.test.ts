/** Events survive the way to disk and back, and nothing else is taken for one. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { canonicalJson, type JsonObject, type JsonValue } from '../../../src/core/canonical-json.ts'
import { decodeEvent, encodeEvent, readEvent } from '../../../src/core/events/event-codec.ts'
import {
  compareEvents,
  type Event,
  lamportMax,
  nextLamport,
} from '../../../src/core/events/event.ts'
import { newEvent } from '../../../src/core/events/new-event.ts'
import { formatTagTarget, parseTagTarget } from '../../../src/core/events/tag-target.ts'
import { isMlstoreError } from '../../../src/errors.ts'
import { at, digestFor, idOf, recordOf, Writer } from './samples.ts'

const writer = new Writer()
const added = writer.add(recordOf('model/resnet', 1, { meta: { f1: 0.5, ok: true } }))
const claim = writer.claim(added, 'v1')
const removal = writer.remove(added.version)
const samples: readonly Event[] = [
  added,
  claim,
  writer.claim(added, 'v2', { over: claim.id }),
  writer.move(added, 'prod', ['0'.repeat(32)]),
  writer.moveTo('model/resnet', 'prod', null),
  writer.tag('artifact:model/resnet', 'owner', 'anna'),
  writer.tag(`version:${added.version}`, 'stage', null),
  writer.tag(`run:${idOf(1)}`, 'note', ''),
  removal,
  writer.restore(added.version, removal.id),
  newEvent({ type: 'gc.sweep', packs: [idOf(1), idOf(2)] }, writer.stamps.next()),
]

const changed = (event: Event, fields: JsonObject): string =>
  canonicalJson({ ...event.json, ...fields })

for (const event of samples) {
  test(`reads back the ${event.type} event ${event.lamport} it wrote`, () => {
    assert.deepEqual(decodeEvent(encodeEvent(event)), event)
  })
}

test('keeps an event of an unknown type as it came', () => {
  const json = {
    at,
    by: 'x',
    id: idOf(9),
    lamport: 7,
    type: 'metric.log',
    points: [1, 2, { $number: '0.5' }],
  }
  const event = decodeEvent(canonicalJson(json))
  assert.equal(event.type, 'unknown')
  assert.equal(event.lamport, 7)
  assert.equal(encodeEvent(event).toString(), canonicalJson(json))
})

test('keeps unknown fields of a known event', () => {
  const text = changed(claim, { color: 'green' })
  const event = decodeEvent(text)
  assert.equal(event.type, 'label.claim')
  assert.equal(encodeEvent(event).toString(), text)
})

test('refuses a record that is not the one its version names', () => {
  assert.throws(() => decodeEvent(changed(added, { version: digestFor('other') })), {
    code: 'DIGEST_MISMATCH',
  })
})

const hostile: readonly (readonly [string, string])[] = [
  ['a name with a slash too few', changed(claim, { artifact: 'resnet' })],
  ['a label that reads as a digest', changed(claim, { label: 'deadbeef' })],
  ['the label latest', changed(claim, { label: 'latest' })],
  ['a digest of 63 characters', changed(removal, { version: 'a'.repeat(63) })],
  ['an id in capitals', changed(claim, { id: 'A'.repeat(32) })],
  ['a negative counter', changed(claim, { lamport: -1 })],
  ['a counter that leaves no room to count', changed(claim, { lamport: lamportMax + 1 })],
  ['a time that does not exist', changed(claim, { at: '2026-02-30T00:00:00.000Z' })],
  ['a tag on something else', changed(samples[5] ?? claim, { target: 'file:x' })],
  ['white space', `${canonicalJson(claim.json)} `],
  ['an array', '[]'],
  ['no JSON', 'events'],
]

for (const [what, text] of hostile) {
  test(`refuses ${what}`, () => {
    assert.throws(() => decodeEvent(text), { code: 'CORRUPT' })
  })
}

test('fails with a code and nothing else, whatever a field is replaced by', () => {
  const field = fc.constantFrom(...samples.flatMap((event) => Object.keys(event.json)))
  fc.assert(
    fc.property(fc.constantFrom(...samples), field, fc.jsonValue(), (event, name, value) => {
      const json = { ...event.json, [name]: value } as { [key: string]: JsonValue }
      try {
        assert.deepEqual(readEvent(json, 'event').json, json)
      } catch (error) {
        assert.ok(isMlstoreError(error), String(error))
        assert.match(error.code, /^(CORRUPT|DIGEST_MISMATCH|FORMAT_UNSUPPORTED)$/)
      }
    }),
  )
})

test('refuses to make an event that could not be read back', () => {
  const stamp = { id: 'no id', lamport: 1, at, by: 'anna' }
  assert.throws(() => newEvent({ type: 'version.remove', version: added.version }, stamp), {
    code: 'INVALID_ARGUMENT',
  })
})

test('refuses to make an event that fills half an entry', () => {
  const record = recordOf('model/resnet', 1, { meta: { text: 'x'.repeat(600_000) } })
  assert.throws(() => new Writer().add(record), { code: 'INVALID_ARGUMENT' })
})

test('orders events by counter, then by id, the same way from both sides', () => {
  const stamp = fc.record({
    lamport: fc.nat({ max: 3 }),
    id: fc.constantFrom(idOf(1), idOf(2), idOf(3)),
  })
  fc.assert(
    fc.property(stamp, stamp, stamp, (a, b, c) => {
      assert.equal(Math.sign(compareEvents(a, b)), -Math.sign(compareEvents(b, a)) + 0)
      if (compareEvents(a, b) <= 0 && compareEvents(b, c) <= 0) assert.ok(compareEvents(a, c) <= 0)
      assert.equal(compareEvents(a, b) === 0, a.lamport === b.lamport && a.id === b.id)
    }),
  )
})

test('counts on from what is known and stops before it becomes unsafe', () => {
  assert.equal(nextLamport(0), 1)
  assert.equal(nextLamport(lamportMax), lamportMax)
})

test('reads back every kind of tag target', () => {
  for (const text of ['artifact:model/resnet', `version:${added.version}`, `run:${idOf(3)}`]) {
    assert.equal(formatTagTarget(parseTagTarget(text)), text)
  }
  for (const text of ['', 'artifact', 'run:1', 'version:', 'artifact:x', ':model/x']) {
    assert.throws(() => parseTagTarget(text), { code: 'INVALID_ARGUMENT' }, text)
  }
})
