/** Nodes: the hand-made text is canonical JSON, and decoding refuses everything else. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { canonicalJson, type JsonValue } from '../../../src/core/canonical-json.ts'
import { digestOf } from '../../../src/core/digest.ts'
import { compareNames } from '../../../src/core/tree/name-order.ts'
import {
  decodeNode,
  emptyNode,
  emptyNodeDigest,
  encodeNode,
  type NodeEntry,
  nodeSize,
  type TreeNode,
} from '../../../src/core/tree/node.ts'
import { isMlstoreError } from '../../../src/errors.ts'
import { anyName } from '../../support/tree-arbitraries.ts'

const digest = digestOf(Buffer.from('x'))
const refused = { code: 'CORRUPT' }

const anyDigest = fc.nat().map((n) => digestOf(Buffer.from(String(n))))
const anySize = fc.nat({ max: 2 ** 50 })
const anyTreeEntry: fc.Arbitrary<NodeEntry> = fc.oneof(
  fc.record({
    kind: fc.constant('file' as const),
    name: anyName,
    digest: anyDigest,
    size: anySize,
    exec: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('directory' as const),
    name: anyName,
    digest: anyDigest,
    size: anySize,
  }),
  fc.record({
    kind: fc.constant('link' as const),
    name: anyName,
    target: fc.constantFrom('a', '../b', 'é😀', '"\\\n', './'),
  }),
)
const anyChild: fc.Arbitrary<NodeEntry> = fc.record({
  kind: fc.constant('node' as const),
  name: anyName,
  digest: anyDigest,
  size: anySize,
})

const sorted = (entry: fc.Arbitrary<NodeEntry>, minLength: number): fc.Arbitrary<NodeEntry[]> =>
  fc
    .uniqueArray(entry, { selector: ({ name }) => name, minLength, maxLength: 20 })
    // Copied, since records of fast-check have no prototype and those of `decodeNode` have one.
    .map((entries) => entries.map((item) => ({ ...item })))
    .map((entries) => entries.toSorted((a, b) => compareNames(a.name, b.name)))

const anyNode: fc.Arbitrary<TreeNode> = fc.oneof(
  sorted(anyTreeEntry, 0).map((entries) => ({ level: 0, entries })),
  fc
    .tuple(fc.integer({ min: 1, max: 127 }), sorted(anyChild, 1))
    .map(([level, entries]) => ({ level, entries })),
)

/** The node as the format describes it, with `exec` only where it is true. */
function jsonOf(node: TreeNode): JsonValue {
  const entries = node.entries.map((entry): JsonValue => {
    if (entry.kind !== 'file' || entry.exec) return { ...entry }
    const { exec, ...rest } = entry
    assert.equal(exec, false)
    return rest
  })
  return { entries, level: node.level, v: 1 }
}

const decode = (value: unknown): TreeNode => decodeNode(Buffer.from(JSON.stringify(value)), 'test')

const file = { digest, kind: 'file', name: 'a', size: 1 }
const child = { digest, kind: 'node', name: 'a', size: 1 }
const node = (entries: unknown, level: unknown = 0, v: unknown = 1): unknown => ({
  entries,
  level,
  v,
})

test('writes canonical JSON, byte for byte', () => {
  fc.assert(
    fc.property(anyNode, (value) => {
      assert.equal(encodeNode(value).toString(), canonicalJson(jsonOf(value)))
    }),
    { numRuns: 500 },
  )
})

test('reads back what it wrote', () => {
  fc.assert(
    fc.property(anyNode, (value) => {
      assert.deepEqual(decodeNode(encodeNode(value), 'test'), value)
    }),
  )
})

test('gives an empty directory one fixed node', () => {
  assert.equal(encodeNode(emptyNode).toString(), '{"entries":[],"level":0,"v":1}')
  assert.equal(emptyNodeDigest, digestOf(encodeNode(emptyNode)))
})

test('adds up the bytes of files, not of links', () => {
  assert.equal(
    nodeSize(
      decode(node([file, { kind: 'link', name: 'b', target: 'a' }, { ...file, name: 'c' }])),
    ),
    2,
  )
})

test('refuses unsafe names', () => {
  for (const name of ['', '.', '..', 'a/b', '/', 'a\0b', '\ud800', 7, null]) {
    assert.throws(() => decode(node([{ ...file, name }])), refused, JSON.stringify(name))
  }
})

test('refuses names out of order or twice', () => {
  const named = (...names: string[]): unknown => node(names.map((name) => ({ ...file, name })))
  assert.equal(decode(named('\ufffd', '😀')).entries.length, 2)
  for (const names of [
    ['b', 'a'],
    ['a', 'a'],
    ['😀', '\ufffd'],
  ]) {
    assert.throws(() => decode(named(...names)), refused)
  }
})

test('refuses kinds on the wrong level, and inner nodes without entries', () => {
  const values = [
    node([child], 0),
    node([file], 1),
    node([{ kind: 'link', name: 'a', target: 'b' }], 1),
    node([{ ...file, kind: 'directory' }], 2),
    node([], 1),
    node([child], 128),
    node([child], -1),
    node([child], 0.5),
    node([{ ...file, kind: 'socket' }]),
    node(Array.from({ length: 1025 }, (_, i) => ({ ...file, name: String(i).padStart(5, '0') }))),
  ]
  for (const value of values) assert.throws(() => decode(value), refused)
})

test('refuses sizes and digests that are none', () => {
  for (const size of [-1, 0.5, 2 ** 53, '1', null]) {
    assert.throws(() => decode(node([{ ...file, size }])), refused)
  }
  for (const wrong of [digest.toUpperCase(), digest.slice(1), `${digest}0`, 7]) {
    assert.throws(() => decode(node([{ ...file, digest: wrong }])), refused)
  }
})

test('refuses link targets that no tree may have', () => {
  for (const target of ['', '/etc', 'a\0', '\udc00', 7]) {
    assert.throws(() => decode(node([{ kind: 'link', name: 'a', target }])), refused)
  }
})

test('refuses other spellings and unknown fields', () => {
  const good = encodeNode(decode(node([file]))).toString()
  const texts = [
    ` ${good}`,
    `${good}\n`,
    good.replace('"a"', '"\\u0061"'),
    good.replace('"size":1', '"size":1.0'),
    good.replace('"size":1', '"size":1,"size":1'),
    good.replace('"kind"', '"exec":false,"kind"'),
    good.replace('"kind"', '"exec":1,"kind"'),
    good.replace('"size":1', '"size":1,"x":1'),
    good.replace('"level"', '"a":1,"level"'),
    '[]',
    'null',
    '{}',
    '',
  ]
  for (const text of texts) {
    assert.throws(() => decodeNode(Buffer.from(text), 'test'), refused, text)
  }
  const latin1 = Buffer.from(good.replace('"a"', '"\u00e9"'), 'latin1')
  assert.throws(() => decodeNode(latin1, 'test'), refused)
})

test('says that a newer format is newer', () => {
  assert.throws(() => decode(node([], 0, 2)), { code: 'FORMAT_UNSUPPORTED' })
})

test('never throws anything but an mlstore error, whatever the bytes', () => {
  const bytes = Buffer.from(JSON.stringify(node([file, { ...file, name: 'b', exec: true }])))
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const damaged = Buffer.from(bytes)
      damaged[at] = byte
      try {
        decodeNode(damaged, 'test')
      } catch (error) {
        assert.ok(isMlstoreError(error), String(error))
      }
    }),
    { numRuns: 500 },
  )
})
