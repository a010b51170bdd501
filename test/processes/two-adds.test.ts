/** Two processes that add to one store at the same time. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import type { FsckResult, ReindexResult, VersionSummary } from '../../src/store/results.ts'
import { Command, outcomeOf } from '../support/command.ts'
import { seededBytes, writeDataset } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { treeDigests } from '../support/tree-digests.ts'

const rounds = 6
const names = ['left', 'right'] as const

test('two processes adding to one store at once both succeed, round after round', async (context) => {
  const folder = temporaryFolder(context)
  const command = new Command(folder)
  await command.succeed('init')

  for (let round = 0; round < rounds; round++) {
    for (const name of names) writeData(join(folder, name), `${name} ${round}`)
    await Promise.all(names.map((name) => addThrough(command, name)))
  }

  assert.deepEqual((await command.json<FsckResult>('fsck')).problems, [])
  for (const name of names) {
    assert.equal((await versionsOf(command, name)).length, rounds, `versions of ${name}`)
    await command.succeed('get', `dataset/${name}`, '-o', `got-${name}`, '--no-lock')
    assert.deepEqual(treeDigests(join(folder, `got-${name}`)), treeDigests(join(folder, name)))
  }
})

test('the lock file keeps the lines of both processes', async (context) => {
  const folder = temporaryFolder(context)
  const command = new Command(folder)
  await command.succeed('init')
  for (const name of names) writeData(join(folder, name), name)
  await Promise.all(names.map((name) => addThrough(command, name)))

  const lock = readFileSync(join(folder, 'mlstore.lock'), 'utf8')
  for (const name of names) assert.match(lock, new RegExp(`^${name}  dataset/${name}@`, 'm'))
})

test('a catalog written by two processes is the one that a reindex makes', async (context) => {
  const folder = temporaryFolder(context)
  const command = new Command(folder)
  await command.succeed('init')
  for (const name of names) writeData(join(folder, name), 'the same in both')
  await Promise.all(names.map((name) => addThrough(command, name)))

  const before = await Promise.all(names.map((name) => versionsOf(command, name)))
  const { versions } = await command.json<ReindexResult>('reindex')
  assert.equal(versions, names.length)
  assert.deepEqual(await Promise.all(names.map((name) => versionsOf(command, name))), before)
})

function writeData(data: string, seed: string): void {
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'weights.bin'), seededBytes(seed, 3_000_000))
  writeDataset(data, seed, { files: 100, sizeBytesMin: 1024, sizeBytesMax: 4096 })
}

async function addThrough(command: Command, name: string): Promise<void> {
  const { code, stderr } = await outcomeOf(command.start(['add', name, '--as', `dataset/${name}`]))
  assert.equal(code, 0, stderr)
}

async function versionsOf(command: Command, name: string): Promise<VersionSummary[]> {
  return command.json<VersionSummary[]>('log', `dataset/${name}`)
}
