/** `kill -9` in the middle of a push, at many moments, with a reader that looks in between. */

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { type Store, openStore } from '../../src/index.ts'
import { Command } from '../support/command.ts'
import { seededBytes, writeDataset } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { treeDigests } from '../support/tree-digests.ts'
import { RandomKills } from './random-kills.ts'

const artifact = 'dataset/killed'

/** By version: what its files are. */
type Expected = ReadonlyMap<string, Record<string, string>>

test('a push killed at any moment shows readers whole versions only, and the next push finishes it', async (context) => {
  const kills = new RandomKills(context, 12)
  const { writer, reader } = await writerAndReader(context)
  await addData(writer, 'whole')
  await kills.learn(writer, ['push'])

  const expected = new Map<string, Record<string, string>>()
  let cutShort = 0
  for (let point = 0; point < kills.points; point++) {
    const { digest, sources } = await addData(writer, `point ${point}`)
    expected.set(digest, sources)
    if (await kills.kill(writer, ['push'], point)) cutShort++
    await assertVisibleIsWhole(reader, expected)
    await writer.succeed('push')
  }
  context.diagnostic(`${cutShort} of ${kills.points} runs were cut short`)
  assert.ok(cutShort > 0)

  await assertWhole(writer)
  await assertEachVersionOnce(reader, expected)
})

async function writerAndReader(
  context: TestContext,
): Promise<{ writer: Command; reader: Command }> {
  const folder = temporaryFolder(context)
  const url = pathToFileURL(join(folder, 'remote')).href
  for (const name of ['writer', 'reader']) mkdirSync(join(folder, name))
  const writer = new Command(join(folder, 'writer'))
  const reader = new Command(join(folder, 'reader'))
  for (const command of [writer, reader]) {
    await command.succeed('init')
    await command.succeed('remote', 'add', 'origin', url)
  }
  return { writer, reader }
}

async function addData(
  writer: Command,
  seed: string,
): Promise<{ digest: string; sources: Record<string, string> }> {
  const data = join(writer.folder, 'data')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'weights.bin'), seededBytes(seed, 8_000_000))
  writeDataset(join(data, 'small'), seed, { files: 100, sizeBytesMin: 1024, sizeBytesMax: 4096 })
  await using store = await openStore({ cwd: writer.folder })
  const [added] = await store.add({ paths: ['data'], as: artifact })
  return { digest: added?.digest ?? '', sources: treeDigests(data) }
}

/** Whatever the reader sees after the kill can be fetched and is right. */
async function assertVisibleIsWhole(reader: Command, expected: Expected): Promise<void> {
  await using store = await openStore({ cwd: reader.folder })
  await store.fetch()
  const [newest] = await store.log(artifact, { limit: 1 })
  const sources = expected.get(newest?.digest ?? '')
  if (newest !== undefined && sources !== undefined) {
    await assertBytes(store, newest.digest, sources)
  }
}

async function assertWhole(writer: Command): Promise<void> {
  await using store = await openStore({ cwd: writer.folder })
  assert.deepEqual((await store.fsck()).problems, [])
  assert.deepEqual((await store.fsck({ remote: 'origin' })).problems, [])
}

async function assertEachVersionOnce(reader: Command, expected: Expected): Promise<void> {
  await using store = await openStore({ cwd: reader.folder })
  await store.pull({ all: true })
  const versions = await store.log(artifact)
  assert.equal(versions.length, expected.size + 1, 'every version is there exactly once')
  for (const [digest, sources] of expected) await assertBytes(store, digest, sources)
}

async function assertBytes(
  store: Store,
  digest: string,
  sources: Record<string, string>,
): Promise<void> {
  await store.get({ reference: `${artifact}@${digest}`, output: digest, noLock: true })
  assert.deepEqual(treeDigests(join(store.directory, '..', digest)), sources, `bytes of ${digest}`)
}
