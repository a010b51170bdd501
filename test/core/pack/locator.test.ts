/** Locators keep what they are told; a damaged one is an error. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import {
  type LocatorEntry,
  decodeFrameForm,
  decodeLocator,
  encodeFrameForm,
  encodeLocator,
  locatorForm,
} from '../../../src/core/pack/locator.ts'
import {
  anyDamageOf,
  assertCorrupt,
  assertSafe,
  beginnings,
  bitFlips,
} from '../../support/damage.ts'

const anyInteger = fc.oneof(fc.nat({ max: 300 }), fc.nat(), fc.nat({ max: 2 ** 51 }))
const anyPackId = fc.constantFrom('00'.repeat(16), 'ab'.repeat(16), '0123456789abcdef'.repeat(2))

const anyEntry: fc.Arbitrary<LocatorEntry> = fc
  .record(
    {
      packId: anyPackId,
      offset: anyInteger,
      storedBytes: anyInteger,
      locatorBytes: anyInteger,
      form: fc.constantFrom(...Object.values(locatorForm)),
      isCompressed: fc.boolean(),
      isLocatorCompressed: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  .map((entry) =>
    entry.form === locatorForm.recipeRoot
      ? { ...entry, recipe: digestOf(Buffer.from('r')) }
      : entry,
  )
const anyEntries = fc.array(fc.option(anyEntry, { nil: undefined }))

const chunkEntry: LocatorEntry = {
  packId: '0123456789abcdef'.repeat(2),
  offset: 300,
  storedBytes: 5,
  locatorBytes: 0,
  form: locatorForm.chunk,
  isCompressed: true,
  isLocatorCompressed: false,
}

test('a locator is the bytes that docs/format.md says', () => {
  const packs = `01 ${chunkEntry.packId}`
  const entries = '03 00 01ac02050083 01ac02050083'
  assert.equal(
    Buffer.from(encodeLocator([undefined, chunkEntry, chunkEntry])).toString('hex'),
    `4d4c4c4f 01 ${packs} ${entries}`.replaceAll(' ', ''),
  )
})

test('decoding gives back what was encoded', () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      assert.deepEqual(decodeLocator(encodeLocator(entries)), entries)
    }),
  )
})

test('the form byte gives back what it was made of, and no other byte is one', () => {
  for (let byte = 0; byte < 256; byte++) {
    if ((byte & 0x3f) <= 4) assert.equal(encodeFrameForm(decodeFrameForm(byte, 'a root')), byte)
    else assertCorrupt(() => decodeFrameForm(byte, 'a root'))
  }
})

test('a damaged locator is an error, or another locator', () => {
  const bytes = encodeLocator([chunkEntry, undefined, { ...chunkEntry, offset: 2 ** 40 }])
  for (const beginning of beginnings(bytes)) assertCorrupt(() => decodeLocator(beginning))
  for (const flipped of bitFlips(bytes)) assertSafe(() => decodeLocator(flipped))
  assertCorrupt(() => decodeLocator(Buffer.concat([bytes, Buffer.of(0)])))
  fc.assert(fc.property(anyDamageOf(bytes), (damaged) => assertSafe(() => decodeLocator(damaged))))
  fc.assert(fc.property(fc.uint8Array(), (noise) => assertCorrupt(() => decodeLocator(noise))))
})

test('counts that the bytes cannot hold are refused before anything is allocated', () => {
  const start = Buffer.from('4d4c4c4f01', 'hex')
  const huge = Buffer.from('ffffffffffff0f', 'hex')
  assertCorrupt(() => decodeLocator(Buffer.concat([start, huge])))
  assertCorrupt(() => decodeLocator(Buffer.concat([start, Buffer.of(0), huge])))
})

test('numbers that are no safe integers, or have leading zeros, are refused', () => {
  const entry = (offset: string): Buffer =>
    Buffer.from(`4d4c4c4f0101${chunkEntry.packId}0101${offset}050083`, 'hex')
  assert.equal(decodeLocator(entry('ac02'))[0]?.offset, 300)
  assertCorrupt(() => decodeLocator(entry('ac8200')))
  assertCorrupt(() => decodeLocator(entry('ffffffffffffff7f')))
  assertCorrupt(() => decodeLocator(entry('ff'.repeat(40) + '01')))
})

test('a pack id that is none is refused', () => {
  assert.throws(() => encodeLocator([{ ...chunkEntry, packId: 'abc' }]), {
    code: 'INVALID_ARGUMENT',
  })
})
