/** Corpora of the dedup bench are the same each time, and their files are what they claim to be. */

import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { createReadStream, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { crc32 } from 'node:zlib'
import { extract } from 'tar-stream'

import { digestOf } from '../../../src/core/digest.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { jsonLines } from './corpora/logs.ts'
import { pytorchModel, safetensorsModel } from './corpora/model.ts'
import { csvTable, sqliteTable } from './corpora/tables.ts'
import { tarShard } from './corpora/tar.ts'
import { bell, bfloat16Bytes } from './corpora/weights.ts'
import type { Corpus } from './corpus.ts'
import { filesBelow } from './files.ts'

const made = [safetensorsModel, pytorchModel, sqliteTable, csvTable, tarShard, jsonLines]

async function make(corpus: Corpus, context: TestContext): Promise<readonly string[]> {
  const folder = join(temporaryFolder(context), 'corpus')
  mkdirSync(folder)
  const result = await corpus.make({ folder, scale: 0.002 })
  assert.ok('versions' in result)
  return result.versions
}

function digestsOf(version: string): string[] {
  return filesBelow(version).map(({ name, path }) => `${name} ${digestOf(readFileSync(path))}`)
}

for (const corpus of made) {
  test(`${corpus.name} is the same each time it is made, and no two saves are`, async (context) => {
    const first = (await make(corpus, context)).map(digestsOf)
    const second = (await make(corpus, context)).map(digestsOf)
    assert.deepEqual(first, second)
    assert.ok(first.length >= 4)
    assert.equal(new Set(first.map(String)).size, first.length)
  })
}

type SafetensorsHeader = Readonly<Record<string, { readonly data_offsets?: [number, number] }>>

function readSafetensors(path: string): Map<string, Buffer> {
  const file = readFileSync(path)
  const start = 8 + Number(file.readBigUInt64LE(0))
  const header = JSON.parse(file.toString('utf8', 8, start)) as SafetensorsHeader
  const tensors = new Map<string, Buffer>()
  let end = 0
  for (const [name, { data_offsets: offsets }] of Object.entries(header)) {
    if (offsets === undefined) continue
    assert.equal(offsets[0], end)
    end = offsets[1]
    tensors.set(name, file.subarray(start + offsets[0], start + end))
  }
  assert.equal(start + end, file.length)
  assert.equal(start % 8, 0)
  return tensors
}

test('seven tenths of a safetensors model stay as they are, the rest all changes', async (context) => {
  const versions = await make(safetensorsModel, context)
  const [first, second] = versions.map((version) =>
    readSafetensors(join(version, 'model.safetensors')),
  )
  assert.ok(first && second)
  let [all, same] = [0, 0]
  for (const [name, bytes] of first) {
    all += bytes.length
    if (second.get(name)?.equals(bytes)) same += bytes.length
  }
  assert.ok(same / all > 0.65 && same / all < 0.78, `${same} of ${all}`)
})

test('weights have the deviation asked for, and bfloat16 keeps them to 3 digits', () => {
  const values = bell('weights', 100_000, 0.02)
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)
  assert.ok(Math.abs(deviation - 0.02) < 0.0003, String(deviation))
  const halves = bfloat16Bytes(values)
  for (let i = 0; i < 1000; i++) {
    const widened = Buffer.alloc(4)
    halves.copy(widened, 2, 2 * i, 2 * i + 2)
    const value = values[i] ?? 0
    assert.ok(Math.abs(widened.readFloatLE(0) - value) <= Math.abs(value) / 256)
  }
})

test('members of a PyTorch zip are stored at multiples of 64, with right checksums', async (context) => {
  const [version = ''] = await make(pytorchModel, context)
  const file = readFileSync(join(version, 'model.pt'))
  const end = file.length - 22
  assert.equal(file.readUInt32LE(end), 0x06054b50)
  let at = file.readUInt32LE(end + 16)
  const count = file.readUInt16LE(end + 10)
  assert.ok(count > 90)
  for (let member = 0; member < count; member++) {
    assert.equal(file.readUInt32LE(at), 0x02014b50)
    const [crc, size, offset] = [16, 24, 42].map((field) => file.readUInt32LE(at + field))
    assert.ok(crc !== undefined && size !== undefined && offset !== undefined)
    const start = offset + 30 + file.readUInt16LE(offset + 26) + file.readUInt16LE(offset + 28)
    assert.equal(start % 64, 0)
    assert.equal(crc32(file.subarray(start, start + size)), crc)
    at += 46 + file.readUInt16LE(at + 28)
  }
  assert.equal(at, end)
})

test('the database has rows inserted, changed and deleted from save to save', async (context) => {
  const versions = await make(sqliteTable, context)
  const rows = versions.map((version) => {
    const db = new Database(join(version, 'samples.db'), { readonly: true })
    const found = db.prepare<[], { id: number; text: string }>('SELECT id, text FROM sample').all()
    db.close()
    return new Map(found.map(({ id, text }) => [id, text]))
  })
  const [first = new Map<number, string>(), second = new Map<number, string>()] = rows
  const ids = [...first.keys()]
  assert.ok(ids.some((id) => !second.has(id)))
  assert.ok(ids.some((id) => second.has(id) && second.get(id) !== first.get(id)))
  assert.ok([...second.keys()].some((id) => !first.has(id)))
})

test('the tar holds the members it should after each edit', async (context) => {
  const versions = await make(tarShard, context)
  const members = await Promise.all(
    versions.map((version) => tarMembers(join(version, 'shard.tar'))),
  )
  const counts = members.map((names) => names.length)
  const [first = 0] = counts
  assert.deepEqual(counts, [first, first, first, first + 2, first])
})

async function tarMembers(path: string): Promise<string[]> {
  const names: string[] = []
  const archive = createReadStream(path).pipe(extract())
  for await (const entry of archive) {
    names.push(entry.header.name)
    entry.resume()
  }
  return names
}
