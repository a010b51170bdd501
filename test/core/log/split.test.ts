/** Splitting a push loses nothing, keeps the order, and leaves only complete versions behind. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Event, VersionAdd } from '../../../src/core/events/event.ts'
import { encodeEntry, type EntryContent } from '../../../src/core/log/entry.ts'
import { splitIntoEntries } from '../../../src/core/log/split.ts'
import { locatorForm } from '../../../src/core/pack/locator.ts'
import { bulkEvent } from '../../../src/core/events/bulk-event.ts'
import { RunWriter } from '../events/run-samples.ts'
import { digestFor, entryOf, locationOf, packOf, recordOf, Writer } from '../events/samples.ts'

function pushOf(
  plan: readonly (readonly [tags: number, pushed: boolean])[],
  packs: number,
): EntryContent {
  const writer = new Writer()
  const uploaded = Array.from({ length: packs }, (_, i) => packOf(i))
  const events: Event[] = []
  const versions: VersionAdd[] = []
  for (const [i, [tags, pushed]] of plan.entries()) {
    const added = writer.add(recordOf('model/a', i))
    events.push(added, writer.claim(added, `v${i}`))
    for (let t = 0; t < tags; t++) events.push(writer.tag(`version:${added.version}`, `k${t}`, 'v'))
    if (pushed) versions.push(added)
  }
  return {
    events,
    packs: uploaded,
    versions: versions.map((v) => locationOf(v.version)),
  }
}

const aPush = fc
  .tuple(
    fc.array(fc.tuple(fc.nat({ max: 4 }), fc.boolean()), { maxLength: 12 }),
    fc.nat({ max: 5 }),
  )
  .map(([plan, packs]) => pushOf(plan, packs))

test('makes one entry of what fits', () => {
  const push = pushOf([[2, true]], 1)
  assert.deepEqual(splitIntoEntries(push), [push])
})

test('makes one empty entry of nothing', () => {
  assert.equal(splitIntoEntries({ events: [], packs: [], versions: [] }).length, 1)
})

test('loses, doubles and reorders nothing, and keeps to the limit', () => {
  fc.assert(
    fc.property(aPush, fc.integer({ min: 2500, max: 6000 }), (push, limit) => {
      const parts = splitIntoEntries(push, limit)
      assert.deepEqual(
        parts.flatMap((part) => part.events),
        push.events,
      )
      assert.deepEqual(
        parts.flatMap((part) => part.packs),
        push.packs,
      )
      assert.deepEqual(
        parts.flatMap((part) => part.versions.map(({ version }) => version)),
        push.versions.map(({ version }) => version),
      )
      for (const part of parts) {
        const empty = encodeEntry(entryOf({ events: [] })).length
        assert.ok(encodeEntry(entryOf(part)).length - empty <= limit)
      }
    }),
  )
})

test('puts the packs before and the location beside each version', () => {
  fc.assert(
    fc.property(aPush, (push) => {
      const seen = new Set<string>()
      for (const part of splitIntoEntries(push, 2500)) {
        for (const pack of part.packs) seen.add(pack.id)
        const here = new Set(part.versions.map((location) => location.version))
        for (const location of part.versions) {
          const needed = [...part.packs.map((pack) => pack.id), ...location.uses]
          for (const pack of push.packs) assert.ok(seen.has(pack.id), 'a pack comes too late')
          for (const pack of push.packs) assert.ok(needed.includes(pack.id), 'a pack is forgotten')
          assert.ok(
            part.events.some((e) => e.type === 'version.add' && e.version === location.version),
          )
        }
        for (const event of part.events) {
          const isPushed = push.versions.some(
            (v) => event.type === 'version.add' && v.version === event.version,
          )
          if (event.type === 'version.add' && isPushed) assert.ok(here.has(event.version))
        }
      }
    }),
  )
})

test('places versions whose record is on the remote already', () => {
  const added = new Writer().add(recordOf('model/a', 1))
  const push = { events: [], packs: [packOf(1)], versions: [locationOf(added.version, packOf(1))] }
  assert.deepEqual(splitIntoEntries(push), [push])
})

test('an entry has no more bodies than a record may hold', () => {
  const runs = new RunWriter()
  const sizes = [9, 7, 1, 16, 3, 20, 1].map((mebibytes) => mebibytes * 1024 * 1024)
  const events = sizes.map((sizeBytes, i) => {
    const event = runs.params('r', { [`param ${i}`]: 'x' })
    const location = { ...locationOf(digestFor(i), packOf(1)).root, form: locatorForm.wholeFile }
    return bulkEvent(event, { digest: digestFor(i), sizeBytes, location })
  })
  const parts = splitIntoEntries({ events, packs: [packOf(1)], versions: [] })
  assert.deepEqual(
    parts.map((part) => part.events.length),
    [2, 1, 1, 1, 1, 1],
  )
  assert.deepEqual(
    parts.flatMap((part) => part.events),
    events,
  )
})
