/** `get`: where a version is written, which parts of it, and over what it is not written. */

import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'

import { TestRepository } from '../support/store.ts'
import { listingOf } from '../worktree/folder-spec.ts'

const create = (context: TestContext): Promise<TestRepository> => TestRepository.create(context)

async function withFile(context: TestContext): Promise<TestRepository> {
  const repository = await create(context)
  repository.write({ 'weights.bin': 'w' })
  await repository.add('weights.bin', { as: 'model/big', noLock: true })
  return repository
}

const folder = {
  'a.txt': 'a',
  sub: { 'b.csv': 'b', 'c.txt': 'c', deep: { 'd.csv': 'd' } },
  'e.csv': 'e',
}

async function withFolder(context: TestContext): Promise<TestRepository> {
  const repository = await create(context)
  await repository.addData(folder, { noLock: true })
  return repository
}

// --- where ----------------------------------------------------------------------------------

test('a version of one file is written as the path given', async (context) => {
  const repository = await withFile(context)
  const gotten = await repository.store.get({ reference: 'model/big', output: 'deep/new.bin' })
  assert.equal(gotten.path, repository.at('deep/new.bin'))
  assert.equal(repository.text('deep/new.bin'), 'w')
})

test('it goes under its own name into a path that ends in a slash, and into a folder', async (context) => {
  const repository = await withFile(context)
  await repository.store.get({ reference: 'model/big', output: 'new/' })
  assert.deepEqual(repository.list('new'), { 'weights.bin': 'file w' })
  repository.write({ folder: { other: '' } })
  const gotten = await repository.store.get({ reference: 'model/big', output: 'folder' })
  assert.equal(gotten.path, repository.at('folder/weights.bin'))
  assert.deepEqual(Object.keys(repository.list('folder')), ['other', 'weights.bin'])
})

test('without a path and a lock it is ./NAME', async (context) => {
  const repository = await withFile(context)
  const gotten = await repository.store.get({ reference: 'model/big' })
  assert.equal(gotten.path, repository.at('big'))
  assert.equal(repository.text('big'), 'w')
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['big'],
  )
})

test('a folder is written as the path given, which may be there', async (context) => {
  const repository = await withFolder(context)
  repository.write({ out: { mine: 'mine' } })
  const gotten = await repository.store.get({ reference: 'dataset/x', output: 'out' })
  assert.deepEqual(repository.list('out'), listingOf({ ...folder, mine: 'mine' }))
  assert.deepEqual([gotten.files, gotten.sizeBytes, gotten.fetchedBytes], [5, 5, 0])
  await repository.store.get({ reference: 'dataset/x', output: 'slash/' })
  assert.deepEqual(repository.list('slash'), listingOf(folder))
})

test('the default target is the path that the lock has for the artifact', async (context) => {
  const repository = await create(context)
  const first = await repository.addData({ a: '1' })
  await repository.addData({ a: '2' })
  const gotten = await repository.store.get({ reference: `dataset/x@${first.label}` })
  assert.equal(gotten.path, repository.at('data'))
  assert.deepEqual(repository.list('data'), { a: 'file 1' })
  assert.deepEqual(
    repository.lockLines().map((line) => line.version),
    [first.digest],
  )
})

test('with several locked paths the user must say which', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1' })
  await repository.store.get({ reference: 'dataset/x', output: 'copy' })
  await assert.rejects(repository.store.get({ reference: 'dataset/x' }), {
    code: 'INVALID_ARGUMENT',
    message: /copy, data/,
  })
})

test('the target is relative to the working directory, and may lie outside of the repository', async (context) => {
  const [repository, elsewhere] = [await withFolder(context), await create(context)]
  repository.write({ sub: {} })
  const store = await repository.open({ cwd: repository.at('sub') })
  await store.get({ reference: 'dataset/x', output: 'here' })
  assert.deepEqual(repository.list('sub/here'), listingOf(folder))
  await store.get({ reference: 'dataset/x', output: elsewhere.at('there') })
  assert.deepEqual(elsewhere.list('there'), listingOf(folder))
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['sub/here'],
  )
})

test('what was written outside of the repository is known to be mlstore’s the next time', async (context) => {
  const [repository, elsewhere] = [await create(context), await create(context)]
  const first = await repository.addData({ a: '1', gone: '' })
  await repository.addData({ a: '2' })
  rmSync(repository.at('data/gone'))
  const second = await repository.addData({ a: '2' })
  const output = elsewhere.at('there')
  await repository.store.get({ reference: `dataset/x@${first.digest}`, output })
  await repository.store.get({ reference: `dataset/x@${second.digest}`, output })
  assert.deepEqual(elsewhere.list('there'), { a: 'file 2' })
})

test('get keeps lock and .gitignore, and not with --no-lock', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  await repository.addData({ a: '1' }, { noLock: true })
  await repository.store.get({ reference: 'dataset/x', output: 'one', noLock: true })
  assert.deepEqual(repository.lockLines(), [])
  await repository.store.get({ reference: 'dataset/x', output: 'two' })
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['two'],
  )
  assert.equal(repository.text('.gitignore'), '/.mlstore\n/two\n')
})

// --- parts ----------------------------------------------------------------------------------

const parts: readonly (readonly [
  what: string,
  paths: readonly string[],
  found: readonly string[],
])[] = [
  ['a file', ['sub/b.csv'], ['sub', 'sub/b.csv']],
  ['a folder', ['sub/deep/'], ['sub', 'sub/deep', 'sub/deep/d.csv']],
  ['a glob at the top', ['*.csv'], ['e.csv']],
  [
    'a glob at every level',
    ['**/*.csv'],
    ['e.csv', 'sub', 'sub/b.csv', 'sub/deep', 'sub/deep/d.csv'],
  ],
  ['several', ['a.txt', 'sub/c.txt'], ['a.txt', 'sub', 'sub/c.txt']],
]

for (const [what, paths, found] of parts) {
  test(`--path writes ${what} and nothing else, and the lock stays silent`, async (context) => {
    const repository = await withFolder(context)
    const gotten = await repository.store.get({ reference: 'dataset/x', output: 'out', paths })
    assert.deepEqual(Object.keys(repository.list('out')), found)
    assert.equal(gotten.files, found.filter((path) => path.includes('.')).length)
    assert.deepEqual(repository.lockLines(), [])
  })
}

test('a path in the reference is a part too', async (context) => {
  const repository = await withFolder(context)
  await repository.store.get({ reference: 'dataset/x:sub/deep', output: 'out' })
  assert.deepEqual(repository.list('out'), listingOf({ sub: { deep: { 'd.csv': 'd' } } }))
})

test('a part that is not there is not found, and nothing is made', async (context) => {
  const repository = await withFolder(context)
  await assert.rejects(
    repository.store.get({ reference: 'dataset/x', output: 'out', paths: ['none/*'] }),
    { code: 'NOT_FOUND', message: /none/ },
  )
  assert.throws(() => lstatSync(repository.at('out')), { code: 'ENOENT' })
})

test('parts of another version go over what mlstore wrote, and leave the rest', async (context) => {
  const repository = await create(context)
  const first = await repository.addData({ a: '1', b: '1' })
  await repository.addData({ a: '2', b: '2' })
  await repository.store.get({ reference: `dataset/x@${first.digest}:a` })
  assert.deepEqual(repository.list('data'), { a: 'file 1', b: 'file 2' })
})

// --- what is there already ------------------------------------------------------------------

test('other content is not replaced: all of it is listed, and nothing is written', async (context) => {
  const repository = await withFolder(context)
  const mine = { 'a.txt': 'mine', sub: { 'b.csv': 'mine', 'c.txt': 'c' } }
  repository.write({ out: mine })
  await assert.rejects(repository.store.get({ reference: 'dataset/x', output: 'out' }), {
    code: 'WORKING_TREE_CHANGED',
    details: { paths: ['out/a.txt', 'out/sub/b.csv'] },
  })
  assert.deepEqual(repository.list('out'), listingOf(mine))
})

test('--force replaces it, and keeps what is in nobody’s way', async (context) => {
  const repository = await withFolder(context)
  repository.write({ out: { 'a.txt': 'mine', mine: 'mine' } })
  await repository.store.get({ reference: 'dataset/x', output: 'out', force: true })
  assert.deepEqual(repository.list('out'), listingOf({ ...folder, mine: 'mine' }))
})

test('a file where the folder shall be, and a folder where the file shall be', async (context) => {
  const repository = await withFolder(context)
  repository.write({ out: 'mine', 'weights.bin': 'w', a: { big: { mine: 'mine' } } })
  const asFolder = { reference: 'dataset/x', output: 'out' }
  await assert.rejects(repository.store.get(asFolder), {
    code: 'WORKING_TREE_CHANGED',
    details: { paths: ['out'] },
  })
  await repository.store.get({ ...asFolder, force: true })
  assert.deepEqual(repository.list('out'), listingOf(folder))
})

test('an ignored file in the way is a conflict like any other', async (context) => {
  const repository = await create(context)
  await repository.addData({ 'a.log': 'stored' }, { noLock: true })
  repository.write({ out: { '.mlstoreignore': '*.log\n', 'a.log': 'mine' } })
  await assert.rejects(repository.store.get({ reference: 'dataset/x', output: 'out' }), {
    code: 'WORKING_TREE_CHANGED',
    details: { paths: ['out/a.log'] },
  })
})

test('a link where the target shall be is not followed', async (context) => {
  const repository = await withFolder(context)
  repository.write({ elsewhere: { keep: '' }, out: { link: 'elsewhere' } })
  await assert.rejects(repository.store.get({ reference: 'dataset/x', output: 'out' }), {
    code: 'WORKING_TREE_CHANGED',
  })
  assert.deepEqual(repository.list('elsewhere'), { keep: 'file ' })
})

test('what is right already is not written again', async (context) => {
  const repository = await withFolder(context)
  repository.write({ out: folder })
  const before = lstatSync(repository.at('out/a.txt'))
  await repository.store.get({ reference: 'dataset/x', output: 'out' })
  const after = lstatSync(repository.at('out/a.txt'))
  assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs])
})

test('a target that cannot be written is told with its path', async (context) => {
  const repository = await withFolder(context)
  writeFileSync(repository.at('file'), '')
  await assert.rejects(
    repository.store.get({ reference: 'dataset/x', output: 'file/out' }),
    (error) => {
      assert.match(String(error), /file/)
      return true
    },
  )
})

test('an interrupted get leaves what was there, and nothing else', async (context) => {
  const repository = await withFolder(context)
  mkdirSync(repository.at('out'))
  await assert.rejects(
    repository.store.get({ reference: 'dataset/x', output: 'out', signal: AbortSignal.abort() }),
    { code: 'INTERRUPTED' },
  )
  assert.deepEqual(repository.list('out'), {})
})
