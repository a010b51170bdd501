/**
 * Many processes, each with a clone of its own, that push to one remote at the same time, and the
 * check that nothing of theirs was lost or doubled: every version is read back and compared.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { openStore } from '../../src/index.ts'
import { Command, outcomeOf } from './command.ts'
import { seededBytes } from './seeded-data.ts'

const program = fileURLToPath(new URL('pusher.ts', import.meta.url))
const versionsEach = 20

export type Contest = {
  readonly folder: string
  readonly writers: number
  readonly url: string
  /** Flags of `remote add` and `clone`. */
  readonly flags?: readonly string[]
  readonly credentials?: NodeJS.ProcessEnv
}

/** What a writer puts into its version of that number: enough for several chunks. */
export function pushedContent(name: string, number: number): Buffer {
  return seededBytes(`${name} ${number}`, 100_000 + number)
}

/** Name of the experiment and of the series of numbers that all writers share. */
export const contest = 'contest'

const pointsEach = 500

/** What a writer logs beside its version of that number: enough for a bulk event. */
export function pointsOf(number: number): readonly (readonly [step: number, loss: number])[] {
  return Array.from({ length: pointsEach }, (_, i) => [number * pointsEach + i, 1 / (i + number)])
}

/** Makes the repository, lets all writers push at once, and checks what a new clone then has. */
export async function assertNothingLost(contest: Contest): Promise<void> {
  const names = Array.from({ length: contest.writers }, (_, i) => `writer-${i + 1}`)
  const first = await makeRepository(contest)
  const clones = await Promise.all(names.map((name) => clone(contest, name)))
  await Promise.all(clones.map((folder, i) => push(folder, names[i] ?? '', contest)))

  const reader = await clone(contest, 'reader')
  const command = new Command(reader, contest.credentials)
  await command.succeed('pull', '--all')
  await assertVersions(reader, names)
  await assertRunsAndNumbers(reader, names)
  await command.succeed('fsck')
  await first.succeed('fsck', '--remote', 'origin')
}

async function makeRepository(contest: Contest): Promise<Command> {
  const folder = join(contest.folder, 'first')
  mkdirSync(folder)
  const command = new Command(folder, contest.credentials)
  await command.succeed('init')
  await command.succeed('remote', 'add', 'origin', contest.url, ...(contest.flags ?? []))
  writeFileSync(join(folder, 'first.txt'), 'first')
  await command.succeed('add', 'first.txt', '--as', 'dataset/first')
  await command.succeed('push')
  return command
}

async function clone(contest: Contest, name: string): Promise<string> {
  const folder = join(contest.folder, name)
  mkdirSync(folder)
  const command = new Command(folder, contest.credentials)
  await command.succeed('clone', contest.url, ...(contest.flags ?? []))
  return folder
}

async function push(folder: string, name: string, { credentials }: Contest): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--no-warnings', program, name, String(versionsEach)],
    { cwd: folder, env: { ...process.env, ...credentials }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const { code, stderr } = await outcomeOf(child)
  assert.equal(code, 0, `${name}: ${stderr}`)
}

/** Each writer's versions are there, each exactly once, and each with its own bytes. */
async function assertVersions(reader: string, names: readonly string[]): Promise<void> {
  const store = await openStore({ cwd: reader })
  for (const name of names) {
    const versions = await store.log(`dataset/${name}`)
    const labels = versions.map(({ label }) => label ?? '').sort()
    const expected = Array.from({ length: versionsEach }, (_, i) => `v${i + 1}`).sort()
    assert.deepEqual(labels, expected, `versions of ${name}`)
    for (let number = 1; number <= versionsEach; number++) {
      const hash = createHash('sha256')
      for await (const bytes of store.cat(`dataset/${name}@v${number}:content.bin`)) {
        hash.update(bytes)
      }
      const wanted = createHash('sha256').update(pushedContent(name, number)).digest('hex')
      assert.equal(hash.digest('hex'), wanted, `bytes of ${name}@v${number}`)
    }
  }
  await store[Symbol.asyncDispose]()
}

/** Every writer's run has every point, and every version a number that no other one has. */
async function assertRunsAndNumbers(reader: string, names: readonly string[]): Promise<void> {
  await using store = await openStore({ cwd: reader })
  const [experiment, ...others] = await store.listExperiments()
  assert.deepEqual([experiment?.name, experiment?.runs, others], [contest, names.length, []])
  const numbers: number[] = []
  for (const name of names) {
    const { status, metricSummaries } = await store.showRun(name)
    assert.deepEqual(
      [status, metricSummaries['loss']?.count],
      ['FINISHED', versionsEach * pointsEach],
    )
    for (let number = 1; number <= versionsEach; number++) {
      const reference = `dataset/${name}@v${number}`
      const [numbered] = await store.numberOf(reference)
      assert.equal((await store.byNumber(contest, numbered?.number ?? 0)).name, reference)
      numbers.push(numbered?.number ?? 0)
    }
  }
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    numbers.map((_, i) => i + 1),
  )
}
