/**
 * The journal gives back every record that was synced, cuts what a crash tore, and says so when
 * bytes were damaged.
 *
 *   header | append 1: a b | append 2: c | append 3: d e f
 *
 * Cut anywhere: the records before the cut. One byte wrong in append 3: the records before it.
 * One byte wrong anywhere before append 3: CORRUPT, with the offset of the record.
 */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { isMlstoreError, MlstoreError } from '../../src/errors.ts'
import { type DurableParts } from '../../src/objects/durable-write.ts'
import { JournalWriter } from '../../src/objects/journal-writer.ts'
import {
  type JournalEntry,
  journalPath,
  type JournalPosition,
  journalStart,
  readJournal,
  repairTail,
} from '../../src/objects/journal.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { SystemProcessTable } from '../../src/objects/process-table.ts'
import { Temporaries } from '../../src/objects/temporary.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { SequentialIds } from '../support/sequential-ids.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const node = new NodeFileSystem()
const headerBytes = 8

type Bench = {
  readonly directory: string
  readonly parts: DurableParts
  readonly fs: InterceptedFileSystem
}

function benchFor(context: Pick<TestContext, 'after'>): Bench {
  const fs = new InterceptedFileSystem(node)
  const processes = new SystemProcessTable()
  const temporaries = new Temporaries({
    fs,
    ids: new SequentialIds(),
    processes,
    host: 'test',
    pid: process.pid,
  })
  return { directory: join(temporaryFolder(context), 'journal'), parts: { fs, temporaries }, fs }
}

/** Writes the appends, each of several payloads, and returns where each of them ended. */
function write(
  bench: Bench,
  appends: readonly string[][],
  rotateBytes?: number,
): JournalPosition[] {
  const options = rotateBytes === undefined ? {} : { rotateBytes }
  const writer = new JournalWriter(bench.parts, bench.directory, options)
  const ends = appends.map((payloads) => writer.append(payloads))
  writer.close()
  return ends
}

const read = (bench: Bench, from?: JournalPosition): JournalEntry[] => [
  ...readJournal(node, bench.directory, from),
]
const payloadsOf = (entries: readonly JournalEntry[]): string[] =>
  entries.map((entry) => entry.payload)
const filesOf = (bench: Bench): string[] =>
  node
    .readDirectory(bench.directory)
    .map((entry) => entry.name)
    .sort()

const appends = [
  ['{"a":1}', '{"b":"zwei"}'],
  ['{"c":"drei drei"}'],
  ['{"d":4}', '{"e":"日本"}', '{"f":[]}'],
]
const isPrefix = (part: readonly string[], whole: readonly string[]): boolean =>
  part.every((payload, index) => payload === whole[index])

test('gives back what was appended, in order, over several writers', (context) => {
  const bench = benchFor(context)
  write(bench, appends.slice(0, 2))
  write(bench, appends.slice(2))
  assert.deepEqual(payloadsOf(read(bench)), appends.flat())
})

test('an empty journal has nothing to read and nothing to repair', (context) => {
  const bench = benchFor(context)
  assert.deepEqual(read(bench), [], 'no folder')
  write(bench, [])
  assert.deepEqual(read(bench), [])
  assert.equal(repairTail(bench.parts, bench.directory), undefined)
})

test('goes on reading where it stopped, also over the end of a file', (context) => {
  const bench = benchFor(context)
  write(bench, appends, 40)
  const all = read(bench)
  assert.ok(filesOf(bench).length > 1)
  all.forEach((entry, index) => {
    assert.deepEqual(read(bench, entry.next), all.slice(index + 1))
    assert.deepEqual(read(bench, entry.position), all.slice(index))
  })
})

test('starts a new file when one is full, and gives a large append a file of its own', (context) => {
  const bench = benchFor(context)
  const ends = write(bench, [['{"x":1}'], [`{"y":"${'-'.repeat(200)}"}`], ['{"z":3}']], 100)
  assert.deepEqual(
    ends.map((end) => end.file),
    [1, 2, 3],
  )
  assert.equal(payloadsOf(read(bench)).length, 3)
})

test('one append is one write and one sync', (context) => {
  const bench = benchFor(context)
  const writer = new JournalWriter(bench.parts, bench.directory)
  writer.append(['{"first":1}'])
  const before = bench.fs.calls.length
  writer.append(['{"a":1}', '{"b":2}', '{"c":3}'])
  assert.deepEqual(bench.fs.calls.slice(before), ['write', 'sync'])
  writer.close()
})

test('cut at any byte, it has the records before the cut and can be appended to', (context) => {
  const bench = benchFor(context)
  write(bench, appends)
  const path = journalPath(bench.directory, 1)
  const whole = readFileSync(path)
  const ends = read(bench).map((entry) => entry.next.offset)
  for (let length = headerBytes; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length))
    const survivors = ends.filter((end) => end <= length).length
    const expected = appends.flat().slice(0, survivors)
    assert.deepEqual(payloadsOf(read(bench)), expected)

    const cut = repairTail(bench.parts, bench.directory)
    const goodBytes = ends[survivors - 1] ?? headerBytes
    assert.equal(cut?.cutBytes ?? 0, length - goodBytes)
    assert.equal(readFileSync(path).length, goodBytes)
    write(bench, [['{"new":true}']])
    assert.deepEqual(payloadsOf(read(bench)), [...expected, '{"new":true}'])
  }
})

test('a file without its whole header is damage: headers are never torn', (context) => {
  const bench = benchFor(context)
  write(bench, appends)
  const path = journalPath(bench.directory, 1)
  const whole = readFileSync(path)
  for (const length of [0, 1, 7]) {
    writeFileSync(path, whole.subarray(0, length))
    assert.throws(() => read(bench), { code: 'CORRUPT' })
    assert.throws(() => repairTail(bench.parts, bench.directory), { code: 'CORRUPT' })
  }
})

test('refuses a journal of a newer format by name', (context) => {
  const bench = benchFor(context)
  write(bench, appends)
  const path = journalPath(bench.directory, 1)
  const bytes = readFileSync(path)
  bytes[7] = 2
  writeFileSync(path, bytes)
  assert.throws(() => read(bench), { code: 'FORMAT_UNSUPPORTED' })
})

test('any byte flipped is never read as a record: damage, or the torn end of the last append', (context) => {
  const bench = benchFor(context)
  const ends = write(bench, appends)
  const lastAppend = ends[1]?.offset ?? 0
  const path = journalPath(bench.directory, 1)
  const whole = readFileSync(path)
  const starts = read(bench).map((entry) => entry.position.offset)

  const flips = fc.record({
    at: fc.integer({ min: headerBytes, max: whole.length - 1 }),
    bit: fc.nat({ max: 7 }),
  })
  const check = (at: number, bit: number): void => {
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
    writeFileSync(path, bytes)
    const record = starts.findLast((start) => start <= at)
    if (at >= lastAppend) {
      const expected = appends.flat().slice(0, starts.indexOf(record ?? 0))
      assert.deepEqual(payloadsOf(read(bench)), expected)
    } else {
      const names = (error: unknown): boolean =>
        isMlstoreError(error, 'CORRUPT') &&
        error.details?.['path'] === path &&
        error.details['offset'] === record
      assert.throws(() => read(bench), names)
      assert.throws(() => repairTail(bench.parts, bench.directory), names)
      assert.deepEqual(readFileSync(path), bytes)
    }
  }
  for (let at = headerBytes; at < whole.length; at++) check(at, at % 8)
  fc.assert(fc.property(flips, ({ at, bit }) => check(at, bit)))
})

test('any blocks of the last append lost in a crash are a torn tail, never damage', (context) => {
  const bench = benchFor(context)
  const ends = write(bench, appends)
  const lastAppend = ends[1]?.offset ?? 0
  const path = journalPath(bench.directory, 1)
  const whole = readFileSync(path)
  const before = appends.slice(0, 2).flat()
  const lostBlocks = fc.array(fc.boolean(), { minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(lostBlocks, fc.integer({ min: 1, max: 30 }), (lost, blockBytes) => {
      const bytes = Buffer.from(whole)
      lost.forEach((isLost, index) => {
        const start = Math.min(lastAppend + index * blockBytes, bytes.length)
        if (isLost) bytes.fill(0, start, Math.min(start + blockBytes, bytes.length))
      })
      writeFileSync(path, bytes)
      const found = payloadsOf(read(bench))
      assert.ok(found.length >= before.length && isPrefix(found, appends.flat()))
      repairTail(bench.parts, bench.directory)
      assert.deepEqual(payloadsOf(read(bench)), found)
    }),
  )
})

test('a torn record in a file that is not the last is damage', (context) => {
  const bench = benchFor(context)
  write(bench, appends, 40)
  const path = journalPath(bench.directory, 1)
  writeFileSync(path, readFileSync(path).subarray(0, -1))
  assert.throws(() => read(bench), { code: 'CORRUPT' })
})

test('a missing file, and a place behind the end, are damage', (context) => {
  const bench = benchFor(context)
  const ends = write(bench, appends, 40)
  const last = ends.at(-1) ?? journalStart
  const beyond = [
    { ...last, offset: last.offset + 1 },
    { file: last.file + 1, offset: 0 },
  ]
  for (const from of beyond) assert.throws(() => read(bench, from), { code: 'CORRUPT' })
  node.unlink(journalPath(bench.directory, 2))
  assert.throws(() => read(bench), { code: 'CORRUPT' })
})

test('a place in a journal that was deleted is damage too', (context) => {
  const bench = benchFor(context)
  const [end] = write(bench, appends)
  node.unlink(journalPath(bench.directory, 1))
  assert.throws(() => read(bench, end), { code: 'CORRUPT' })
  assert.deepEqual(read(bench), [])
})

for (const step of ['write', 'sync'] as const) {
  test(`an append whose ${step} fails is not in the journal, and the writer is done`, (context) => {
    const bench = benchFor(context)
    write(bench, appends.slice(0, 2))
    const writer = new JournalWriter(bench.parts, bench.directory)
    let failures = 0
    bench.fs.before(step, (path) => {
      if (!path.endsWith('.jnl')) return
      failures += 1
      throw new MlstoreError('NO_SPACE', 'full')
    })
    assert.throws(() => writer.append(['{"lost":1}']), { code: 'NO_SPACE' })
    assert.throws(() => writer.append(['{"lost":2}']), { name: 'AssertionError' })
    assert.equal(failures, 1, 'tried again')
    assert.deepEqual(payloadsOf(read(bench)), appends.slice(0, 2).flat())
    assert.deepEqual(filesOf(bench), ['0000000001.jnl'])
  })
}

test('a writer that could not even take back its append leaves that to the next one', (context) => {
  const bench = benchFor(context)
  write(bench, appends.slice(0, 2))
  const writer = new JournalWriter(bench.parts, bench.directory)
  bench.fs.shortenWrites = true
  bench.fs.before('sync', () => {
    throw new MlstoreError('IO_ERROR', 'broken')
  })
  assert.throws(() => writer.append(['{"lost":1}']), { code: 'IO_ERROR' })

  bench.fs.shortenWrites = false
  bench.fs.before('sync', () => undefined)
  const next = new JournalWriter(bench.parts, bench.directory)
  assert.ok((next.cutTail?.cutBytes ?? 0) > 0)
  next.append(['{"found":1}'])
  next.close()
  assert.deepEqual(payloadsOf(read(bench)), [...appends.slice(0, 2).flat(), '{"found":1}'])
})

test('checks only what lies behind the place it is given', (context) => {
  const bench = benchFor(context)
  const [first, second] = write(bench, appends)
  const path = journalPath(bench.directory, 1)
  const bytes = readFileSync(path)
  bytes[headerBytes + 14] = 0
  writeFileSync(path, bytes)
  assert.ok(first !== undefined && second !== undefined)
  assert.throws(() => repairTail(bench.parts, bench.directory), { code: 'CORRUPT' })
  assert.equal(repairTail(bench.parts, bench.directory, first), undefined)
  assert.equal(payloadsOf(read(bench, second)).length, 3)
})

test('a payload that looks like a record does not hide a torn tail', (context) => {
  const bench = benchFor(context)
  const text = JSON.stringify({
    text: readFileSync(new URL(import.meta.url), 'latin1').slice(0, 2000),
  })
  write(bench, [['{"a":1}'], [text]])
  const path = journalPath(bench.directory, 1)
  writeFileSync(path, readFileSync(path).subarray(0, -1))
  assert.deepEqual(payloadsOf(read(bench)), ['{"a":1}'])
})
