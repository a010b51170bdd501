/** `Fields` gives typed values or a CORRUPT error that names the field. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { invalidArgument } from '../../src/errors.ts'
import { digestOf } from '../../src/core/digest.ts'
import { expectObject, Fields } from '../../src/core/json-shape.ts'

const digest = digestOf(Buffer.from('x'))

test('reads each type of field', () => {
  const fields = new Fields(
    {
      s: 'text',
      n: 7,
      b: false,
      d: digest,
      id: '0123456789abcdef0123456789abcdef',
      at: '2026-11-21T04:44:50.123Z',
      list: ['a', 'b'],
      inner: { x: [{ y: 1 }] },
      none: null,
    },
    'entry',
  )
  assert.equal(fields.string('s'), 'text')
  assert.equal(fields.integer('n'), 7)
  assert.equal(fields.boolean('b'), false)
  assert.equal(fields.digest('d'), digest)
  assert.equal(fields.id('id').length, 32)
  assert.equal(fields.time('at'), '2026-11-21T04:44:50.123Z')
  assert.deepEqual(fields.strings('list'), ['a', 'b'])
  assert.deepEqual(
    fields
      .object('inner')
      .objects('x')
      .map((item) => item.integer('y')),
    [1],
  )
  assert.equal(fields.oneOf('s', ['word', 'text']), 'text')
  assert.equal(fields.stringOrNull('none'), null)
  assert.equal(fields.digestOrNull('none'), null)
  assert.equal(fields.optionalString('absent'), undefined)
})

test('names the object and the field in the error', () => {
  const fields = new Fields({ inner: [{}, { size: -1 }] }, 'log entry 7')
  assert.throws(() => fields.objects('inner')[1]?.integer('size'), {
    code: 'CORRUPT',
    message: /^log entry 7: inner\[1\]: size is damaged: .*-1/,
  })
})

test('refuses wrong shapes', () => {
  const fields = new Fields(
    {
      number: 1.5,
      text: 'x'.repeat(1000),
      at: '2026-02-30T00:00:00.000Z',
      id: 'ABCDEF0123456789ABCDEF0123456789',
      digest: digest.toUpperCase(),
      list: [1],
    },
    'test',
  )
  const reads: readonly (() => unknown)[] = [
    () => fields.integer('number'),
    () => fields.integer('text'),
    () => fields.string('number'),
    () => fields.string('absent'),
    () => fields.boolean('number'),
    () => fields.time('at'),
    () => fields.time('text'),
    () => fields.id('id'),
    () => fields.digest('digest'),
    () => fields.strings('list'),
    () => fields.array('text'),
    () => fields.object('list'),
    () => fields.objects('list'),
    () => fields.oneOf('text', ['a']),
    () => expectObject([], 'test'),
    () => expectObject(null, 'test'),
  ]
  for (const read of reads) assert.throws(read, { code: 'CORRUPT' }, read.toString())
})

test('never reads an inherited property', () => {
  const fields = new Fields({}, 'test')
  assert.equal(fields.has('constructor'), false)
  assert.equal(fields.get('toString'), undefined)
})

test('turns a refused argument into CORRUPT, and nothing else', () => {
  const fields = new Fields({ name: 'x' }, 'test')
  const refuse = (): never => {
    throw invalidArgument('no')
  }
  const fail = (): never => {
    throw new TypeError('a bug')
  }
  assert.throws(() => fields.parsed('name', refuse), { code: 'CORRUPT' })
  assert.throws(() => fields.parsed('name', fail), TypeError)
  assert.equal(
    fields.parsed('name', (text) => text.length),
    1,
  )
})
