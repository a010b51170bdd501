/** Packs are built in few pieces of memory, however many there are. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import { packEncoding, packHeaderBytes } from '../../../src/core/pack/format.ts'
import { PackMemory } from '../../../src/store/sync/pack-memory.ts'
import { type BuiltPack, RemotePackBuilder } from '../../../src/store/sync/remote-pack.ts'
import { seededBytes } from '../../support/seeded-data.ts'

const packBytes = 4 * 1024 * 1024

function startPack(memory: PackMemory): RemotePackBuilder {
  return new RemotePackBuilder(randomBytes(16).toString('hex'), 'data', memory)
}

function fill(pack: RemotePackBuilder, content: Uint8Array): BuiltPack {
  const chunkBytes = 64 * 1024
  for (let at = 0; at < content.length; at += chunkBytes) {
    const stored = content.subarray(at, at + chunkBytes)
    const digest = digestOf(stored)
    pack.addBlob({ digest, encoding: packEncoding.raw, stored, sizeBytes: stored.length })
  }
  return pack.finish()
}

test('a full pack gets the memory of one that was released', () => {
  const memory = new PackMemory(packBytes)
  const first = startPack(memory)
  const { bytes } = fill(first, seededBytes('first', packBytes - 100_000))
  first.release()
  const content = seededBytes('second', packBytes - 200_000)
  const second = fill(startPack(memory), content)
  assert.equal(second.bytes.buffer, bytes.buffer)
  const framed = second.bytes.subarray(packHeaderBytes, packHeaderBytes + content.length)
  assert.ok(Buffer.from(framed).equals(content))
})

test('packs that are not released have memory of their own', () => {
  const memory = new PackMemory(packBytes)
  const contents = ['a', 'b', 'c'].map((seed) => seededBytes(seed, packBytes - 100_000))
  const packs = contents.map((content) => fill(startPack(memory), content))
  for (const [index, { bytes }] of packs.entries()) {
    const content = contents[index] ?? assert.fail()
    const framed = bytes.subarray(packHeaderBytes, packHeaderBytes + content.length)
    assert.ok(Buffer.from(framed).equals(content))
  }
})

test('a small pack takes little memory, and one that is too long is built all the same', () => {
  const memory = new PackMemory(packBytes)
  const small = fill(startPack(memory), seededBytes('small', 10_000))
  assert.ok(small.bytes.buffer.byteLength <= 64 * 1024)
  const long = startPack(memory)
  const content = seededBytes('long', 3 * packBytes)
  const { bytes } = fill(long, content)
  assert.ok(
    Buffer.from(bytes.subarray(packHeaderBytes, packHeaderBytes + content.length)).equals(content),
  )
  long.release()
  assert.notEqual(memory.take().buffer, bytes.buffer)
})
