/** `kill -9` in the middle of an add, at many moments. */

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import type { AddResult, FsckResult, VersionSummary } from '../../src/store/results.ts'
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

    const { problems } = await command.json<FsckResult>('fsck')
    assert.deepEqual(problems, [], `point ${point}: fsck after the kill`)
    assert.deepEqual(treeDigests(join(folder, 'data')), sources, 'the originals are untouched')

    const { digest } = await addOnce(command)
    expected.set(digest, sources)
  }
  context.diagnostic(`${cutShort} of ${kills.points} runs were cut short`)

  await assertEachVersionOnce(command, [...expected.keys()])
  for (const [digest, sources] of expected) {
    await command.succeed('get', `dataset/killed@${digest}`, '-o', digest, '--no-lock')
    assert.deepEqual(treeDigests(join(folder, digest)), sources, `bytes of ${digest}`)
  }
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

async function addOnce(command: Command): Promise<AddResult> {
  return command.json<AddResult>(...add)
}

/** A version whose add was killed after its commit is not made a second time. */
async function assertEachVersionOnce(command: Command, digests: readonly string[]): Promise<void> {
  const versions = await command.json<VersionSummary[]>('log', 'dataset/killed')
  const found = versions.map(({ digest }) => digest as string)
  assert.equal(found.length, digests.length + 1, 'one version a point, and the first')
  assert.deepEqual(
    digests.filter((digest) => !found.includes(digest)),
    [],
  )
}
