/** Bulk events stand for large ones, and lead to nothing else than them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { canonicalBytes, type JsonObject } from '../../../src/core/canonical-json.ts'
import { digestOf } from '../../../src/core/digest.ts'
import {
  bulkBytesOf,
  bulkEvent,
  type BulkEvent,
  isBodyOf,
  readBulkBody,
  readLoggedEvents,
} from '../../../src/core/events/bulk-event.ts'
import { encodeEvent } from '../../../src/core/events/event-codec.ts'
import type { Event } from '../../../src/core/events/event.ts'
import { bodiesToFetch, eventsWithBodies } from '../../../src/core/log/bulk.ts'
import { locatorForm } from '../../../src/core/pack/locator.ts'
import { Fields } from '../../../src/core/json-shape.ts'
import { RunWriter } from './run-samples.ts'
import { idOf, recordOf, Writer } from './samples.ts'

const runs = new RunWriter()
const writer = new Writer()
const large = runs.metrics('r', { loss: Array.from({ length: 400 }, (_, step) => ({ step })) })
const small = runs.metrics('r', { loss: [{ value: 1 }] })

/** The bulk event of an event that lies somewhere. */
function bulkOf(event: Event): BulkEvent {
  const bytes = encodeEvent(event)
  const location = {
    packId: idOf('pack'),
    offset: 8,
    storedBytes: 77,
    locatorBytes: 0,
    form: locatorForm.wholeFile,
    isCompressed: true,
    isLocatorCompressed: false,
  }
  return bulkEvent(event, { digest: digestOf(bytes), sizeBytes: bytes.length, location })
}

const read = (json: JsonObject): ReturnType<typeof readLoggedEvents> =>
  readLoggedEvents(new Fields({ events: [json] }, 'entry'), 'events')

test('only large events of types that name nothing are bulk', () => {
  assert.equal(bulkBytesOf(large)?.digest, digestOf(encodeEvent(large)))
  const text = 'x'.repeat(20_000)
  const inline: readonly Event[] = [
    small,
    runs.start('r', { context: { text } }),
    writer.tag('run:'.concat(idOf('r')), 'note', text),
    writer.add(recordOf('model/m', 1, { meta: { text } })),
  ]
  for (const event of inline) assert.equal(bulkBytesOf(event), undefined, event.type)
})

test('reads back what stands in an entry', () => {
  const bulk = bulkOf(large)
  assert.deepEqual(read(bulk.json), [bulk])
  assert.deepEqual(read(small.json), [small])
})

test('reads a body, and refuses any other', () => {
  const bulk = bulkOf(large)
  assert.deepEqual(readBulkBody(bulk, encodeEvent(large)), large)
  const moved = runs.metrics('r', { loss: Array.from({ length: 400 }, (_, step) => ({ step })) })
  const tag = writer.tag('artifact:model/m', 'k', 'v')
  const forged: BulkEvent = { ...bulkOf(tag), body: bulkOf(tag).body }
  assert.throws(() => readBulkBody(bulk, encodeEvent(moved)), { code: 'CORRUPT' })
  assert.throws(() => readBulkBody(bulk, encodeEvent(large).subarray(1)), { code: 'CORRUPT' })
  assert.throws(() => readBulkBody(forged, encodeEvent(tag)), { code: 'CORRUPT' })
})

test('refuses a place that is none', () => {
  const { json } = bulkOf(large)
  const [pack = '', offset = 0, stored = 0, form = 0, digest = '', size = 0] = placeOf(json)
  for (const body of [
    [],
    ['no id', offset, stored, form, digest, size],
    [pack, -1, stored, form, digest, size],
    [pack, offset, 0, form, digest, size],
    [pack, offset, stored, 1, digest, size],
    [pack, offset, stored, form, 'no digest', size],
    [pack, offset, stored, form, digest],
  ]) {
    assert.throws(() => read({ ...json, body }), { code: 'CORRUPT' }, JSON.stringify(body))
  }
  assert.throws(() => read({ ...json, id: 'short' }), { code: 'CORRUPT' })
})

test('a body comes from the record, or from what is known, or it is damage', () => {
  const bulk = bulkOf(large)
  const nothing = (): undefined => undefined
  const known = (): Event => large
  assert.deepEqual(eventsWithBodies([small, bulk], [large], nothing, 'entry'), [small, large])
  assert.deepEqual(eventsWithBodies([bulk], [], known, 'entry'), [large])
  assert.throws(() => eventsWithBodies([bulk], [], nothing, 'entry'), { code: 'CORRUPT' })
})

test('only bodies that are not here byte for byte are fetched', () => {
  const bulk = bulkOf(large)
  const changed: Event = { ...large, json: { ...large.json, color: 'green' } }
  assert.deepEqual(
    bodiesToFetch([small, bulk], () => large),
    [],
  )
  assert.deepEqual(
    bodiesToFetch([small, bulk], () => changed),
    [bulk],
  )
  assert.deepEqual(
    bodiesToFetch([small, bulk], () => undefined),
    [bulk],
  )
  assert.ok(isBodyOf(large, bulk))
  assert.ok(!isBodyOf(small, bulk))
})

function placeOf(json: JsonObject): readonly (string | number)[] {
  return JSON.parse(canonicalBytes(json['body'] ?? []).toString()) as (string | number)[]
}
