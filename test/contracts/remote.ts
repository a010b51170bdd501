/**
 * The contract of src/ports/remote.ts, executed.
 *
 * Every implementation and every decorator runs it. `open` gives an empty remote; two remotes
 * opened on the same place are two machines, so where `again` is given, what one writes the
 * other must see.
 */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import type { Remote, RemoteObject } from '../../src/ports/remote.ts'

export type OpenedRemote = {
  readonly remote: Remote
  /** The same place, opened by somebody else. */
  readonly again?: Remote
  close(): Promise<void>
}

export type RemoteContractOptions = {
  /** How many objects the paging test makes: more than one page of the store. */
  readonly manyObjects?: number
}

/** Defines the suite; called at the top level of a test file. */
export function remoteContract(
  name: string,
  open: () => Promise<OpenedRemote>,
  options: RemoteContractOptions = {},
): void {
  describe(`${name} keeps the contract of a remote`, () => {
    let opened: OpenedRemote | undefined
    const remote = (): Remote => opened?.remote ?? assert.fail('not open')
    const other = (): Remote => opened?.again ?? remote()

    before(async () => {
      opened = await open()
    })
    after(async () => {
      await opened?.close()
    })

    describeReading(remote, other)
    describeWriting(remote, other)
    describeCreating(remote, other)
    describeListing(remote, options.manyObjects ?? 1050)
    describeRefusing(remote)
  })
}

type Opened = () => Remote

function describeReading(remote: Opened, other: Opened): void {
  test('an absent key reads as undefined', async () => {
    assert.equal(await remote().get('absent/key'), undefined)
    assert.equal(await remote().get('absent/key', { range: { start: 0, end: 1 } }), undefined)
    assert.equal(await remote().head('absent/key'), undefined)
  })

  test('what was put is read back by everyone, at once', async () => {
    const bytes = randomBytes(1000)
    await remote().put('read/simple', bytes)
    assert.deepEqual(await readBack(other(), 'read/simple'), bytes)
  })

  test('head tells size and time', async () => {
    await remote().put('read/head', Buffer.from('seven b'))
    const head = await other().head('read/head')
    assert.equal(head?.key, 'read/head')
    assert.equal(head.sizeBytes, 7)
    assert.ok(head.modifiedAt instanceof Date && Number.isFinite(head.modifiedAt.getTime()))
  })

  test('an empty object is an object', async () => {
    await remote().put('read/empty', new Uint8Array(0))
    assert.equal((await other().get('read/empty'))?.length, 0)
    assert.equal((await other().head('read/empty'))?.sizeBytes, 0)
    assert.deepEqual(await keysOf(other(), 'read/empty'), ['read/empty'])
  })

  test('an object of 5 MiB and a byte comes back whole', async () => {
    const bytes = randomBytes(5 * 1024 * 1024 + 1)
    await remote().put('read/large', bytes)
    assert.ok((await readBack(other(), 'read/large')).equals(bytes))
  })

  test('a range gives exactly its bytes', async () => {
    const bytes = randomBytes(100_000)
    await remote().put('read/ranges', bytes)
    for (const [start, end] of [
      [0, 1],
      [0, 100_000],
      [99_999, 100_000],
      [12_345, 67_890],
    ] as const) {
      const part = await other().get('read/ranges', { range: { start, end } })
      assert.ok(part !== undefined && bytes.subarray(start, end).equals(part), `${start} to ${end}`)
    }
  })

  test('a range that ends beyond the object is an error, never fewer bytes', async () => {
    await remote().put('read/short', Buffer.from('ten bytes.'))
    for (const [start, end] of [
      [0, 11],
      [9, 11],
      [10, 11],
      [500, 501],
    ] as const) {
      const reading = remote().get('read/short', { range: { start, end } })
      await assert.rejects(reading, { code: 'CORRUPT' }, `${start} to ${end}`)
    }
    await remote().put('read/short', new Uint8Array(0))
    const reading = remote().get('read/short', { range: { start: 0, end: 1 } })
    await assert.rejects(reading, { code: 'CORRUPT' })
  })

  test('memory that is given is read into, or left alone', async () => {
    await remote().put('read/into', Buffer.from('0123456789'))
    for (const lengthBytes of [0, 3, 4, 100]) {
      const into = new Uint8Array(new SharedArrayBuffer(lengthBytes)).fill(1)
      const range = { start: 2, end: 6 }
      const read = await remote().get('read/into', { range, into })
      assert.equal(Buffer.from(read ?? []).toString(), '2345')
      const isIn = read?.buffer === into.buffer
      assert.ok(Buffer.from(into.subarray(isIn ? 4 : 0)).every((byte) => byte === 1))
    }
  })

  test('the bytes that were read belong to the caller', async () => {
    await remote().put('read/owned', Buffer.from('original'))
    const first = await readBack(remote(), 'read/owned')
    first.fill(0)
    assert.equal((await readBack(remote(), 'read/owned')).toString(), 'original')
  })
}

function describeWriting(remote: Opened, other: Opened): void {
  test('keys of every kind that mlstore writes come back as they were', async () => {
    const keys = [
      'format.json',
      'pack/ab/abcdef0123456789abcdef0123456789',
      'index/abcdef0123456789abcdef0123456789',
      'log/00000000000000000001',
      `ckpt/00000000000000000256-${'a'.repeat(64)}`,
      `ckpt/segment-1-00000000000000000001-${'b'.repeat(64)}`,
      'ckpt/LATEST',
      `sig/${'c'.repeat(64)}/${'d'.repeat(64)}`,
      'probe/0123/ABC_xyz-0.9',
    ]
    for (const key of keys) await remote().put(key, Buffer.from(key))
    for (const key of keys) assert.equal((await readBack(other(), key)).toString(), key)
  })

  test('put takes shared memory, and the digest that the caller has', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(100_000))
    shared.set(Buffer.from('bytes that threads see, too'))
    const digest = async (): Promise<Digest> => digestOf(shared)
    await remote().put('write/shared', shared, { digest })
    assert.ok((await readBack(other(), 'write/shared')).equals(shared))
  })

  test('put replaces what was there, longer or shorter', async () => {
    for (const text of ['first', 'a longer second', '3rd']) {
      await remote().put('write/again', Buffer.from(text))
      assert.equal((await readBack(other(), 'write/again')).toString(), text)
    }
  })

  test('concurrent puts leave one of the values whole', async () => {
    const values = Array.from({ length: 8 }, (_, index) => Buffer.alloc(20_000, index + 1))
    await Promise.all(values.map((value) => remote().put('write/race', value)))
    const found = await readBack(other(), 'write/race')
    assert.ok(values.some((value) => value.equals(found)))
  })

  test('bytes that the caller changes after the call do not reach the remote', async () => {
    const bytes = Buffer.from('before')
    await remote().put('write/kept', bytes)
    bytes.fill(0)
    assert.equal((await readBack(other(), 'write/kept')).toString(), 'before')
  })

  test('a part of a larger buffer is written as that part', async () => {
    const large = Buffer.from('0123456789')
    await remote().put('write/part', large.subarray(3, 6))
    await remote().put('write/array', new Uint8Array(large.buffer, large.byteOffset + 1, 2))
    assert.equal((await readBack(other(), 'write/part')).toString(), '345')
    assert.equal((await readBack(other(), 'write/array')).toString(), '12')
  })

  test('a deleted object is gone for everyone, and deleting it again is fine', async () => {
    await remote().put('write/gone', Buffer.from('x'))
    await remote().delete('write/gone')
    assert.equal(await other().get('write/gone'), undefined)
    assert.equal(await other().head('write/gone'), undefined)
    assert.deepEqual(await keysOf(other(), 'write/gone'), [])
    await remote().delete('write/gone')
    await remote().delete('never/was')
  })
}

function describeCreating(remote: Opened, other: Opened): void {
  test('create on an absent key puts the bytes there', async () => {
    assert.equal(await remote().create('create/new', Buffer.from('mine')), 'created')
    assert.equal((await readBack(other(), 'create/new')).toString(), 'mine')
  })

  test('create on a key that is taken changes nothing, not even for equal bytes', async () => {
    await remote().put('create/taken', Buffer.from('first'))
    assert.equal(await other().create('create/taken', Buffer.from('second')), 'exists')
    assert.equal(await other().create('create/taken', Buffer.from('first')), 'exists')
    assert.equal((await readBack(remote(), 'create/taken')).toString(), 'first')
  })

  test('create after delete puts the bytes there', async () => {
    await remote().create('create/reborn', Buffer.from('old'))
    await remote().delete('create/reborn')
    assert.equal(await remote().create('create/reborn', Buffer.from('new')), 'created')
    assert.equal((await readBack(remote(), 'create/reborn')).toString(), 'new')
  })

  test('create of an empty object takes the key', async () => {
    assert.equal(await remote().create('create/empty', new Uint8Array(0)), 'created')
    assert.equal(await remote().create('create/empty', Buffer.from('x')), 'exists')
    assert.equal((await remote().get('create/empty'))?.length, 0)
  })

  test('of 16 concurrent creators exactly one wins, and its bytes are there', async () => {
    for (const round of ['one', 'two', 'three']) {
      const key = `create/race-${round}`
      const values = Array.from({ length: 16 }, (_, index) => Buffer.alloc(30_000, index + 1))
      const outcomes = await Promise.all(
        values.map((value, index) => (index % 2 === 0 ? remote() : other()).create(key, value)),
      )
      const winners = values.filter((_, index) => outcomes[index] === 'created')
      assert.equal(winners.length, 1, `outcomes: ${outcomes.join(' ')}`)
      assert.ok((await readBack(other(), key)).equals(winners[0] ?? Buffer.alloc(0)))
    }
  })
}

function describeListing(remote: Opened, many: number): void {
  test('lists in key order, slash before letters, dash and dot before slash', async () => {
    const keys = [
      'order/a',
      'order/a-b',
      'order/a.b',
      'order/a/x',
      'order/a0',
      'order/B',
      'order/b',
    ]
    // A folder cannot be a file too, so a remote of files has `order/a/x` but not `order/a`.
    const possible = keys.filter((key) => key !== 'order/a')
    for (const key of possible.toReversed()) await remote().put(key, Buffer.from(key))
    assert.deepEqual(await keysOf(remote(), 'order/'), possible.toSorted())
  })

  test('a prefix is text, not a folder', async () => {
    for (const key of ['pre/log/1', 'pre/log/2', 'pre/logx', 'pre/lo']) {
      await remote().put(key, Buffer.from(key))
    }
    assert.deepEqual(await keysOf(remote(), 'pre/log/'), ['pre/log/1', 'pre/log/2'])
    assert.deepEqual(await keysOf(remote(), 'pre/log'), ['pre/log/1', 'pre/log/2', 'pre/logx'])
    assert.deepEqual(await keysOf(remote(), 'pre/log/2'), ['pre/log/2'])
    assert.deepEqual(await keysOf(remote(), 'pre/logy'), [])
    assert.deepEqual(await keysOf(remote(), 'pre/log/1/'), [])
    assert.deepEqual(await keysOf(remote(), 'no/such/'), [])
  })

  test('the empty prefix lists everything', async () => {
    await remote().put('everything', Buffer.from('x'))
    const all = await keysOf(remote(), '')
    assert.ok(all.includes('everything') && all.includes('pre/log/1'))
    assert.deepEqual(all, all.toSorted())
  })

  test('tells size and time of each object', async () => {
    await remote().put('listed/sizes', Buffer.alloc(4321))
    const [object] = await listed(remote(), 'listed/sizes')
    assert.equal(object?.sizeBytes, 4321)
    assert.ok(Number.isFinite(object.modifiedAt.getTime()))
  })

  test('lists more objects than fit a page, each once, also from the middle on', async () => {
    const keys = Array.from(
      { length: many },
      (_, index) => `many/${String(index).padStart(5, '0')}`,
    )
    for (let at = 0; at < many; at += 32) {
      await Promise.all(keys.slice(at, at + 32).map((key) => remote().put(key, Buffer.from('.'))))
    }
    assert.deepEqual(await keysOf(remote(), 'many/'), keys)
    assert.deepEqual(await keysOf(remote(), 'many/', keys[6]), keys.slice(7))
    assert.deepEqual(await keysOf(remote(), 'many/', keys.at(-1)), [])
    assert.deepEqual(await keysOf(remote(), 'many/', 'man'), keys)
  })

  test('starts after a key that is in another folder, or in none', async () => {
    for (const key of ['from/a/1', 'from/a/2', 'from/b/1'])
      await remote().put(key, Buffer.from('.'))
    assert.deepEqual(await keysOf(remote(), 'from/', 'from/a/1'), ['from/a/2', 'from/b/1'])
    assert.deepEqual(await keysOf(remote(), 'from/', 'from/a/9'), ['from/b/1'])
    assert.deepEqual(await keysOf(remote(), 'from/', 'from/az'), ['from/b/1'])
  })

  test('a listing may be left in the middle', async () => {
    for await (const object of remote().list('many/')) {
      assert.equal(object.key, 'many/00000')
      break
    }
    assert.equal((await listed(remote(), 'many/')).length, many)
  })
}

function describeRefusing(remote: Opened): void {
  test('what cannot be a key is refused', async () => {
    const keys = ['', '/', 'a//b', '/a', 'a/', '.', '..', 'a/../b', '.hidden', 'a/.b', 'a b', 'ä']
    for (const key of [...keys, 'a\\b', 'a\0b', 'a%2fb', `a/${'b'.repeat(1000)}`]) {
      const refusal = { code: 'INVALID_ARGUMENT' }
      await assert.rejects(remote().get(key), refusal, key)
      await assert.rejects(remote().head(key), refusal, key)
      await assert.rejects(remote().put(key, Buffer.from('x')), refusal, key)
      await assert.rejects(remote().create(key, Buffer.from('x')), refusal, key)
      await assert.rejects(remote().delete(key), refusal, key)
    }
  })

  test('a range that is empty, backwards or not of whole bytes is refused', async () => {
    for (const [start, end] of [
      [0, 0],
      [5, 4],
      [-1, 4],
      [0.5, 4],
      [0, Number.NaN],
    ] as const) {
      const reading = remote().get('read/simple', { range: { start, end } })
      await assert.rejects(reading, { code: 'INVALID_ARGUMENT' })
    }
  })

  test('a signal that was raised before the call stops everything', async () => {
    const options = { signal: AbortSignal.abort() }
    const interrupted = { code: 'INTERRUPTED' }
    const bytes = Buffer.from('x')
    await assert.rejects(remote().get('stop/a', options), interrupted)
    await assert.rejects(remote().head('stop/a', options), interrupted)
    await assert.rejects(remote().put('stop/a', bytes, options), interrupted)
    await assert.rejects(remote().create('stop/a', bytes, options), interrupted)
    await assert.rejects(remote().delete('stop/a', options), interrupted)
    await assert.rejects(listed(remote(), 'stop/', options), interrupted)
    assert.equal(await remote().get('stop/a'), undefined)
  })

  test('a signal that is raised during a listing stops it', async () => {
    const controller = new AbortController()
    const listing = async (): Promise<void> => {
      const objects = remote().list('many/', { signal: controller.signal })
      for await (const _ of objects) controller.abort()
    }
    await assert.rejects(listing(), { code: 'INTERRUPTED' })
  })
}

async function readBack(remote: Remote, key: string): Promise<Buffer> {
  const bytes = (await remote.get(key)) ?? assert.fail(`${key} is absent`)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function listed(
  remote: Remote,
  prefix: string,
  options: { readonly after?: string | undefined; readonly signal?: AbortSignal } = {},
): Promise<RemoteObject[]> {
  const objects: RemoteObject[] = []
  for await (const object of remote.list(prefix, options)) objects.push(object)
  return objects
}

async function keysOf(remote: Remote, prefix: string, after?: string): Promise<string[]> {
  return (await listed(remote, prefix, { after })).map((object) => object.key)
}
