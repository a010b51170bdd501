/** Looking without changing: references, `ls`, `log`, `show`, `cat`, `diff`, `search`. */

import assert from 'node:assert/strict'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'

import type { ListRequest } from '../../src/store/requests.ts'
import type { ListedFile } from '../../src/store/results.ts'
import type { Store } from '../../src/store/store.ts'
import { seededBytes } from '../support/seeded-data.ts'
import { TestRepository } from '../support/store.ts'

const create = (context: TestContext): Promise<TestRepository> => TestRepository.create(context)

async function list(store: Store, request: ListRequest): Promise<ListedFile[]> {
  const files: ListedFile[] = []
  for await (const file of store.listFiles(request)) files.push(file)
  return files
}

const pathsOf = (files: readonly { readonly path: string }[]): string[] =>
  files.map(({ path }) => path)

async function read(store: Store, reference: string): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.cat(reference)) pieces.push(piece)
  return Buffer.concat(pieces)
}

// --- references -----------------------------------------------------------------------------

test('a version is found by alias, label, and start of its digest', async (context) => {
  const repository = await create(context)
  const { digest } = await repository.addData({ a: '1' }, { label: 'v1', aliases: ['prod'] })
  await repository.addData({ a: '2' })
  const { store } = repository
  for (const selector of [
    'v1',
    'prod',
    digest,
    digest.slice(0, 8),
    digest.slice(0, 12).toUpperCase(),
  ]) {
    assert.equal((await store.show(`dataset/x@${selector}`)).digest, digest, selector)
  }
  assert.notEqual((await store.show('dataset/x')).digest, digest)
  assert.notEqual((await store.show('dataset/x@latest')).digest, digest)
})

test('a reference that matches nothing says what there is', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1' }, { label: 'v1' })
  const { store } = repository
  await assert.rejects(store.show('dataset/x@v2'), {
    code: 'NOT_FOUND',
    message: /"v2"/,
    hint: /v1/,
  })
  await assert.rejects(store.show(`dataset/x@${'0'.repeat(12)}`), { code: 'NOT_FOUND' })
  await assert.rejects(store.show('dataset/y'), { code: 'NOT_FOUND', hint: /dataset\/x/ })
  await assert.rejects(store.show('model/x'), { code: 'NOT_FOUND', hint: /dataset\/x/ })
  await assert.rejects(store.show('other/y'), { code: 'NOT_FOUND', hint: /mlstore ls/ })
  for (const text of ['', 'x', 'dataset/x@', 'dataset/x@a/b', 'dataset/x:../a']) {
    await assert.rejects(store.show(text), { code: 'INVALID_ARGUMENT' }, text)
  }
})

test('a reference that matches several lists them', async (context) => {
  const repository = await create(context)
  const { store } = repository
  const remote = `file://${repository.at('remote')}`
  const other = await TestRepository.create(context, { seed: '7', user: 'bob' })
  for (const each of [repository, other]) {
    await each.store.addRemote({ name: 'origin', settings: { url: remote } })
    each.write({ data: { a: each.environment.user } })
    await each.add('data', { as: 'dataset/x' })
    await each.store.push()
  }
  await store.fetch()
  const label = '2026-11-21-04-44-50'
  const digests = (await store.log('dataset/x')).map(({ digest }) => digest)
  assert.equal(digests.length, 2)
  await assert.rejects(store.show(`dataset/x@${label}`), (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error)
    assert.equal(error.code, 'AMBIGUOUS_REFERENCE')
    for (const digest of digests) assert.match(error.message, new RegExp(digest.slice(0, 12)))
    return true
  })
})

// --- ls, log, show --------------------------------------------------------------------------

const folder = {
  'a.txt': 'aa',
  'a-b': { x: '' },
  a: { 'c.txt': 'c', b: { 'd.txt': 'dddd' } },
  link: { link: 'a.txt' },
  run: { text: '#!', exec: true },
}

test('ls lists a folder, in tree order, or everything below it', async (context) => {
  const repository = await create(context)
  await repository.addData(folder)
  const { store } = repository
  const top = await list(store, { reference: 'dataset/x' })
  assert.deepEqual(
    top.map(({ path, kind, sizeBytes }) => [path, kind, sizeBytes]),
    [
      ['a', 'directory', 5],
      ['a-b', 'directory', 0],
      ['a.txt', 'file', 2],
      ['link', 'link', 0],
      ['run', 'file', 2],
    ],
  )
  assert.equal(top.find(({ path }) => path === 'link')?.target, 'a.txt')
  assert.equal(top.find(({ path }) => path === 'run')?.executable, true)
  assert.deepEqual(pathsOf(await list(store, { reference: 'dataset/x:a' })), ['a/b', 'a/c.txt'])
  const below = await list(store, { reference: 'dataset/x:a/', recursive: true })
  assert.deepEqual(pathsOf(below), ['a/b', 'a/b/d.txt', 'a/c.txt'])
  assert.deepEqual(pathsOf(await list(store, { reference: 'dataset/x:a.txt' })), ['a.txt'])
  await assert.rejects(list(store, { reference: 'dataset/x:none' }), {
    code: 'NOT_FOUND',
    message: /none/,
  })
  await assert.rejects(list(store, { reference: 'dataset/x:a.txt/b' }), { code: 'NOT_FOUND' })
})

test('artifacts are listed by name, with versions, size and newest label', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1' }, { label: 'v1' })
  await repository.addData({ a: '22' }, { label: 'v2' })
  repository.write({ m: 'm' })
  await repository.add('m', { as: 'model/deep/m', label: 'm1' })
  const { store } = repository
  assert.deepEqual(await store.listArtifacts(), [
    { artifact: 'dataset/x', versions: 2, latest: 'v2', sizeBytes: 3 },
    { artifact: 'model/deep/m', versions: 1, latest: 'm1', sizeBytes: 1 },
  ])
  assert.deepEqual((await store.listArtifacts({ type: 'model' })).length, 1)
})

test('log is newest first, begins where it is told, and ends after so many', async (context) => {
  const repository = await create(context)
  for (const text of ['1', '2', '3']) await repository.addData({ a: text }, { label: `v${text}` })
  const { store } = repository
  const labels = async (...[reference, options]: Parameters<Store['log']>): Promise<unknown> =>
    (await store.log(reference, options)).map(({ label }) => label)
  assert.deepEqual(await labels('dataset/x'), ['v3', 'v2', 'v1'])
  assert.deepEqual(await labels('dataset/x', { limit: 2 }), ['v3', 'v2'])
  assert.deepEqual(await labels('dataset/x', { limit: 0 }), [])
  assert.deepEqual(await labels('dataset/x@v2'), ['v2', 'v1'])
  assert.deepEqual(await labels('dataset/x@v2', { limit: 1 }), ['v2'])
})

test('show says everything about a version', async (context) => {
  const repository = await create(context)
  const said = { label: 'v1', aliases: ['prod'], tags: { stage: 'x' }, meta: { f1: 0.5 } }
  const { digest, root } = await repository.addData({ a: '1' }, said)
  assert.deepEqual(await repository.store.show('dataset/x'), {
    artifact: 'dataset/x',
    label: 'v1',
    digest,
    root,
    createdAt: '2026-11-21T05:44:50.000Z',
    by: 'anna',
    files: 1,
    sizeBytes: 1,
    aliases: ['prod'],
    tags: { stage: 'x' },
    run: null,
    shape: 'tree',
    meta: { f1: 0.5 },
    madeBy: [],
    code: null,
    inputs: [],
    usedBy: {
      aliases: [{ alias: 'prod', at: '2026-11-21T05:44:50.000Z', by: 'anna', reason: null }],
      versions: [],
      runs: [],
    },
    attachments: [],
    removed: false,
    locations: ['local'],
  })
})

// --- cat ------------------------------------------------------------------------------------

test('cat gives the bytes of a file: small, empty, of many chunks, or the only one', async (context) => {
  const repository = await create(context)
  const big = seededBytes('big', 700_000)
  await repository.addData({ small: 's', empty: '', deep: { 'big.bin': '' } })
  writeFileSync(repository.at('data/deep/big.bin'), big)
  await repository.addData({})
  const { store } = repository
  assert.equal((await read(store, 'dataset/x:small')).toString(), 's')
  assert.equal((await read(store, 'dataset/x:empty')).length, 0)
  assert.ok((await read(store, 'dataset/x:deep/big.bin')).equals(big))
  await repository.add('data/deep/big.bin', { as: 'model/big' })
  assert.ok((await read(store, 'model/big')).equals(big))
})

test('cat of a folder, a link and what is not there is refused', async (context) => {
  const repository = await create(context)
  await repository.addData(folder)
  const { store } = repository
  for (const path of ['', ':a', ':link']) {
    await assert.rejects(read(store, `dataset/x${path}`), { code: 'INVALID_ARGUMENT' }, path)
  }
  await assert.rejects(read(store, 'dataset/x:none'), { code: 'NOT_FOUND' })
  await assert.rejects(read(store, 'dataset/x:a.txt/b'), { code: 'NOT_FOUND' })
})

// --- diff -----------------------------------------------------------------------------------

test('diff tells what was added, removed, changed and renamed', async (context) => {
  const repository = await create(context)
  await repository.addData(
    { ...folder, moved: { 'm.txt': 'moved content' }, gone: 'g' },
    { label: 'v1' },
  )
  repository.write({ data: { 'a.txt': 'changed', 'new.txt': 'n' } })
  rmSync(repository.at('data/gone'))
  renameSync(repository.at('data/moved'), repository.at('data/elsewhere'))
  await repository.addData({}, { label: 'v2' })
  const { store } = repository
  const found = await store.diff('dataset/x@v1', 'dataset/x@v2')
  assert.deepEqual(
    {
      added: pathsOf(found.added),
      removed: pathsOf(found.removed),
      changed: found.changed.map(({ path, before, after }) => [
        path,
        before.sizeBytes,
        after.sizeBytes,
      ]),
      renamed: found.renamed,
      sizeBytes: found.sizeBytes,
    },
    {
      added: ['new.txt'],
      removed: ['gone'],
      changed: [['a.txt', 2, 7]],
      renamed: [{ from: 'moved', to: 'elsewhere', sizeBytes: 13 }],
      sizeBytes: 8,
    },
  )
  const back = await store.diff('dataset/x@v2', 'dataset/x@v1')
  assert.deepEqual([pathsOf(back.added), pathsOf(back.removed)], [['gone'], ['new.txt']])
})

test('diff compares a version with the working tree, and two folders of it', async (context) => {
  const repository = await create(context)
  await repository.addData({ 'a.txt': 'content of a', b: 'b' })
  const { store } = repository
  const none = { added: [], removed: [], changed: [], renamed: [], sizeBytes: 0 }
  assert.deepEqual(await store.diff('dataset/x', 'data'), none)
  renameSync(repository.at('data/a.txt'), repository.at('data/z.txt'))
  repository.write({ data: { b: 'bb' } })
  const found = await store.diff('dataset/x', './data')
  assert.deepEqual(found.renamed, [{ from: 'a.txt', to: 'z.txt', sizeBytes: 12 }])
  assert.deepEqual(pathsOf(found.changed), ['b'])
  repository.write({ copy: { b: 'bb' } })
  symlinkSync('copy', repository.at('to copy'))
  assert.deepEqual(pathsOf((await store.diff('to copy', 'data')).added), ['z.txt'])
  assert.equal((await store.log('dataset/x')).length, 1)
})

test('diff of one file, and of what is neither a path nor a version', async (context) => {
  const repository = await create(context)
  repository.write({ 'm.bin': 'one' })
  await repository.add('m.bin', { as: 'model/m' })
  repository.write({ 'm.bin': 'two!' })
  const found = await repository.store.diff('model/m', 'm.bin')
  assert.deepEqual(
    found.changed.map(({ path, after }) => [path, after.sizeBytes]),
    [['m.bin', 4]],
  )
  await assert.rejects(repository.store.diff('model/m', 'no/such'), { code: 'NOT_FOUND' })
  await assert.rejects(repository.store.diff('model/m', '/dev/null'), { code: 'INVALID_ARGUMENT' })
})

// --- search ---------------------------------------------------------------------------------

test('search finds versions by name, tag and metadata, newest first', async (context) => {
  const repository = await create(context)
  await repository.addData({ a: '1' }, { label: 'v1', meta: { f1: 0.91 }, tags: { stage: 'prod' } })
  await repository.addData({ a: '2' }, { label: 'v2', meta: { f1: 0.95 } })
  repository.write({ m: 'm' })
  await repository.add('m', { as: 'model/m', label: 'm1', meta: { f1: 0.99 } })
  const { store } = repository
  const labels = async (...[query, options]: Parameters<Store['search']>): Promise<unknown> =>
    (await store.search(query, options)).map(({ label }) => label)
  assert.deepEqual(await labels(''), ['m1', 'v2', 'v1'])
  assert.deepEqual(await labels('', { type: 'dataset' }), ['v2', 'v1'])
  assert.deepEqual(await labels("tags.stage = 'prod' and meta.f1 > 0.9"), ['v1'])
  assert.deepEqual(await labels('meta.f1 > 0.92'), ['m1', 'v2'])
  await assert.rejects(store.search('meta.f1 >'), { code: 'INVALID_ARGUMENT' })
})
