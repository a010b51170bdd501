/** `kill -9` in the middle of an add, at many moments. */

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { openStore } from '../../src/index.ts'
import type { AddResult } from '../../src/store/results.ts'
import { Command } from '../support/command.ts'
import { seededBytes, writeDataset } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { treeDigests } from '../support/tree-digests.ts'
import { RandomKills } from './random-kills.ts'

const add = ['add', 'data', '--as', 'dataset/killed']

test('an add killed at any moment leaves a whole store, and the next add finishes it', async (context) => {
  const kills = new RandomKills(context, 14)
  const folder = temporaryFolder(context)
  const command = new Command(folder)
  await command.succeed('init')
  writeData(folder, 'whole')
  await kills.learn(command, add)

  const expected = new Map<string, Record<string, string>>()
  let cutShort = 0
  for (let point = 0; point < kills.points; point++) {
    writeData(folder, `point ${point}`)
    const sources = treeDigests(join(folder, 'data'))
    if (await kills.kill(command, add, point)) cutShort++

    await assertWhole(folder, `point ${point}`)
    assert.deepEqual(treeDigests(join(folder, 'data')), sources, 'the originals are untouched')

    const { digest } = await command.json<AddResult>(...add)
    expected.set(digest, sources)
  }
  context.diagnostic(`${cutShort} of ${kills.points} runs were cut short`)
  assert.ok(cutShort > 0)

  await assertEachVersionOnce(folder, expected)
  assert.deepEqual(readdirSync(join(folder, '.mlstore', 'tmp')), [], 'nothing unfinished is left')
})

/** All files are new at each point: a file of many chunks and two hundred small ones. */
function writeData(folder: string, seed: string): void {
  mkdirSync(join(folder, 'data'), { recursive: true })
  writeFileSync(join(folder, 'data', 'weights.bin'), seededBytes(seed, 6_000_000))
  writeDataset(join(folder, 'data', 'small'), seed, {
    files: 200,
    sizeBytesMin: 1024,
    sizeBytesMax: 4096,
  })
}

async function assertWhole(folder: string, when: string): Promise<void> {
  await using store = await openStore({ cwd: folder })
  const { problems } = await store.fsck()
  assert.deepEqual(problems, [], `fsck after the kill at ${when}`)
}

/** A version whose add was killed after its commit is not made a second time. */
async function assertEachVersionOnce(
  folder: string,
  expected: ReadonlyMap<string, Record<string, string>>,
): Promise<void> {
  await using store = await openStore({ cwd: folder })
  const found = (await store.log('dataset/killed')).map(({ digest }) => digest as string)
  assert.equal(found.length, expected.size + 1, 'one version a point, and the first')
  for (const [digest, sources] of expected) {
    assert.ok(found.includes(digest), digest)
    await store.get({ reference: `dataset/killed@${digest}`, output: digest, noLock: true })
    assert.deepEqual(treeDigests(join(folder, digest)), sources, `bytes of ${digest}`)
  }
}
