/** Files of a run: a draft that grows, and versions that are sealed of it. */

import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { test } from 'node:test'

import { TestRepository } from '../../support/store.ts'
import { fileText } from './run-store.ts'

test('files are there after a flush, before any version is', async (t) => {
  const repo = await TestRepository.create(t)
  repo.write({ out: { 'plot.png': 'png', deep: { 'a.txt': 'a' } }, 'run.sh': '#!/bin/sh' })
  chmodSync(repo.at('run.sh'), 0o755)
  const run = await repo.store.startRun({ code: false })
  await run.logText('notes/one.txt', 'hello')
  await run.logJson('config.json', { lr: 0.1, list: [1] })
  await run.logFile('run.sh')
  assert.equal(await run.logFolder('out', 'plots'), 2)
  await run.flush()
  const other = await repo.open()
  const paths = (await other.listRunFiles(run.id)).map(({ path }) => path)
  assert.deepEqual(paths, [
    'config.json',
    'notes/one.txt',
    'plots/deep/a.txt',
    'plots/plot.png',
    'run.sh',
  ])
  assert.equal(await fileText(other, run.id, 'notes/one.txt'), 'hello')
  assert.equal(
    await fileText(other, run.id, 'config.json'),
    '{\n  "lr": 0.1,\n  "list": [\n    1\n  ]\n}\n',
  )
  assert.equal((await other.showRun(run.id)).files.version, null)
  await run.end()
})

test('ending seals a version of run/ID that the run made; growing seals a newer one', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({ code: false })
  const big = 'x'.repeat(3_000_000)
  await run.logText('big.txt', big)
  const first = await run.seal()
  assert.equal(await run.seal(), first, 'nothing new, no new version')
  await run.logText('small.txt', 'y')
  await run.logText('big.txt', big)
  await run.end()
  const versions = await repo.store.log(`run/${run.id}`)
  assert.equal(versions.length, 2)
  assert.deepEqual(
    versions.map((version) => version.run),
    [run.id, run.id],
  )
  const shown = await repo.store.showRun(run.id)
  assert.equal(shown.files.version, versions[0]?.digest)
  assert.equal(versions[1]?.digest, first)
  assert.deepEqual(shown.outputs, [], 'its own files are no output')
  const { objects } = await repo.store.fsck()
  assert.ok(objects > 0)
  await repo.store.get({ reference: `run/${run.id}`, output: 'files' })
  assert.equal(repo.text('files/small.txt'), 'y')
  assert.ok(repo.text('files/big.txt') === big)
})

test('a path logged again is replaced; one that is in the way is refused', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({ code: false })
  await run.logText('a.txt', '1')
  await run.flush()
  await run.logText('a.txt', '2')
  const refused = { code: 'INVALID_ARGUMENT' }
  await assert.rejects(run.logText('a.txt/b', '3'), refused)
  await run.logText('d/e', '3')
  await assert.rejects(run.logText('d', '3'), refused)
  for (const path of ['', '/a', '../a', 'a//b', 'a/./b'])
    await assert.rejects(run.logText(path, 'x'), refused)
  await assert.rejects(run.logFile('nowhere'), { code: 'NOT_FOUND' })
  await run.end()
  assert.equal(await fileText(repo.store, run.id, 'a.txt'), '2')
  const again = await repo.store.startRun({ resume: run.id, code: false })
  await assert.rejects(again.logText('d', '3'), refused)
  await again.end()
})

test('a file and a folder of one name, from two processes, are both in the version', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({ code: false })
  const other = await (await repo.open()).resumeRun(run.id)
  await run.logText('a', 'file')
  await other.logText('a/b', 'in a folder')
  await other.flush()
  await run.end()
  await repo.store.get({ reference: `run/${run.id}`, output: 'files' })
  assert.equal(repo.text('files/a~file'), 'file')
  assert.equal(repo.text('files/a/b'), 'in a folder')
})

test('ten thousand files cost ten thousand rows, a few events and a few packs', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({ code: false })
  for (let i = 0; i < 10_000; i++) await run.logText(`f/${i}.txt`, `text ${i}`)
  await run.end()
  assert.equal((await repo.store.listRunFiles(run.id)).length, 10_000)
  const { events } = await repo.store.reindex()
  assert.ok(events < 60, `${events} events`)
  assert.equal((await repo.store.listRunFiles(run.id)).length, 10_000)
  assert.equal(await fileText(repo.store, run.id, 'f/9999.txt'), 'text 9999')
  assert.deepEqual((await repo.store.fsck()).problems, [])
})

test('files logged at once, and while others flush, are all there', async (t) => {
  const repo = await TestRepository.create(t)
  const run = await repo.store.startRun({ code: false })
  const logging = Array.from({ length: 50 }, async (_, i) => {
    await run.logText(`${i}.txt`, 'x'.repeat(i * 10_000))
    if (i % 7 === 0) await run.flush()
  })
  await Promise.all(logging)
  await run.end()
  assert.equal((await repo.store.showRun(run.id)).files.count, 50)
})

test('sealed files stand among artifacts and versions only where the type run is asked for', async (t) => {
  const repo = await TestRepository.create(t)
  await using run = await repo.store.startRun({ code: false })
  await run.logText('a.txt', 'a')
  await run.end()
  const { store } = repo
  const name = `run/${run.id}`
  const artifacts = async (type?: string): Promise<string[]> => [
    ...(await store.listArtifacts({ type })).map(({ artifact }) => artifact),
    ...(await store.searchArtifacts({ type })).artifacts.map(({ artifact }) => artifact),
    ...(await store.searchVersions({ type })).versions.map(({ artifact }) => artifact),
  ]
  assert.deepEqual(await artifacts(), [])
  assert.deepEqual(await artifacts('run'), [name, name, name])
  assert.equal((await store.previousVersions(name, { count: 'all' })).length, 0)
})
