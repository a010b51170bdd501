/** Git carries two small texts; mlstore brings the data of the commit that git checked out. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { Command } from '../support/command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { treeDigests } from '../support/tree-digests.ts'

test('git clone and mlstore pull are all that a colleague needs', async (context) => {
  const { anna, clone } = await annaWithTwoCommits(context)
  const ben = new Command(clone('ben'))
  await ben.succeed('pull')
  const path = 'data/train set'
  assert.deepEqual(treeDigests(join(ben.folder, path)), treeDigests(join(anna.folder, path)))
  assert.equal(git(ben.folder, 'status', '--porcelain'), '', 'the data is not offered to git')
})

test('git checkout of an old commit and mlstore checkout bring the old data back', async (context) => {
  const { anna } = await annaWithTwoCommits(context)
  git(anna.folder, 'checkout', '--quiet', 'HEAD~1')
  await anna.succeed('checkout')
  assert.equal(readFileSync(join(anna.folder, 'data/train set/a.txt'), 'utf8'), 'first')
  git(anna.folder, 'checkout', '--quiet', '-')
  await anna.succeed('checkout')
  assert.equal(readFileSync(join(anna.folder, 'data/train set/a.txt'), 'utf8'), 'second')
})

test('mlstore checkout does not overwrite an edited file', async (context) => {
  const { anna } = await annaWithTwoCommits(context)
  const edited = join(anna.folder, 'data/train set/a.txt')
  writeFileSync(edited, 'an edit that was not added')
  git(anna.folder, 'checkout', '--quiet', 'HEAD~1')
  const { code, stderr } = await anna.run('checkout')
  assert.equal(code, 4, stderr)
  assert.match(stderr, /a\.txt/)
  assert.equal(readFileSync(edited, 'utf8'), 'an edit that was not added')
})

type Anna = { readonly anna: Command; readonly clone: (name: string) => string }

/** A repository with two versions of its data in two commits, pushed to a folder. */
async function annaWithTwoCommits(context: TestContext): Promise<Anna> {
  const folder = temporaryFolder(context)
  const home = join(folder, 'anna')
  const data = join(home, 'data/train set')
  mkdirSync(join(data, 'empty folder'), { recursive: true })
  git(home, 'init', '--quiet')
  const anna = new Command(home)
  await anna.succeed('init')
  await anna.succeed('remote', 'add', 'origin', pathToFileURL(join(folder, 'remote')).href)
  for (const content of ['first', 'second']) {
    writeFileSync(join(data, 'a.txt'), content)
    writeFileSync(join(data, `only in ${content} #1%.txt`), 'x')
    await anna.succeed('add', 'data/train set', '--as', 'dataset/train')
    git(home, 'add', '--all')
    git(home, 'commit', '--quiet', '--message', content)
  }
  await anna.succeed('push')
  return {
    anna,
    clone: (name) => {
      git(folder, 'clone', '--quiet', home, name)
      return join(folder, name)
    },
  }
}

function git(folder: string, ...gitArguments: string[]): string {
  const author = ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.org']
  return execFileSync('git', [...author, ...gitArguments], { cwd: folder, encoding: 'utf8' })
}
