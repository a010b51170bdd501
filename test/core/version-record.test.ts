/** Version records: one record one id, and a hostile record gives an error, never a wrong type. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { canonicalBytes, type JsonObject, type JsonValue } from '../../src/core/canonical-json.ts'
import { digestOf } from '../../src/core/digest.ts'
import { parseArtifactName } from '../../src/core/names.ts'
import {
  decodeVersionRecord,
  encodeVersionRecord,
  type VersionRecord,
} from '../../src/core/version-record.ts'
import { isMlstoreError } from '../../src/errors.ts'

const root = digestOf(Buffer.from('root'))
const input = digestOf(Buffer.from('input'))

const smallest: VersionRecord = {
  artifact: parseArtifactName('model/resnet'),
  createdAt: '2026-11-21T04:44:50.123Z',
  files: 3,
  root,
  shape: 'tree',
  size: 123,
}
const full: VersionRecord = {
  ...smallest,
  by: 'anna',
  inputs: [{ role: 'data', version: input }],
  meta: { f1: 0.93, classes: ['a', 'b'], loss: Number.NaN },
  run: '00112233445566778899aabbccddeeff',
  code: { commit: 'abc', dirty: true },
}

test('has exactly the documented bytes', () => {
  assert.equal(
    encodeVersionRecord(full).bytes.toString(),
    `{"artifact":"model/resnet","by":"anna","code":{"commit":"abc","dirty":true},` +
      `"createdAt":"2026-11-21T04:44:50.123Z","files":3,` +
      `"inputs":[{"role":"data","version":"${input}"}],` +
      `"meta":{"classes":["a","b"],"f1":{"$number":"0.93"},"loss":{"$number":"NaN"}},` +
      `"root":"${root}","run":"00112233445566778899aabbccddeeff","shape":"tree","size":123,"v":1}`,
  )
})

test('reads back what it wrote, from bytes and from the value in an event', () => {
  for (const record of [smallest, full]) {
    const { id, bytes } = encodeVersionRecord(record)
    const value: JsonObject = JSON.parse(bytes.toString())
    assert.deepEqual(decodeVersionRecord(bytes, id), { id, bytes, record })
    assert.deepEqual(decodeVersionRecord(value, id), { id, bytes, record })
  }
})

test('gives empty fields and absent fields one id', () => {
  const empty = { ...smallest, by: '', inputs: [], meta: {}, run: '', code: {} }
  assert.equal(encodeVersionRecord(empty).id, encodeVersionRecord(smallest).id)
})

test('refuses a record under the id of another', () => {
  const { id } = encodeVersionRecord(smallest)
  const { bytes } = encodeVersionRecord(full)
  assert.throws(() => decodeVersionRecord(bytes, id), { code: 'DIGEST_MISMATCH' })
})

test('refuses a record of a newer format by saying so', () => {
  const value = { ...JSON.parse(encodeVersionRecord(smallest).bytes.toString()), v: 2 }
  assert.throws(() => decodeVersionRecord(value), { code: 'FORMAT_UNSUPPORTED' })
})

test('ignores fields it does not know', () => {
  const value = { ...JSON.parse(encodeVersionRecord(smallest).bytes.toString()), future: [1] }
  assert.deepEqual(decodeVersionRecord(value).record, smallest)
})

test('refuses every wrong field', () => {
  const good: JsonObject = JSON.parse(encodeVersionRecord(full).bytes.toString())
  const wrong: readonly (readonly [string, JsonValue])[] = [
    ['artifact', 'model'],
    ['artifact', 7],
    ['by', null],
    ['createdAt', 'yesterday'],
    ['files', -1],
    ['size', '1'],
    ['inputs', [{ role: 'data', version: 'x' }]],
    ['inputs', {}],
    ['meta', []],
    ['meta', { $number: '0.5' }],
    ['meta', { a: { $x: 1 } }],
    ['root', root.slice(1)],
    ['run', '../../etc'],
    ['shape', 'folder'],
    ['code', 'abc'],
    ['v', 'x'],
  ]
  for (const [field, value] of wrong) {
    const bytes = canonicalBytes({ ...good, [field]: value })
    assert.throws(() => decodeVersionRecord(bytes), { code: 'CORRUPT' }, field)
  }
})

test('never throws anything but an mlstore error, whatever the value', () => {
  const field = fc.constantFrom(
    ...Object.keys(JSON.parse(encodeVersionRecord(full).bytes.toString())),
  )
  fc.assert(
    fc.property(field, fc.jsonValue(), (name, value) => {
      const record = { ...JSON.parse(encodeVersionRecord(full).bytes.toString()), [name]: value }
      try {
        decodeVersionRecord(record)
      } catch (error) {
        assert.ok(isMlstoreError(error), String(error))
      }
    }),
  )
})
