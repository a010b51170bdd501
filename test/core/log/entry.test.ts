/** Log entries: written canonically, read with suspicion, chained by hash. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  canonicalBytes,
  type JsonObject,
  type JsonValue,
} from '../../../src/core/canonical-json.ts'
import { digestOf } from '../../../src/core/digest.ts'
import { bulkEvent, type LoggedEvent } from '../../../src/core/events/bulk-event.ts'
import { locatorForm } from '../../../src/core/pack/locator.ts'
import {
  advanceHead,
  decodeEntry,
  decodeKnownEntry,
  encodeEntry,
  entryBulkBytesMax,
  entryBytesMax,
} from '../../../src/core/log/entry.ts'
import { isMlstoreError } from '../../../src/errors.ts'
import {
  digestFor,
  entryOf,
  formatHash,
  idOf,
  locationOf,
  packOf,
  recordOf,
  repoId,
  Writer,
} from '../events/samples.ts'

const writer = new Writer()
const added = writer.add(recordOf('model/resnet', 1))
const pack = packOf(1)
const entry = entryOf({
  events: [added, writer.claim(added, 'v1')],
  packs: [pack],
  versions: [locationOf(added.version, pack, packOf(2))],
})
const bytes = encodeEntry(entry)
const json = JSON.parse(bytes.toString()) as JsonObject
const changed = (fields: JsonObject): Buffer => canonicalBytes({ ...json, ...fields })

test('reads back the entry it wrote', () => {
  assert.deepEqual(decodeEntry(bytes, 'entry'), entry)
  assert.deepEqual(decodeKnownEntry(bytes, 'entry'), entry)
})

test('ignores fields it does not know', () => {
  assert.deepEqual(decodeEntry(changed({ color: 'green' }), 'entry'), entry)
})

test('refuses an entry that needs a newer mlstore, whatever else it holds', () => {
  for (const fields of [{ requires: ['teleport'] }, { v: 2, events: 'other shape' }]) {
    assert.throws(() => decodeEntry(changed(fields), 'entry'), { code: 'FORMAT_UNSUPPORTED' })
  }
})

test('refuses what is no entry', () => {
  const [location] = json['versions'] as readonly JsonObject[]
  const broken: readonly JsonObject[] = [
    { seq: 0 },
    { prev: 'x' },
    { events: {} },
    { packs: [{ id: pack.id, kind: 'other', size: 1 }] },
    { packs: [{ id: pack.id, kind: 'data', size: -1 }] },
    { versions: [{ ...location, root: [pack.id, 1, 2, 3] }] },
    { versions: [{ ...location, root: [pack.id, 1, 2, 3, 1, 5] }] },
    { versions: [{ ...location, root: ['../../etc', 1, 2, 3, 1] }] },
    { versions: [{ ...location, root: [pack.id, 1, 2, 3, 255] }] },
    { versions: [{ ...location, uses: ['..'] }] },
  ]
  for (const fields of broken) {
    assert.throws(
      () => decodeEntry(changed(fields), 'entry'),
      { code: 'CORRUPT' },
      JSON.stringify(fields),
    )
  }
})

test('refuses other spellings of the same entry, so that everyone hashes the same bytes', () => {
  assert.throws(() => decodeEntry(Buffer.from(`${bytes.toString()}\n`), 'entry'), {
    code: 'CORRUPT',
  })
})

test('neither writes nor reads more than 1 MiB', () => {
  const events = Array.from({ length: 9000 }, () => writer.tag('artifact:model/resnet', 'k', 'v'))
  assert.throws(() => encodeEntry({ ...entry, events }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => decodeEntry(Buffer.alloc(entryBytesMax + 1), 'entry'), { code: 'CORRUPT' })
})

test('fails with a code and nothing else, whatever a field is replaced by', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(json)), fc.jsonValue(), (field, value) => {
      let text: Buffer
      try {
        text = changed({ [field]: value as JsonValue })
      } catch {
        return
      }
      try {
        decodeEntry(text, 'entry')
      } catch (error) {
        assert.ok(isMlstoreError(error), String(error))
      }
    }),
  )
})

test('follows the chain of hashes and says where it breaks', () => {
  const start = { repoId, seq: 0, hash: formatHash }
  const head = advanceHead(start, entry, bytes)
  assert.deepEqual(head, { repoId, seq: 1, hash: digestOf(bytes) })

  const second = entryOf({ events: [], seq: 2, prev: head.hash })
  assert.equal(advanceHead(head, second, encodeEntry(second)).seq, 2)

  const cases = [
    [{ ...second, prev: digestFor('fork') }, 'REMOTE_REPLACED'],
    [{ ...second, repoId: idOf('other') }, 'REMOTE_REPLACED'],
    [{ ...second, seq: 3 }, 'CORRUPT'],
  ] as const
  for (const [wrong, code] of cases) {
    assert.throws(() => advanceHead(head, wrong, encodeEntry(wrong)), { code })
  }
})

test('refuses an entry whose bodies would be too many for a record', () => {
  const event = writer.tag('artifact:model/a', 'k', 'v')
  const bulk = (seed: number): LoggedEvent => {
    const place = { form: locatorForm.wholeFile, locatorBytes: 0 }
    const location = { ...locationOf(added.version, pack).root, ...place }
    const sizeBytes = entryBulkBytesMax / 2
    const id = idOf(`bulk ${seed}`)
    return bulkEvent({ ...event, id }, { digest: digestFor(seed), sizeBytes, location })
  }
  const fits = entryOf({ events: [bulk(1), bulk(2)] })
  assert.deepEqual(decodeEntry(encodeEntry(fits), 'entry').events, fits.events)
  const tooMany = encodeEntry(entryOf({ events: [bulk(1), bulk(2), bulk(3)] }))
  assert.throws(() => decodeEntry(tooMany, 'entry'), { code: 'CORRUPT' })
})
