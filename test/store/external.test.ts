/** Versions of objects that stay where they are: recorded, read from there, checked on the way. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import {
  decodeExternal,
  encodeExternal,
  type ExternalListing,
  externalListing,
} from '../../src/core/external-objects.ts'
import { digestOf } from '../../src/core/digest.ts'
import type { AddResult } from '../../src/store/results.ts'
import { TestRepository } from '../support/store.ts'

/** A repository beside which lies a bucket of the user with two files. */
async function linked(t: Parameters<typeof TestRepository.create>[0]): Promise<{
  readonly repository: TestRepository
  readonly added: AddResult
  readonly uri: string
}> {
  const repository = await TestRepository.create(t)
  const uri = pathToFileURL(repository.at('bucket')).href
  mkdirSync(repository.at('bucket', 'sub'), { recursive: true })
  writeFileSync(repository.at('bucket', 'a.txt'), 'one')
  writeFileSync(repository.at('bucket', 'sub', 'b.bin'), 'two!')
  writeFileSync(repository.at('bucket', 'sub', 'empty'), '')
  const added = await repository.store.addExternal({ uri, as: 'dataset/far', aliases: ['v1'] })
  return { repository, added, uri }
}

const get = { reference: 'dataset/far@v1', output: 'out' }

test('a linked place is a version that names its files, and copies none', async (t) => {
  const { repository, uri } = await linked(t)
  const { store } = repository
  const shown = await store.show('dataset/far@v1')
  assert.deepEqual(shown.meta, { external: { uri, files: 3, sizeBytes: 7 } })
  const pieces: Uint8Array[] = []
  for await (const piece of store.cat('dataset/far@v1:external.json'))
    pieces.push(Buffer.from(piece))
  assert.deepEqual(JSON.parse(Buffer.concat(pieces).toString()), {
    uri,
    v: 1,
    objects: [
      { path: 'a.txt', size: 3, sha256: digestOf(Buffer.from('one')) },
      { path: 'sub/b.bin', size: 4, sha256: digestOf(Buffer.from('two!')) },
      { path: 'sub/empty', size: 0, sha256: digestOf(Buffer.from('')) },
    ],
  })
})

test('get reads the files from where they are', async (t) => {
  const { repository } = await linked(t)
  const result = await repository.store.get(get)
  assert.deepEqual(repository.list('out'), repository.list('bucket'))
  assert.deepEqual([result.files, result.sizeBytes, result.fetchedBytes], [3, 7, 7])
  assert.deepEqual(repository.lockLines(), [])
})

test('get again fetches nothing when all is there, and parts can be had alone', async (t) => {
  const { repository } = await linked(t)
  await repository.store.get(get)
  assert.equal((await repository.store.get(get)).fetchedBytes, 0)
  await repository.store.get({ ...get, output: 'part', paths: ['sub/*.bin'] })
  assert.equal(repository.text('part/sub/b.bin'), 'two!')
  assert.equal(repository.text('part/a.txt'), undefined)
  await assert.rejects(repository.store.get({ ...get, paths: ['none'] }), { code: 'NOT_FOUND' })
})

test('files of the user in the way are kept, unless force says otherwise', async (t) => {
  const { repository } = await linked(t)
  repository.write({ out: { 'a.txt': 'mine' } })
  await assert.rejects(repository.store.get(get), { code: 'WORKING_TREE_CHANGED' })
  assert.equal(repository.text('out/a.txt'), 'mine')
  await repository.store.get({ ...get, force: true })
  assert.equal(repository.text('out/a.txt'), 'one')
  repository.write({ file: 'mine' })
  const ontoFile = repository.store.get({ ...get, output: 'file' })
  await assert.rejects(ontoFile, { code: 'WORKING_TREE_CHANGED' })
})

test('bytes that changed since are never written, whatever their length', async (t) => {
  for (const change of ['ONE', 'one and more', '']) {
    const { repository } = await linked(t)
    writeFileSync(repository.at('bucket', 'a.txt'), change)
    const failure = { code: 'DIGEST_MISMATCH', details: { paths: ['a.txt'] } }
    await assert.rejects(repository.store.get(get), failure, JSON.stringify(change))
    assert.equal(repository.text('out/sub/b.bin'), undefined)
  }
})

test('a file that is gone is missed, and an empty one that grew is noticed', async (t) => {
  const { repository } = await linked(t)
  appendFileSync(repository.at('bucket', 'sub', 'empty'), 'x')
  await assert.rejects(repository.store.get(get), { code: 'DIGEST_MISMATCH' })
  rmSync(repository.at('bucket', 'sub', 'empty'))
  await assert.rejects(repository.store.get(get), { code: 'OBJECT_MISSING' })
  assert.equal(repository.text('out/a.txt'), undefined)
})

test('what came to the place later is no part of the version', async (t) => {
  const { repository } = await linked(t)
  writeFileSync(repository.at('bucket', 'later'), 'x')
  await repository.store.get(get)
  assert.equal(repository.text('out/later'), undefined)
})

test('a place that is not there, a file and an empty folder are not found', async (t) => {
  const { repository } = await linked(t)
  mkdirSync(repository.at('nothing'))
  for (const path of ['nowhere', 'nothing', 'bucket/a.txt']) {
    const uri = repository.at(path)
    const adding = repository.store.addExternal({ uri, as: 'dataset/none' })
    const failure = { code: 'NOT_FOUND', details: { uri: pathToFileURL(uri).href } }
    await assert.rejects(adding, failure)
  }
})

test('metadata of the user cannot say where the bytes are', async (t) => {
  const { repository, uri } = await linked(t)
  const meta = { external: { uri: 'file:///elsewhere' } }
  const adding = repository.store.addExternal({ uri, as: 'dataset/x', meta })
  await assert.rejects(adding, { code: 'INVALID_ARGUMENT' })
})

test('a version of stored bytes is that, whatever its metadata says', async (t) => {
  const { repository } = await linked(t)
  repository.write({ mine: { x: 'stored' }, 'external.json': '{}' })
  const meta = { external: { uri: 'file:///elsewhere' } }
  await repository.add('mine', { as: 'dataset/mine', meta, noLock: true })
  await repository.store.get({ reference: 'dataset/mine', output: 'out' })
  assert.equal(repository.text('out/x'), 'stored')
  await repository.add('external.json', { as: 'dataset/forged', meta, noLock: true })
  const forged = repository.store.get({ reference: 'dataset/forged', output: 'out2' })
  await assert.rejects(forged, { code: 'CORRUPT' })
})

const names = fc.stringMatching(/^[a-z.]{1,3}$/).filter((name) => !/^\.+$/.test(name))
const listings = fc
  .uniqueArray(
    fc.array(names, { minLength: 1, maxLength: 3 }).map((path) => path.join('/')),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((paths) => paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`))))
  .map((paths) => paths.map((path, index) => ({ path, sizeBytes: index, etag: `e${index}` })))

test('a listing is read back as it was, in one order', () => {
  fc.assert(
    fc.property(listings, (objects) => {
      const listing = externalListing('s3://b/p', objects)
      assert.deepEqual(decodeExternal(encodeExternal(listing), 'x'), listing)
      const reversed = externalListing('s3://b/p', objects.toReversed())
      assert.deepEqual(encodeExternal(reversed), encodeExternal(listing))
    }),
  )
})

test('paths that no folder can hold are refused, also in a list that somebody forged', () => {
  const bad = ['../x', '/etc/passwd', 'a//b', 'a/', '', 'a/./b', 'x\0']
  for (const path of bad) {
    const objects = [{ path, sizeBytes: 1, etag: 'e' }]
    assert.throws(() => externalListing('s3://b', objects), { code: 'INVALID_ARGUMENT' }, path)
    const forged: ExternalListing = { uri: 's3://b', objects }
    assert.throws(() => decodeExternal(encodeExternal(forged), 'x'), { code: 'CORRUPT' }, path)
  }
  const both = ['a', 'a/b'].map((path) => ({ path, sizeBytes: 1, etag: 'e' }))
  assert.throws(() => externalListing('s3://b', both), { code: 'INVALID_ARGUMENT' })
  const none: ExternalListing = { uri: 's3://b', objects: [] }
  assert.throws(() => decodeExternal(encodeExternal(none), 'x'), { code: 'CORRUPT' })
})
