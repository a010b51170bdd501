/** A repository made by the real DVC, imported: every version that any commit names. */

import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { runGit, TestRepository } from '../support/store.ts'
import { listFolder } from '../worktree/folder-spec.ts'
import { runTool } from './python.ts'

test('the history of a repository of the real DVC is imported, once', async (context) => {
  const repository = await TestRepository.create(context)
  const folder = repository.at('made')
  const listings = await makeHistory(folder)
  const imported = await repository.store.importDvc({ path: folder, allCommits: true })
  assert.deepEqual(imported.notes, [])
  const expected = { 'data/data/train': 3, 'data/model.bin': 1, 'data/out.bin': 1 }
  const artifacts = await repository.store.listArtifacts()
  const counts = artifacts.map(({ artifact, versions }) => [artifact, versions])
  assert.deepEqual(Object.fromEntries(counts), expected)
  const versions = await repository.store.log('data/data/train')
  for (const [i, { digest }] of versions.entries()) {
    const reference = `data/data/train@${digest}`
    await repository.store.get({ reference, output: `out${i}`, noLock: true })
    assert.deepEqual(repository.list(`out${i}`), listings.at(-1 - i))
  }
  assert.equal(versions[2]?.label, 'v1.0')
  const { inputs } = await repository.store.show('data/out.bin')
  assert.equal(inputs.length, 1)
  const again = await repository.store.importDvc({ path: folder, allCommits: true })
  assert.equal(again.events, 0)
})

/** Three commits that change a folder; answers what was in it each time. */
async function makeHistory(folder: string): Promise<ReturnType<typeof listFolder>[]> {
  mkdirSync(join(folder, 'data/train/deep'), { recursive: true })
  const git = (...args: string[]): string => runGit(folder, ...args)
  const dvc = (...args: string[]): Promise<string> => runTool('dvc', args, folder)
  git('init', '--quiet', '--initial-branch=main')
  await dvc('init', '--quiet')
  writeFileSync(join(folder, 'model.bin'), 'weights')
  await dvc('add', '--quiet', 'model.bin')
  const listings = []
  for (let i = 0; i < 3; i++) {
    writeFileSync(join(folder, 'data/train/a ü.txt'), `version ${i}\r\n`)
    writeFileSync(join(folder, 'data/train/deep/b.bin'), Buffer.alloc(300_000, i))
    await dvc('add', '--quiet', 'data/train')
    if (i === 1) {
      const stage = 'cmd: cp model.bin out.bin\n    deps: [model.bin]\n    outs: [out.bin]'
      writeFileSync(join(folder, 'dvc.yaml'), `stages:\n  copy:\n    ${stage}\n`)
      await dvc('repro', '--quiet')
    }
    git('add', '--all')
    git('commit', '--quiet', `--message=${i}`)
    if (i === 0) git('tag', 'v1.0')
    listings.push(listFolder(join(folder, 'data/train')))
  }
  rmSync(join(folder, 'data/train'), { recursive: true })
  return listings
}
