/** Uploading files, folders and configs. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import { seededBytes } from '../../support/seeded-data.ts'
import { artifact, attributeText, Registry } from './registry.ts'

const tree = {
  'm/weights.bin': 'w',
  'm/deep/er/a.txt': 'a',
  'm/.hidden': 'h',
  'm/__init__.py': 'i',
  'm/__pycache__/x.pyc': 'x',
  'm/deep/.git-keep': 'k',
  'm/a_.b': 'b',
}

test('uploads a file of the local disk', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ 'weights.bin': seededBytes('weights', 3_000_000) })
  const version = anna.modelVersion()
  await version.uploadFile('weights.bin', 'model/weights')
  const { id } = await version.stop()
  await using store = await anna.store()
  await store.get({ reference: `${artifact}@${id}:model/weights`, output: 'out' })
  assert.ok(readFileSync(anna.at('out/model/weights')).equals(readFileSync(anna.at('weights.bin'))))
})

test('uploads a file object: bytes, a blob, a stream', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  const big = seededBytes('big', 1_500_000)
  await version.uploadFile(Buffer.from('bytes'), 'bytes')
  await version.uploadFile(big, 'big')
  await version.uploadFile(new Blob(['bl', 'ob']), 'blob')
  await version.uploadFile(Readable.from([Buffer.from('str'), Buffer.from('eam')]), 'stream')
  assert.equal(await attributeText(version, 'bytes'), 'bytes')
  assert.equal(await attributeText(version, 'blob'), 'blob')
  assert.equal(await attributeText(version, 'stream'), 'stream')
  await version.downloadFile('big', 'big.bin')
  assert.ok(readFileSync(anna.at('big.bin')).equals(big))
  const text = Readable.from(['a', 'b'], { encoding: 'utf8' })
  await assert.rejects(version.uploadFile(text, 'text'), { code: 'INVALID_ARGUMENT' })
})

test('a file that is not there, or that is a folder, is no attribute', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ 'folder/a': '1' })
  const version = anna.modelVersion()
  await assert.rejects(version.uploadFile('nowhere', 'a'), { code: 'NOT_FOUND' })
  await assert.rejects(version.uploadFile('folder', 'a'), { code: 'INVALID_ARGUMENT' })
  for (const path of ['', '/', '../up', 'a//b']) {
    await assert.rejects(version.uploadFile(Buffer.from('x'), path), { code: 'INVALID_ARGUMENT' })
  }
  assert.deepEqual(await version.listAttributes(), [])
})

test('uploads an entire directory, its local paths as attribute paths', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write(tree)
  const version = anna.modelVersion()
  await version.uploadDirectory('m', 'model/artifacts')
  const paths = (await version.listAttributes()).map(({ path }) => path)
  assert.deepEqual(paths, [
    'model/artifacts/a_.b',
    'model/artifacts/deep/er/a.txt',
    'model/artifacts/weights.bin',
  ])
  assert.equal(await attributeText(version, 'model/artifacts/deep/er/a.txt'), 'a')
})

test('an empty attribute path puts a directory at the top', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ 'm/a/b': '1', 'm/c': '2' })
  const version = anna.modelVersion()
  await version.uploadDirectory('m', '')
  assert.deepEqual(
    (await version.listAttributes()).map(({ path }) => path),
    ['a/b', 'c'],
  )
})

test('leaves out hidden and dunder files unless exclude says otherwise', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write(tree)
  const version = anna.modelVersion()
  await version.uploadDirectory('m', 'default')
  await version.uploadDirectory('m', 'all', { exclude: [] })
  await version.uploadDirectory('m', 'some', { exclude: ['deep', 'w'] })
  const count = async (path: string): Promise<number> => (await version.listAttributes(path)).length
  assert.deepEqual([await count('default'), await count('all'), await count('some')], [3, 7, 4])
})

test('links in a directory are left out, and that is said', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ 'm/a': '1' })
  symlinkSync('a', anna.at('m/link'))
  const version = anna.modelVersion()
  await version.uploadDirectory('m', 'm')
  assert.deepEqual(
    (await version.listAttributes()).map(({ path }) => path),
    ['m/a'],
  )
  assert.ok(anna.lines.some((line) => line.includes('WARNING') && line.includes('link')))
})

test('a directory that is not there, is a file, or has nothing in it is refused', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ file: '1', 'hidden/.a': '1' })
  mkdirSync(anna.at('empty'))
  const version = anna.modelVersion()
  await assert.rejects(version.uploadDirectory('nowhere', 'a'), { code: 'NOT_FOUND' })
  await assert.rejects(version.uploadDirectory('file', 'a'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(version.uploadDirectory('empty', 'a'), { code: 'NOT_FOUND' })
  await version.uploadDirectory('hidden', 'a')
  assert.deepEqual(await version.listAttributes(), [], 'only what is left out: nothing to upload')
})

test('uploads a plain object as JSON', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  const config = { lr: 0.1, list: [1, null, 'é'], nested: { on: true } }
  await version.uploadConfig(config, 'config')
  assert.equal(await attributeText(version, 'config'), JSON.stringify(config, undefined, 4))
})

test('a config of what JSON cannot say is refused, naming the place', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  const circle: { [key: string]: unknown } = {}
  circle['self'] = circle
  const bad: readonly { [key: string]: unknown }[] = [
    { a: Number.NaN },
    { a: [undefined] },
    { a: new Date(0) },
    { a: new Map() },
    { a: () => 1 },
    { a: 1n },
    circle,
  ]
  for (const config of bad) {
    await assert.rejects(version.uploadConfig(config, 'config'), { code: 'INVALID_ARGUMENT' })
  }
  await assert.rejects(
    version.uploadConfig({ a: { b: [1, Number.NaN] } }, 'config'),
    /config\.a\.b\[1\]/,
  )
  assert.deepEqual(await version.listAttributes(), [])
})

test('an object within itself is refused in one short line', async (t) => {
  const anna = await new Registry(t).computer()
  const circle: { [key: string]: unknown } = {}
  circle['self'] = circle
  await assert.rejects(anna.modelVersion().uploadConfig(circle, 'config'), (error: Error) => {
    assert.match(error.message, /^config\.self\.self.*within itself/)
    return error.message.length < 120
  })
})

test('an attribute that no folder could be given is refused when it is uploaded', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion({ mode: 'sync' })
  for (const path of ['.git', 'm/.git/hooks/pre-commit', 'm/.MLSTORE/x', '.git/config']) {
    await assert.rejects(version.uploadConfig({}, path), { code: 'INVALID_ARGUMENT' }, path)
  }
  await version.uploadConfig({}, 'm/.github/x')
  await version.downloadDirectory('', 'out')
  assert.equal(readFileSync(anna.at('out/m/.github/x'), 'utf8'), '{}')
})

test('the later of two uploads to one attribute counts, in the background too', async (t) => {
  const anna = await new Registry(t).computer()
  for (const mode of ['sync', 'async'] as const) {
    const version = anna.modelVersion({ mode })
    const uploads = [
      version.uploadFile(seededBytes('large', 2_000_000), 'a'),
      version.uploadFile(Buffer.from('last'), 'a'),
    ]
    await Promise.all(uploads)
    assert.equal(await attributeText(version, 'a'), 'last', mode)
    await version.close()
  }
})

test('a stream that breaks off is no attribute', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from('a part'))
    throw new TypeError('the source broke')
  }
  await assert.rejects(version.uploadFile(broken(), 'a'), TypeError)
  assert.deepEqual(await version.listAttributes(), [])
})
