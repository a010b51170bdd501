/** The root of a repository, and lines in its `.gitignore` that leave the user's text alone. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { findRepositoryRoot, Repository } from '../../src/worktree/repository.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const fs = new NodeFileSystem()

function repositoryIn(root: string): { repository: Repository; written: string[] } {
  const written: string[] = []
  const durableWrite = (path: string, bytes: Uint8Array): void => {
    written.push(path)
    nodeFs.writeFileSync(path, bytes)
  }
  return { repository: new Repository({ fs, durableWrite }, root), written }
}

const ignoreFile = (root: string): string => join(root, '.gitignore')

test('the root is the nearest folder with .git at or above the store, a file counts too', (context) => {
  const root = temporaryFolder(context)
  nodeFs.mkdirSync(join(root, 'a', 'b', '.mlstore'), { recursive: true })
  const store = join(root, 'a', 'b', '.mlstore')
  assert.equal(findRepositoryRoot(fs, store), join(root, 'a', 'b'))
  nodeFs.mkdirSync(join(root, '.git'))
  assert.equal(findRepositoryRoot(fs, store), root)
  nodeFs.writeFileSync(join(root, 'a', '.git'), 'gitdir: elsewhere')
  assert.equal(findRepositoryRoot(fs, store), join(root, 'a'))
})

test('adds a line once, after whatever the user has, and takes it out again', (context) => {
  const root = temporaryFolder(context)
  const { repository, written } = repositoryIn(root)
  const theirs = Buffer.concat([
    Buffer.from('# caf'),
    Buffer.of(0xe9),
    Buffer.from('\n*.log\n\nno end'),
  ])
  nodeFs.writeFileSync(ignoreFile(root), theirs)
  assert.equal(repository.addIgnoredPath('data/train'), true)
  assert.equal(repository.addIgnoredPath('data/train'), false)
  assert.equal(written.length, 1)
  const added = Buffer.concat([theirs, Buffer.from('\n/data/train\n')])
  assert.deepEqual(nodeFs.readFileSync(ignoreFile(root)), added)
  assert.equal(repository.removeIgnoredPath('data/train'), true)
  assert.equal(repository.removeIgnoredPath('data/train'), false)
  assert.deepEqual(
    nodeFs.readFileSync(ignoreFile(root)),
    Buffer.concat([theirs, Buffer.from('\n')]),
  )
})

test('makes the file, and keeps line ends of the other kind', (context) => {
  const root = temporaryFolder(context)
  const { repository } = repositoryIn(root)
  assert.equal(repository.removeIgnoredPath('a'), false)
  repository.addIgnoredPath('a')
  assert.equal(nodeFs.readFileSync(ignoreFile(root), 'utf8'), '/a\n')
  nodeFs.writeFileSync(ignoreFile(root), 'x\r\ny')
  repository.addIgnoredPath('a')
  repository.addIgnoredPath('b')
  repository.removeIgnoredPath('a')
  assert.equal(nodeFs.readFileSync(ignoreFile(root), 'utf8'), 'x\r\ny\r\n/b\r\n')
})

test('the root itself is never ignored', (context) => {
  const { repository, written } = repositoryIn(temporaryFolder(context))
  assert.equal(repository.addIgnoredPath(''), false)
  assert.equal(repository.addIgnoredPath('.'), false)
  assert.deepEqual(written, [])
})

test('refuses to write through a link', (context) => {
  const root = temporaryFolder(context)
  nodeFs.writeFileSync(join(root, 'elsewhere'), 'precious')
  nodeFs.symlinkSync('elsewhere', ignoreFile(root))
  const { repository, written } = repositoryIn(root)
  assert.throws(() => repository.addIgnoredPath('a'), { code: 'REFUSED' })
  assert.throws(() => repository.writeText('.gitignore', 'x'), { code: 'REFUSED' })
  assert.deepEqual(written, [])
})

test('git ignores just the paths that were added, whatever their names', (context) => {
  const root = temporaryFolder(context)
  execFileSync('git', ['init', '-q'], { cwd: root })
  const { repository } = repositoryIn(root)
  const name = fc
    .string({
      unit: fc.constantFrom(...Array.from('ab *?[]\\!#.-é日')),
      minLength: 1,
      maxLength: 5,
    })
    .filter((text) => !/^\.{1,2}$/.test(text))
  const path = fc.array(name, { minLength: 1, maxLength: 2 }).map((names) => names.join('/'))
  fc.assert(
    fc.property(fc.uniqueArray(path, { minLength: 2, maxLength: 12 }), (paths) => {
      nodeFs.rmSync(ignoreFile(root), { force: true })
      const added = paths.slice(0, paths.length / 2)
      for (const each of added) repository.addIgnoredPath(each)
      const input = paths.map((each) => `./${each}\0`).join('')
      const answer = spawnSync('git', ['check-ignore', '--no-index', '-z', '--stdin'], {
        cwd: root,
        input,
      })
      const ignored = answer.stdout
        .toString()
        .split('\0')
        .slice(0, -1)
        .map((each) => each.slice(2))
      const isIgnored = (each: string): boolean =>
        added.some((one) => each === one || each.startsWith(`${one}/`))
      assert.deepEqual(ignored, paths.filter(isIgnored))
      for (const each of added) repository.removeIgnoredPath(each)
      assert.equal(nodeFs.readFileSync(ignoreFile(root), 'utf8'), '')
    }),
    { numRuns: 60 },
  )
})

test('texts are read, written once, and absent ones are undefined', (context) => {
  const root = temporaryFolder(context)
  const { repository, written } = repositoryIn(root)
  assert.equal(repository.readText('mlstore.lock'), undefined)
  repository.writeText('mlstore.lock', 'é\n')
  repository.writeText('mlstore.lock', 'é\n')
  assert.equal(repository.readText('mlstore.lock'), 'é\n')
  assert.deepEqual(written, [join(root, 'mlstore.lock')])
  assert.equal(repository.hasGit, false)
  nodeFs.writeFileSync(join(root, '.git'), '')
  assert.equal(repository.hasGit, true)
})
