/** Downloading files, folders and configs, and looking at attributes. */

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { test } from 'node:test'

import { listFolder } from '../../worktree/folder-spec.ts'
import { attributeText, Registry } from './registry.ts'

test('downloads a file that was uploaded as one', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ 'run.sh': '#!/bin/sh' })
  chmodSync(anna.at('run.sh'), 0o755)
  const version = anna.modelVersion()
  await version.uploadFile('run.sh', 'bin/run')
  assert.equal(await version.downloadFile('bin/run', 'out/new/run.sh'), anna.at('out/new/run.sh'))
  assert.equal(readFileSync(anna.at('out/new/run.sh'), 'utf8'), '#!/bin/sh')
  assert.equal(statSync(anna.at('out/new/run.sh')).mode & 0o100, 0o100)
})

test('a download onto what is there is refused unless overwrite is asked for', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ mine: 'precious', 'folder/b': 'precious', 'folder/mine': 'mine' })
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'm/a')
  await version.uploadFile(Buffer.from('2'), 'm/b')
  await assert.rejects(version.downloadFile('m/a', 'mine'), {
    code: 'WORKING_TREE_CHANGED',
    details: { paths: [anna.at('mine')] },
  })
  await assert.rejects(version.downloadDirectory('m', 'folder'), { code: 'WORKING_TREE_CHANGED' })
  assert.equal(readFileSync(anna.at('mine'), 'utf8'), 'precious')
  assert.equal(existsSync(anna.at('folder/a')), false, 'nothing of it was written')

  await version.downloadFile('m/a', 'mine', { overwrite: true })
  await version.downloadDirectory('m', 'folder', { overwrite: true })
  const read = (path: string): string => readFileSync(anna.at(path), 'utf8')
  assert.deepEqual(['mine', 'folder/a', 'folder/b', 'folder/mine'].map(read), [
    '1',
    '1',
    '2',
    'mine',
  ])
})

test('a file is never downloaded onto a folder, and the folder is named', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ 'folder/mine': 'mine' })
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'm/a')
  await assert.rejects(version.downloadFile('m/a', 'folder', { overwrite: true }), {
    code: 'WORKING_TREE_CHANGED',
    details: { paths: [anna.at('folder')] },
  })
  assert.equal(readFileSync(anna.at('folder/mine'), 'utf8'), 'mine')
})

test('downloads a directory: attribute paths become local paths again', async (t) => {
  const anna = await new Registry(t).computer()
  anna.write({ 'm/weights.bin': 'w', 'm/deep/er/a.txt': 'a', 'm/é ü/%41.txt': 'odd' })
  const version = anna.modelVersion()
  await version.uploadDirectory('m', 'model/artifacts')
  const folder = await version.downloadDirectory('model/artifacts', 'out')
  assert.equal(folder, anna.at('out'))
  assert.deepEqual(listFolder(anna.at('out')), listFolder(anna.at('m')))
})

test('a directory prefix matches whole names only', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'model/a/x')
  await version.uploadFile(Buffer.from('2'), 'model/ab/y')
  await version.downloadDirectory('model/a', 'out')
  assert.deepEqual(Object.keys(listFolder(anna.at('out'))), ['x'])
  await assert.rejects(version.downloadDirectory('mod', 'none'), { code: 'NOT_FOUND' })
  await assert.rejects(version.downloadDirectory('model/a/x', 'none'), { code: 'NOT_FOUND' })
  assert.equal(existsSync(anna.at('none')), false)
})

test('any namespace downloads as a folder, whatever it was uploaded as', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'model/a')
  await version.uploadConfig({ lr: 1 }, 'model/config')
  await version.uploadFile(Buffer.from('3'), 'data/x')
  await version.downloadDirectory('', 'all')
  assert.deepEqual(Object.keys(listFolder(anna.at('all'))), [
    'data',
    'data/x',
    'model',
    'model/a',
    'model/config',
  ])
})

test('downloads a config as the object it was', async (t) => {
  const anna = await new Registry(t).computer()
  const config = { lr: 1e-5, big: 2 ** 53, list: [1, [null]], 'é "x"': { on: false }, empty: {} }
  const version = anna.modelVersion()
  await version.uploadConfig(config, 'config')
  assert.deepEqual(await version.downloadConfig('config'), config)
  const { id: withId } = await version.stop()
  const again = anna.modelVersion({ withId, mode: 'read-only' })
  assert.deepEqual(await again.downloadConfig('config'), config)
})

test('what is no config is told as such', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('not json'), 'text')
  await version.uploadFile(Buffer.from('[1]'), 'list')
  await assert.rejects(version.downloadConfig('text'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(version.downloadConfig('list'), { code: 'INVALID_ARGUMENT' })
})

test('what there is not is not found, and a namespace is no file', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'model/a')
  for (const path of ['nothing', 'model', 'model/a/b']) {
    await assert.rejects(version.downloadFile(path, 'out'), { code: 'NOT_FOUND' }, path)
    await assert.rejects(version.downloadConfig(path), { code: 'NOT_FOUND' }, path)
  }
})

test('nothing is written through a link in the target folder', async (t) => {
  const anna = await new Registry(t).computer()
  mkdirSync(anna.at('outside'))
  mkdirSync(anna.at('out'))
  symlinkSync(anna.at('outside'), anna.at('out/model'))
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('1'), 'model/a')
  await assert.rejects(version.downloadDirectory('', 'out'), { code: 'WORKING_TREE_CHANGED' })
  assert.deepEqual(listFolder(anna.at('outside')), {})
})

test('attributes are listed by path, read, and deleted one by one or by namespace', async (t) => {
  const anna = await new Registry(t).computer()
  const version = anna.modelVersion()
  for (const path of ['b', 'a/1', 'a/2', 'ab']) await version.uploadFile(Buffer.from(path), path)
  const listed = await version.listAttributes()
  assert.deepEqual(
    listed.map(({ path }) => path),
    ['a/1', 'a/2', 'ab', 'b'],
  )
  assert.deepEqual(listed[0], {
    path: 'a/1',
    sizeBytes: 3,
    digest: listed[0]?.digest,
    executable: false,
    localTo: null,
  })
  assert.equal(await attributeText(version, 'a/2'), 'a/2')
  assert.deepEqual(await version.deleteAttribute('a'), ['a/1', 'a/2'])
  assert.deepEqual(await version.deleteAttribute('b'), ['b'])
  await assert.rejects(version.deleteAttribute('b'), { code: 'NOT_FOUND' })
  assert.deepEqual(
    (await version.listAttributes()).map(({ path }) => path),
    ['ab'],
  )
  const { id } = await version.stop()
  assert.deepEqual(await anna.content(id), { ab: 'ab' })
})

test('another computer downloads what was pushed', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const withId = await anna.made({ 'model/a': 'aaa', 'model/b/c': 'ccc', other: 'o' })
  const ben = await registry.computer('ben')
  const version = ben.modelVersion({ withId, mode: 'read-only' })
  await version.downloadDirectory('model', 'out')
  assert.equal(readFileSync(ben.at('out/b/c'), 'utf8'), 'ccc')
  assert.deepEqual(Object.keys(listFolder(ben.at('out'))), ['a', 'b', 'b/c'])
})
