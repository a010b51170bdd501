/** `add`: what becomes a version, what is left out, what is refused, and what is said about it. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { test, type TestContext } from 'node:test'

import { asOrdinaryUser, TestRepository } from '../support/store.ts'
import { anyFolder, type FolderSpec, listFolder, listingOf } from '../worktree/folder-spec.ts'

const create = (context: TestContext): Promise<TestRepository> => TestRepository.create(context)

async function paths(repository: TestRepository, reference: string): Promise<string[]> {
  const files: string[] = []
  for await (const file of repository.store.listFiles({ reference, recursive: true })) {
    files.push(file.path)
  }
  return files
}

const odd: FolderSpec = {
  'with space': 'a',
  '#hash': 'b',
  '100%': 'c',
  '"quoted" \'too\'': 'd',
  'line\nbreak': 'e',
  'é😀': 'f',
  'back\\slash': 'g',
  '.hidden': 'h',
  empty: '',
  'empty folder': {},
  nested: { folder: { in: { folder: 'i' } } },
  run: { text: '#!/bin/sh\n', exec: true },
  'to file': { link: 'nested/folder/in/folder' },
  'to nothing': { link: 'not here' },
}

test('a folder comes back as it was: odd names, empty things, links, executable bits', async (context) => {
  const repository = await create(context)
  const added = await repository.addData(odd)
  assert.equal(added.files, 13)
  await repository.store.get({ reference: 'dataset/x', output: 'out' })
  assert.deepEqual(repository.list('out'), listingOf(odd))
})

test('any folder comes back as it was', async (context) => {
  const repository = await create(context)
  await fc.assert(
    fc.asyncProperty(anyFolder(), async (folder) => {
      for (const path of ['data', 'out'])
        rmSync(repository.at(path), { recursive: true, force: true })
      await repository.addData(folder)
      await repository.store.get({ reference: 'dataset/x', output: 'out', noLock: true })
      assert.deepEqual(repository.list('out'), listingOf(folder))
    }),
    { numRuns: 40 },
  )
})

test('a file becomes a version of that file', async (context) => {
  const repository = await create(context)
  repository.write({ 'model.bin': 'weights' })
  const added = await repository.add('model.bin', { as: 'model/big' })
  assert.equal((await repository.store.show('model/big')).shape, 'file')
  assert.deepEqual(await paths(repository, 'model/big'), ['model.bin'])
  assert.deepEqual([added.files, added.sizeBytes, added.newBytes], [1, 7, 7])
})

test('several paths become one version with their names at the top', async (context) => {
  const repository = await create(context)
  repository.write({ a: { 'one.txt': '1' }, deep: { b: { 'two.txt': '2' } }, 'c.txt': '3' })
  const added = await repository.add(['deep/b', 'c.txt', 'a'], { as: 'model/x' })
  assert.deepEqual(await paths(repository, 'model/x'), [
    'a',
    'a/one.txt',
    'b',
    'b/two.txt',
    'c.txt',
  ])
  assert.equal(added.locked, false)
  assert.deepEqual(repository.lockLines(), [])
})

test('two paths of one name are refused', async (context) => {
  const repository = await create(context)
  repository.write({ a: { x: '1' }, b: { x: '2' } })
  await assert.rejects(repository.add(['a/x', 'b/x'], { as: 'model/x' }), {
    code: 'INVALID_ARGUMENT',
    message: /"x"/,
  })
})

test('a folder and the same files added as several paths have the same root', async (context) => {
  const repository = await create(context)
  const whole = await repository.addData({ 'a.txt': 'a', b: { c: 'c' } })
  const parts = await repository.add(['data/a.txt', 'data/b'], { as: 'dataset/parts' })
  assert.equal(parts.root, whole.root)
})

test('what the artifact is must be said once, and is known from the lock file then', async (context) => {
  const repository = await create(context)
  repository.write({ data: { a: '1' } })
  await assert.rejects(repository.add('data'), {
    code: 'INVALID_ARGUMENT',
    message: /Which artifact/,
  })
  await repository.add('data', { as: 'dataset/x' })
  repository.write({ data: { b: '2' } })
  assert.equal((await repository.add('data')).artifact, 'dataset/x')
})

for (const name of [
  'model',
  'model/',
  '/x',
  'model/a:b',
  'model/ a',
  'model/..',
  'model/e\u0301',
]) {
  test(`${JSON.stringify(name)} is no artifact`, async (context) => {
    const repository = await create(context)
    repository.write({ data: { a: '1' } })
    await assert.rejects(repository.add('data', { as: name }), { code: 'INVALID_ARGUMENT' })
  })
}

test('paths that are no files or folders are refused by name', async (context) => {
  const repository = await create(context)
  repository.write({ data: { a: '1' }, link: { link: 'data' } })
  await assert.rejects(repository.add('missing', { as: 'model/x' }), {
    code: 'NOT_FOUND',
    message: /missing/,
  })
  await assert.rejects(repository.add('link', { as: 'model/x' }), {
    code: 'INVALID_ARGUMENT',
    message: /link/,
  })
  await assert.rejects(repository.add('/dev/null', { as: 'model/x' }), {
    code: 'INVALID_ARGUMENT',
    message: /device/,
  })
})

test('a socket in a folder is refused with its path', async (context) => {
  const repository = await create(context)
  repository.write({ data: { a: '1', sub: {} } })
  const server = createServer().listen(repository.at('data/sub/s'))
  context.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  await assert.rejects(repository.add('data', { as: 'model/x' }), {
    code: 'INVALID_ARGUMENT',
    message: /data\/sub\/s is a socket/,
  })
})

for (const target of ['../outside', '/etc/passwd', 'b/../../c']) {
  test(`a link to ${target} is refused with its path`, async (context) => {
    const repository = await create(context)
    repository.write({ data: { a: '1', sub: {} } })
    symlinkSync(target, repository.at('data/escape'))
    await assert.rejects(repository.add('data', { as: 'model/x' }), {
      code: 'INVALID_ARGUMENT',
      message: /data\/escape/,
    })
    assert.deepEqual(await repository.store.listArtifacts(), [])
  })
}

test('a link that leaves its folder but not the version is taken', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1', sub: { up: { link: '../a' } } })
  assert.deepEqual(await paths(repository, 'dataset/x'), ['a', 'sub', 'sub/up'])
})

test('a file or folder that may not be read is refused with its path', async (context) => {
  const repository = await create(context)
  repository.write({ file: { secret: 'x' }, folder: { closed: { a: '1' } } })
  chmodSync(repository.at('file/secret'), 0)
  chmodSync(repository.at('folder/closed'), 0)
  await asOrdinaryUser(repository.folder, async () => {
    for (const [path, message] of [
      ['file', /secret/],
      ['folder', /closed/],
    ] as const) {
      await assert.rejects(repository.add(path, { as: 'model/x' }), { code: 'REFUSED', message })
    }
  })
})

test('a path with a link in the folders above it is the path it leads to', async (context) => {
  const repository = await create(context)
  repository.write({ real: { data: { a: '1' } }, alias: { link: 'real' } })
  await repository.add('alias/data', { as: 'dataset/x' })
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['real/data'],
  )
})

// --- left out -------------------------------------------------------------------------------

test('hidden files are taken unless --no-hidden, which counts them', async (context) => {
  const repository = await create(context)
  const files = { a: '1', '.b': '2', __c__: { d: '3' }, sub: { '.e': '4' } }
  const all = await repository.addData(files)
  assert.equal(all.files, 4)
  const some = await repository.addData(files, { noHidden: true })
  assert.deepEqual([some.files, some.hidden], [1, 3])
  const again = await repository.addData(files, { noHidden: true })
  assert.deepEqual([again.unchanged, again.hidden], [true, 3])
})

test('.mlstoreignore and --exclude leave files out, at every level', async (context) => {
  const repository = await create(context)
  await repository.addData(
    {
      '.mlstoreignore': '*.tmp\n/only-top\n',
      'a.tmp': '',
      'only-top': '',
      keep: '',
      sub: { 'b.tmp': '', 'only-top': '', '.mlstoreignore': '!b.tmp\n', 'x.log': '' },
    },
    { exclude: ['*.log'] },
  )
  assert.deepEqual(await paths(repository, 'dataset/x'), [
    '.mlstoreignore',
    'keep',
    'sub',
    'sub/.mlstoreignore',
    'sub/b.tmp',
    'sub/only-top',
  ])
})

test('.git and .mlstore are never taken, at no level and under no name', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  repository.write({ 'a.txt': 'a', sub: { '.git': { config: '' }, '.mlstore': { x: '' }, b: '' } })
  await repository.add('.', { as: 'dataset/x' })
  assert.deepEqual(await paths(repository, 'dataset/x'), ['.gitignore', 'a.txt', 'sub', 'sub/b'])
  for (const path of ['.git', '.mlstore', '.mlstore/packs', 'sub/.git/config']) {
    await assert.rejects(repository.add(path, { as: 'dataset/y' }), { code: 'REFUSED' })
  }
})

test('the repository itself can be added, and no line of the lock speaks of it', async (context) => {
  const repository = await create(context)
  repository.write({ a: '1' })
  const added = await repository.add('.', { as: 'dataset/x' })
  assert.equal(added.locked, false)
  assert.equal((await repository.add('.', { as: 'dataset/x' })).unchanged, true)
})

// --- unchanged ------------------------------------------------------------------------------

test('the same content again is no new version', async (context) => {
  const repository = await create(context)
  const first = await repository.addData({ a: '1', b: { c: '2' } })
  const again = await repository.addData({})
  assert.deepEqual(
    [again.unchanged, again.digest, again.label, again.newBytes],
    [true, first.digest, first.label, 0],
  )
  assert.equal((await repository.store.log('dataset/x')).length, 1)
})

test('alias and tag are applied all the same, and only once', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1' })
  const marks = { aliases: ['prod'], tags: { stage: 'test' } }
  const again = await repository.addData({}, marks)
  assert.deepEqual([again.unchanged, again.aliases], [true, ['prod']])
  assert.deepEqual((await repository.store.show('dataset/x')).tags, { stage: 'test' })
  await repository.addData({}, marks)
  assert.equal((await repository.store.aliasLog('dataset/x', 'prod')).length, 1)
})

test('a new label, metadata or input makes a version that shares all bytes', async (context) => {
  const repository = await create(context)
  repository.write({ base: 'b' })
  const base = await repository.add('base', { as: 'model/base' })
  const first = await repository.addData({ a: '1' }, { label: 'v1' })
  const labelled = await repository.addData({}, { label: 'v2' })
  const described = await repository.addData({}, { meta: { f1: 0.5 } })
  const derived = await repository.addData({}, { inputs: ['model/base'] })
  for (const added of [labelled, described, derived]) {
    assert.deepEqual([added.unchanged, added.newBytes, added.root], [false, 0, first.root])
  }
  assert.equal((await repository.store.log('dataset/x')).length, 4)
  const shown = await repository.store.show('dataset/x')
  assert.deepEqual(shown.inputs, [
    { version: base.digest, role: 'input', name: `model/base@${base.label}`, via: 'record' },
  ])
})

test('a label, metadata and inputs that the version has are nothing new', async (context) => {
  const repository = await create(context)
  repository.write({ base: 'b' })
  await repository.add('base', { as: 'model/base' })
  const said = { label: 'v1', meta: { f1: 0.5, tags: ['a'] }, inputs: ['model/base'] }
  await repository.addData({ a: '1' }, said)
  assert.equal((await repository.addData({}, said)).unchanged, true)
  assert.equal((await repository.addData({}, { meta: {} })).unchanged, true)
})

test('content that an older version had is a new version, unless the lock has that one', async (context) => {
  const repository = await create(context)
  const first = await repository.addData({ a: '1' })
  const second = await repository.addData({ a: '2' })
  const third = await repository.addData({ a: '1' })
  assert.deepEqual([third.unchanged, third.root], [false, first.root])
  await repository.store.get({ reference: `dataset/x@${second.digest}` })
  const still = await repository.add('data')
  assert.deepEqual([still.unchanged, still.digest], [true, second.digest])
  assert.equal((await repository.store.log('dataset/x')).length, 3)
})

test('a version that was deleted is made again', async (context) => {
  const repository = await create(context)
  const first = await repository.addData({ a: '1' })
  await repository.store.remove({ reference: `dataset/x@${first.digest}`, force: true })
  const again = await repository.addData({})
  assert.equal(again.unchanged, false)
  assert.notEqual(again.digest, first.digest)
})

test('a file that became a folder of the same content is a new version', async (context) => {
  const repository = await create(context)
  repository.write({ x: '1' })
  const file = await repository.add('x', { as: 'model/x' })
  rmSync(repository.at('x'))
  repository.write({ x: { x: '1' } })
  repository.environment.clock.turn(1)
  const folder = await repository.add('x')
  assert.deepEqual([folder.unchanged, folder.root], [false, file.root])
  assert.equal((await repository.store.show('model/x')).shape, 'tree')
})

// --- labels ---------------------------------------------------------------------------------

test('the default label is the time, with -2 and -3 where it is taken', async (context) => {
  const repository = await create(context)
  const labels: (string | null)[] = []
  for (const text of ['1', '2', '3']) {
    repository.write({ data: { a: text } })
    labels.push((await repository.add('data', { as: 'dataset/x' })).label)
  }
  const [first = ''] = labels
  assert.equal(first, '2026-11-21-04-44-50')
  assert.deepEqual(labels, [first, `${first}-2`, `${first}-3`])
})

test('the same content under its label again is no new version, also when newer ones came', async (context) => {
  const repository = await create(context)
  const first = await repository.addData({ a: '1' }, { label: 'v1', noLock: true })
  await repository.addData({ a: '2' }, { label: 'v2', noLock: true })
  const again = await repository.addData({ a: '1' }, { label: 'v1', noLock: true })
  assert.deepEqual([again.unchanged, again.digest, again.label], [true, first.digest, 'v1'])
  assert.equal((await repository.store.log('dataset/x')).length, 2)
})

test('a given label that is taken is refused, and nothing is stored', async (context) => {
  const repository = await create(context)
  const first = await repository.addData({ a: '1' }, { label: 'v1' })
  await assert.rejects(repository.addData({ a: '2' }, { label: 'v1' }), {
    code: 'LABEL_TAKEN',
    details: { version: first.digest },
  })
  assert.equal((await repository.store.log('dataset/x')).length, 1)
})

for (const label of ['latest', 'deadbeef', 'a/b', 'a@b', '', ' x', 'x'.repeat(201), 'a\nb']) {
  test(`${JSON.stringify(label.slice(0, 20))} is no label and no alias`, async (context) => {
    const repository = await create(context)
    repository.write({ data: { a: '1' } })
    const as = 'dataset/x'
    await assert.rejects(repository.add('data', { as, label }), { code: 'INVALID_ARGUMENT' })
    await assert.rejects(repository.add('data', { as, aliases: [label] }), {
      code: 'INVALID_ARGUMENT',
    })
  })
}

test('metadata is any JSON object; what is none is refused with its place', async (context) => {
  const repository = await create(context)
  const meta = { f1: 0.93, big: 1e300, list: [1, null, { a: 'b' }], nan: Number.NaN }
  await repository.addData({ a: '1' }, { meta })
  assert.deepEqual((await repository.store.show('dataset/x')).meta, meta)
  for (const wrong of [{ $x: 1 }, { a: new Date() }, { a: undefined }, { a: 1n }]) {
    await assert.rejects(repository.addData({ a: '1' }, { meta: wrong }), {
      code: 'INVALID_ARGUMENT',
    })
  }
})

test('an input that is not there is told before anything is read', async (context) => {
  const repository = await create(context)
  repository.write({ data: { a: '1' } })
  const request = { as: 'dataset/x', inputs: ['model/none'] }
  await assert.rejects(repository.add('data', request), { code: 'NOT_FOUND' })
})

// --- lock file ------------------------------------------------------------------------------

test('the lock file and .gitignore speak of the path, once', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  const added = await repository.addData({ a: '1' })
  await repository.addData({ a: '2' })
  await repository.addData({ a: '1' })
  const { digest, label, root } = await repository.store.show('dataset/x')
  assert.deepEqual(repository.lockLines(), [
    { path: 'data', artifact: 'dataset/x', label, version: digest, root },
  ])
  assert.equal(added.locked, true)
  assert.equal(repository.text('.gitignore'), '/.mlstore\n/data\n')
  repository.write({ 'odd  name': { b: '1' } })
  await repository.add('odd  name', { as: 'dataset/y' })
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['data', 'odd  name'],
  )
  assert.equal(
    repository.git('status', '--short', '--untracked-files=all'),
    '?? .gitignore\n?? mlstore.lock\n',
  )
})

test('without git there is a lock file and no .gitignore', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1' })
  assert.equal(repository.lockLines().length, 1)
  assert.equal(repository.text('.gitignore'), undefined)
})

test('--no-lock leaves both alone', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  const added = await repository.addData({ a: '1' }, { noLock: true })
  assert.equal(added.locked, false)
  assert.deepEqual(repository.lockLines(), [])
  assert.equal(repository.text('.gitignore'), '/.mlstore\n')
})

test('a path outside of the repository is stored, and the lock says nothing of it', async (context) => {
  const repository = await create(context)
  const elsewhere = await create(context)
  elsewhere.write({ 'model.bin': 'weights' })
  const added = await repository.add(elsewhere.at('model.bin'), { as: 'model/x' })
  assert.equal(added.locked, false)
  assert.deepEqual(repository.lockLines(), [])
})

test('in a subfolder paths are relative to it, and the lock stands at the root of the repository', async (context) => {
  const repository = await TestRepository.create(context, { git: true })
  repository.write({ sub: { data: { a: '1' } } })
  const store = await repository.open({ cwd: repository.at('sub') })
  const [added] = await store.add({ paths: ['data'], as: 'dataset/x' })
  assert.equal(added?.locked, true)
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['sub/data'],
  )
})

test('without a path every locked path that changed is added, and no other', async (context) => {
  const repository = await create(context)
  repository.write({ a: { x: '1' }, b: { x: '1' }, c: { x: '1' }, 'd.bin': '1' })
  for (const name of ['a', 'b', 'c', 'd.bin']) await repository.add(name, { as: `data/${name}` })
  repository.environment.clock.turn(60)
  repository.write({ b: { y: '2' }, 'd.bin': '22' })
  rmSync(repository.at('c'), { recursive: true })
  const added = await repository.store.add({ paths: [], aliases: ['wip'] })
  assert.deepEqual(
    added.map(({ path, artifact, unchanged, aliases }) => ({ path, artifact, unchanged, aliases })),
    [
      { path: 'b', artifact: 'data/b', unchanged: false, aliases: ['wip'] },
      { path: 'd.bin', artifact: 'data/d.bin', unchanged: false, aliases: ['wip'] },
    ],
  )
  assert.deepEqual(await repository.store.add({ paths: [] }), [])
  await assert.rejects(repository.store.add({ paths: [], as: 'model/x' }), {
    code: 'INVALID_ARGUMENT',
  })
})

test('a renamed folder keeps its bytes and gets a line of its own', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1'.repeat(1000) })
  renameSync(repository.at('data'), repository.at('moved'))
  const added = await repository.add('moved', { as: 'dataset/x' })
  assert.deepEqual([added.unchanged, added.newBytes], [true, 0])
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['data', 'moved'],
  )
})

test('two stores make the same root of the same files', async (context) => {
  const [one, other] = [
    await create(context),
    await TestRepository.create(context, { seed: '7', user: 'bob' }),
  ]
  const [a, b] = [await one.addData(odd), await other.addData(odd)]
  assert.equal(a.root, b.root)
  assert.notEqual(a.digest, b.digest)
  assert.deepEqual(listFolder(one.at('data')), listFolder(other.at('data')))
})

test('adding from inside the added folder, and the folder of the store, works', async (context) => {
  const repository = await create(context)
  mkdirSync(repository.at('data'))
  writeFileSync(repository.at('data', 'a'), '1')
  const store = await repository.open({ cwd: repository.at('data') })
  const [added] = await store.add({ paths: ['.'], as: 'dataset/x' })
  assert.equal(added?.files, 1)
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['data'],
  )
})
