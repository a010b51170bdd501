/** A store and a remote to damage, and what a test of fsck does to their files. */

import assert from 'node:assert/strict'
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'

import type { FsckResult } from '../../../src/store/results.ts'
import { seededBytes } from '../../support/seeded-data.ts'
import { TestRepository, type TestRepositoryOptions } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

export type Remote = { readonly folder: string; readonly url: string }

export function makeRemote(context: Pick<TestContext, 'after'>): Remote {
  const folder = join(temporaryFolder(context), 'remote')
  return { folder, url: pathToFileURL(folder).href }
}

/** A repository with one version, of small files and one of several chunks, and a remote for it. */
export async function repositoryWithData(
  context: Pick<TestContext, 'after'>,
  options: TestRepositoryOptions = {},
): Promise<{ readonly repository: TestRepository; readonly remote: Remote }> {
  const repository = await TestRepository.create(context, options)
  const remote = makeRemote(context)
  await repository.store.addRemote({ name: 'origin', settings: { url: remote.url } })
  repository.write({
    data: {
      'a.txt': 'some text',
      'b.txt': 'some other text',
      folder: { 'c.txt': 'c'.repeat(5000) },
    },
  })
  writeFileSync(repository.at('data', 'big.bin'), seededBytes('big', 700_000))
  await repository.add('data', { as: 'dataset/x' })
  return { repository, remote }
}

/** Absolute paths of the files in a folder, sorted; none where it is not there. */
export function filesIn(...path: string[]): string[] {
  const folder = join(...path)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

export function largestOf(files: readonly string[]): string {
  const [largest] = files.toSorted((a, b) => statSync(b).size - statSync(a).size)
  assert.ok(largest !== undefined)
  return largest
}

export function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path)
  const offset = at < 0 ? bytes.length + at : at
  bytes[offset] = (bytes[offset] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

/** The three things that happen to files. */
export const damages: Readonly<Record<string, (path: string) => void>> = {
  'a flipped bit': (path) => flipBit(path, Math.floor(statSync(path).size / 2)),
  'a cut end': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'its absence': (path) => rmSync(path),
}

/** The file is named by some problem. */
export function assertNames(result: FsckResult, name: string): void {
  const named = result.problems.some(({ where }) => where.includes(name))
  assert.ok(named, `${name} is not in ${JSON.stringify(result.problems, undefined, 1)}`)
}

export function assertSound(result: FsckResult): void {
  assert.deepEqual(result.problems, [])
}

export function assertAllRepaired(result: FsckResult): void {
  assert.ok(result.problems.length > 0, 'nothing was found')
  assert.deepEqual(
    result.problems.filter(({ repaired }) => !repaired),
    [],
  )
}
