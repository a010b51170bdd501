/** Making, finding and opening stores: what is refused, and who sees what when. */

import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { cloneStore, initStore, openStore } from '../../src/store/open.ts'
import { asOrdinaryUser, runGit, testEnvironment, TestRepository } from '../support/store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

// --- init -----------------------------------------------------------------------------------

test('init makes a store once, and leaves the one that is there', async (context) => {
  const environment = testEnvironment(temporaryFolder(context))
  const made = await initStore('deep/new', environment)
  assert.deepEqual([made.created, made.store], [true, join(environment.cwd, 'deep/new/.mlstore')])
  assert.deepEqual(await initStore('deep/new', environment), { ...made, created: false })
  assert.equal(existsSync(join(environment.cwd, 'deep/new/.gitignore')), false)
})

test('two that make one store at once make the same', async (context) => {
  const folder = temporaryFolder(context)
  const [one, other] = await Promise.all([
    initStore('.', testEnvironment(folder, 'anna', '1')),
    initStore('.', testEnvironment(folder, 'bob', '2')),
  ])
  assert.equal(one.storeId, other.storeId)
  assert.notEqual(one.created, other.created)
})

test('inside a git repository init puts the store into .gitignore, by its path', async (context) => {
  const environment = testEnvironment(temporaryFolder(context))
  runGit(environment.cwd, 'init', '--quiet')
  await initStore('project', environment)
  assert.equal(readFileSync(join(environment.cwd, '.gitignore'), 'utf8'), '/project/.mlstore\n')
  assert.equal(
    runGit(environment.cwd, 'status', '--short', '--untracked-files=all'),
    '?? .gitignore\n',
  )
})

// --- finding --------------------------------------------------------------------------------

test('a store is found from any folder below it, and by its name', async (context) => {
  const repository = await TestRepository.create(context)
  repository.write({ a: { b: {} } })
  const elsewhere = temporaryFolder(context)
  for (const options of [
    { cwd: repository.at('a/b') },
    { cwd: 'a' },
    { cwd: elsewhere, storeDirectory: repository.folder },
    { cwd: elsewhere, storeDirectory: repository.at('.mlstore') },
  ]) {
    assert.equal((await repository.open(options)).directory, repository.at('.mlstore'))
  }
})

test('outside of a store nothing is found, and it is said what to do', async (context) => {
  const environment = testEnvironment(temporaryFolder(context))
  const expected = { code: 'STORE_MISSING', hint: /mlstore init/ }
  await assert.rejects(openStore({ environment }), expected)
  await assert.rejects(openStore({ environment, storeDirectory: 'nowhere' }), expected)
  await assert.rejects(openStore({ environment, createBesideConfig: true }), expected)
})

test('beside an mlstore.json with remotes the store is made when that is asked for', async (context) => {
  const environment = testEnvironment(temporaryFolder(context))
  const { cwd } = environment
  mkdirSync(join(cwd, 'sub'))
  writeFileSync(join(cwd, 'mlstore.json'), '{"remotes":{"origin":{"url":"file:///a"}}}')
  await assert.rejects(openStore({ environment }), { code: 'STORE_MISSING', hint: /mlstore pull/ })
  await using store = await openStore({ environment, cwd: 'sub', createBesideConfig: true })
  assert.equal(store.directory, join(cwd, '.mlstore'))
  assert.equal((await store.listRemotes())[0]?.name, 'origin')
})

test('through a link it is the same store, with the same lock and paths', async (context) => {
  const repository = await TestRepository.create(context)
  const link = join(temporaryFolder(context), 'link')
  symlinkSync(repository.folder, link)
  const store = await repository.open({ cwd: link })
  repository.write({ data: { a: '1' } })
  const results = await Promise.all([
    store.add({ paths: ['data'], as: 'dataset/x', label: 'a' }),
    repository.add('data', { as: 'dataset/x', label: 'b' }),
  ])
  assert.equal(results.flat().length, 2)
  assert.deepEqual(
    repository.lockLines().map((line) => line.path),
    ['data'],
  )
})

// --- clone ----------------------------------------------------------------------------------

test('clone makes a store that knows everything, and with --all has every byte', async (context) => {
  const repository = await TestRepository.create(context)
  const settings = { url: `file://${repository.at('remote')}` }
  await repository.addData({ a: '1' }, { aliases: ['prod'] })
  await repository.store.addRemote({ name: 'origin', settings })
  await repository.store.push()
  const environment = testEnvironment(temporaryFolder(context), 'bob', '7')
  const cloned = await cloneStore({ settings, directory: 'bare' }, environment)
  assert.deepEqual([cloned.versions, cloned.bytesReceived], [1, 0])
  await using store = await openStore({ environment, storeDirectory: 'bare' })
  assert.deepEqual((await store.show('dataset/x@prod')).locations, ['origin'])
  const whole = await cloneStore({ settings, directory: 'whole', all: true }, environment)
  assert.ok(whole.bytesReceived > 0)
  await using complete = await openStore({ environment, storeDirectory: 'whole' })
  assert.deepEqual((await complete.show('dataset/x')).locations, ['local', 'origin'])
})

test('cloning what is no repository makes nothing', async (context) => {
  const environment = testEnvironment(temporaryFolder(context))
  mkdirSync(join(environment.cwd, 'empty'))
  const settings = { url: `file://${join(environment.cwd, 'empty')}` }
  await assert.rejects(cloneStore({ settings, directory: 'new' }, environment), {
    code: 'NOT_FOUND',
  })
  assert.deepEqual(readdirSync(environment.cwd), ['empty'])
})

test('cloning into a store with another origin is refused', async (context) => {
  const repository = await TestRepository.create(context)
  const settings = { url: `file://${repository.at('remote')}` }
  await repository.addData({ a: '1' })
  await repository.store.addRemote({ name: 'origin', settings })
  await repository.store.push()
  const environment = testEnvironment(temporaryFolder(context))
  await initStore('.', environment)
  await using store = await openStore({ environment })
  await store.addRemote({ name: 'origin', settings: { url: 'file:///other' } })
  await assert.rejects(cloneStore({ settings }, environment), {
    code: 'INVALID_ARGUMENT',
    message: /other/,
  })
})

test('an alias of the remote counts from the moment the remote is known', async (context) => {
  const repository = await TestRepository.create(context)
  const settings = { url: `file://${repository.at('remote')}` }
  const first = await repository.addData({ a: '1' }, { aliases: ['prod'] })
  await repository.store.addRemote({ name: 'origin', settings })
  await repository.store.push()
  const other = await TestRepository.create(context, { user: 'bob', seed: '7' })
  await other.store.addRemote({ name: 'origin', settings })
  await other.store.fetch()
  assert.equal((await other.store.show('dataset/x@prod')).digest, first.digest)
})

// --- several at once ------------------------------------------------------------------------

test('two handles on one store see each other without being opened again', async (context) => {
  const repository = await TestRepository.create(context)
  const other = await repository.open()
  assert.deepEqual(await other.listArtifacts(), [])
  const added = await repository.addData({ 'a.txt': 'a' })
  assert.deepEqual(
    (await other.log('dataset/x')).map(({ digest }) => digest),
    [added.digest],
  )
  await other.setAlias('dataset/x', 'prod')
  assert.deepEqual((await repository.store.show('dataset/x')).aliases, ['prod'])
  await other.get({ reference: 'dataset/x@prod', output: 'out' })
  assert.deepEqual(repository.list('out'), { 'a.txt': 'file a' })
})

test('many adds at once through several handles all become versions', async (context) => {
  const repository = await TestRepository.create(context)
  const names = Array.from({ length: 9 }, (_, index) => `f${index}`)
  repository.write(Object.fromEntries(names.map((name) => [name, name])))
  await Promise.all(
    names.map(async (name) => {
      const store = await repository.open()
      await store.add({ paths: [name], as: 'model/x', label: name })
    }),
  )
  const labels = (await repository.store.log('model/x')).map(({ label }) => label ?? '')
  assert.deepEqual(
    labels.toSorted((a, b) => a.localeCompare(b)),
    names,
  )
  assert.deepEqual(
    repository.lockLines().map(({ path }) => path),
    names,
  )
})

test('a store that is busy is told after the time-out', async (context) => {
  const repository = await TestRepository.create(context)
  await repository.store.setConfig('lock.timeout-ms', '50')
  const { WriterLock } = await import('../../src/catalog/writer-lock.ts')
  const { clock, ids } = repository.environment
  const path = repository.at('.mlstore/lock.sqlite')
  using _held = await new WriterLock(path, { clock, ids, owner: 'bob@elsewhere' }).acquire({
    timeoutMs: 0,
  })
  await assert.rejects(repository.addData({ a: '1' }), {
    code: 'STORE_LOCKED',
    message: /bob@elsewhere/,
  })
})

// --- what is wrong with the store -----------------------------------------------------------

test('a store of a newer format is refused, naming both formats', async (context) => {
  const repository = await TestRepository.create(context)
  const format = JSON.parse(repository.text('.mlstore/format.json') ?? '')
  repository.write({ '.mlstore': { 'format.json': JSON.stringify({ ...format, format: 2 }) } })
  await assert.rejects(repository.open(), { code: 'FORMAT_UNSUPPORTED', message: /format 2/ })
})

for (const text of [
  '',
  '{',
  '[]',
  '{"format":1}',
  '{"format":0,"storeId":"x"}',
  '{"format":"1"}',
]) {
  test(`a format.json of ${JSON.stringify(text)} is damage`, async (context) => {
    const repository = await TestRepository.create(context)
    repository.write({ '.mlstore': { 'format.json': text } })
    await assert.rejects(repository.open(), { code: 'CORRUPT', message: /format\.json/ })
  })
}

test('a store whose making was interrupted is made by the next init', async (context) => {
  const repository = await TestRepository.create(context)
  rmSync(repository.at('.mlstore/format.json'))
  await assert.rejects(repository.open(), { code: 'CORRUPT', message: /mlstore init/ })
  assert.equal((await initStore('.', repository.environment)).created, true)
})

test('a damaged catalog is told by the first use, with the way out', async (context) => {
  const repository = await TestRepository.create(context)
  const { digest } = await repository.addData({ a: '1' })
  await repository.store.close()
  for (const name of readdirSync(repository.at('.mlstore'))) {
    if (name.startsWith('index.sqlite-')) rmSync(repository.at('.mlstore', name))
  }
  writeFileSync(repository.at('.mlstore/index.sqlite'), 'x'.repeat(10_000))
  const store = await repository.open()
  await assert.rejects(store.log('dataset/x'), { code: 'CORRUPT', hint: /mlstore reindex/ })
  await store.reindex()
  assert.equal((await store.show('dataset/x')).digest, digest)
})

test('a catalog that was deleted comes back by itself', async (context) => {
  const repository = await TestRepository.create(context)
  await repository.addData({ a: '1' })
  await repository.store.close()
  for (const name of readdirSync(repository.at('.mlstore'))) {
    if (name.startsWith('index.sqlite')) rmSync(repository.at('.mlstore', name))
  }
  const store = await repository.open()
  await store.get({ reference: 'dataset/x', output: 'out' })
  assert.deepEqual(repository.list('out'), { a: 'file 1' })
})

test('a damaged note of what was written is told, with the way out', async (context) => {
  const repository = await TestRepository.create(context)
  await repository.addData({ a: '1' })
  for (const text of ['', '[]', '{"roots":[]}']) {
    repository.write({ '.mlstore': { 'worktree.json': text } })
    await assert.rejects(repository.store.get({ reference: 'dataset/x' }), {
      code: 'CORRUPT',
      message: /worktree\.json/,
      hint: /Delete it/,
    })
  }
})

test('what writers that died left behind is swept by the next writer, and no more', async (context) => {
  const repository = await TestRepository.create(context)
  const id = '0'.repeat(32)
  const [dead, foreign] = [`box-4194304-1-${id}`, `elsewhere-1-1-${id}`]
  const folders = ['.mlstore', '.mlstore/tmp', '.mlstore/journal', '.']
  for (const folder of folders) {
    for (const name of [dead, foreign, `${dead}.txt`])
      writeFileSync(repository.at(folder, name), '')
  }
  writeFileSync(repository.at('.mlstore/tmp', `.mlstore-tmp-${dead}+clock`), '')
  await repository.addData({ a: '1' })
  for (const folder of folders) {
    const left = readdirSync(repository.at(folder)).filter((name) => name.includes(id))
    assert.deepEqual(left.sort(), [`${dead}.txt`, foreign].sort(), folder)
  }
})

// --- a store that cannot be written ---------------------------------------------------------

test('a read-only store is read as it is, and says so when it is to be written', async (context) => {
  const repository = await TestRepository.create(context)
  await repository.addData({ 'a.txt': 'a'.repeat(100_000), b: 'b' }, { label: 'v1' })
  await repository.store.close()
  await asOrdinaryUser(repository.folder, async () => {
    for (const folder of ['.mlstore', '.mlstore/tmp', '.mlstore/journal', '.mlstore/packs']) {
      chmodSync(repository.at(folder), 0o555)
    }
    const store = await repository.open()
    assert.equal((await store.log('dataset/x'))[0]?.label, 'v1')
    assert.deepEqual((await store.show('dataset/x')).locations, ['local'])
    assert.equal((await store.status()).paths[0]?.state, 'unchanged')
    repository.write({ data: { b: 'changed' } })
    assert.deepEqual(
      (await store.diff('dataset/x', 'data')).changed.map(({ path }) => path),
      ['b'],
    )
    for await (const piece of store.cat('dataset/x:b'))
      assert.equal(Buffer.from(piece).toString(), 'b')
    await store.get({ reference: 'dataset/x', output: 'out', noLock: true })
    assert.equal(repository.text('out/b'), 'b')
    await assert.rejects(store.add({ paths: ['data'] }), { code: 'REFUSED' })
    await assert.rejects(store.setAlias('dataset/x', 'prod'), { code: 'REFUSED' })
    chmodSync(repository.at('.mlstore'), 0o755)
  })
})
