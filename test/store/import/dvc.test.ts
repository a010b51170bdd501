/** `import dvc` of repositories made by hand: both layouts of the cache, remotes, damage. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { MemoryRemote } from '../../../src/remotes/memory.ts'
import { runGit, TestRepository } from '../../support/store.ts'
import { listFolder } from '../../worktree/folder-spec.ts'

const md5 = (bytes: string): string => createHash('md5').update(bytes).digest('hex')

/** A repository of DVC beside the store, with nothing but git and files. */
class Theirs {
  readonly folder: string

  constructor(repository: TestRepository) {
    this.folder = repository.at('theirs')
    mkdirSync(join(this.folder, '.dvc'), { recursive: true })
    runGit(this.folder, 'init', '--quiet', '--initial-branch=main')
    this.write('.gitignore', '/.dvc/cache\n')
    this.write('.dvc/config', '')
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }

  /** Puts bytes into the cache; answers their md5. */
  cache(bytes: string, name: string = md5(bytes), root = '.dvc/cache/files/md5'): string {
    this.write(`${root}/${name.slice(0, 2)}/${name.slice(2)}`, bytes)
    return name
  }

  /** Says in a `.dvc` file what a path is. */
  track(path: string, name: string, more = 'hash: md5'): void {
    this.write(
      `${path}.dvc`,
      `outs:\n- md5: ${name}\n  path: ${path.split('/').at(-1)}\n  ${more}\n`,
    )
  }

  cacheFolder(files: Readonly<Record<string, string>>): string {
    const list = Object.entries(files).map(([relpath, bytes]) => ({
      md5: this.cache(bytes),
      relpath,
    }))
    const text = JSON.stringify(list)
    return this.cache(text, `${md5(text)}.dir`)
  }

  commit(message: string): void {
    runGit(this.folder, 'add', '--all')
    runGit(this.folder, 'commit', '--quiet', `--message=${message}`)
  }
}

async function make(
  context: TestContext,
): Promise<{ readonly repository: TestRepository; readonly theirs: Theirs }> {
  const repository = await TestRepository.create(context)
  return { repository, theirs: new Theirs(repository) }
}

test('each content of a path is a version, oldest first, labelled by tags', async (context) => {
  const { repository, theirs } = await make(context)
  const { store } = repository
  for (const text of ['one', 'two', 'one', 'three']) {
    theirs.track('sub/model.bin', theirs.cache(text))
    theirs.commit(text)
    if (text === 'two') runGit(theirs.folder, 'tag', 'v2')
  }
  const before = listFolder(theirs.folder)
  const first = await store.importDvc({ path: 'theirs/sub', allCommits: true, type: 'model' })
  assert.deepEqual([first.versions, first.notes], [3, []])
  const versions = await store.log('model/sub/model.bin')
  assert.equal(versions[1]?.label, 'v2')
  await store.get({ reference: 'model/sub/model.bin', output: 'out', noLock: true })
  assert.equal(repository.text('out'), 'three')
  const { events } = await store.importDvc({ path: 'theirs', allCommits: true, type: 'model' })
  assert.equal(events, 0)
  assert.deepEqual(listFolder(theirs.folder), before)
  assert.deepEqual((await store.fsck()).problems, [])
})

test('without --all-commits only what the working tree names comes in', async (context) => {
  const { repository, theirs } = await make(context)
  theirs.track('data', theirs.cacheFolder({ a: '1', 'b/c': '2', 'b/empty': '' }))
  theirs.commit('one')
  theirs.track('data', theirs.cacheFolder({ a: '1', 'b/d': '3' }))
  const { versions } = await repository.store.importDvc({ path: 'theirs' })
  assert.equal(versions, 1)
  await repository.store.get({ reference: 'data/data', output: 'out', noLock: true })
  assert.deepEqual(Object.keys(repository.list('out')).sort(), ['a', 'b', 'b/d'])
})

test('stages of dvc.lock know what their outputs were made from', async (context) => {
  const { repository, theirs } = await make(context)
  const [raw, model] = [theirs.cache('raw'), theirs.cache('model')]
  const stages = `
  train:
    cmd: python train.py
    deps: [{path: raw.csv, md5: ${raw}, hash: md5}, {path: train.py, md5: ${md5('code')}}]
    outs: [{path: model.pkl, md5: ${model}, hash: md5}]
  prepare:
    outs: [{path: raw.csv, md5: ${raw}, hash: md5}]
`
  theirs.write('dvc.lock', `schema: '2.0'\nstages:${stages}`)
  theirs.commit('one')
  await repository.store.importDvc({ path: 'theirs', allCommits: true })
  const [input] = (await repository.store.show('data/model.pkl')).inputs
  assert.equal(input?.version, (await repository.store.show('data/raw.csv')).digest)
})

test('a cache of DVC 2 is read, with the md5 that it took of text', async (context) => {
  const { repository, theirs } = await make(context)
  const text = 'a\r\nb\rc\r\n'
  const name = theirs.cache(text, md5('a\nb\rc\n'), '.dvc/cache')
  theirs.track('x.txt', name, 'size: 7')
  const { versions, notes } = await repository.store.importDvc({ path: 'theirs' })
  assert.deepEqual([versions, notes], [1, []])
  await repository.store.get({ reference: 'data/x.txt', output: 'out', noLock: true })
  assert.equal(repository.text('out'), text)
})

test('what is not in the cache comes from the remote or the working tree', async (context) => {
  const { repository, theirs } = await make(context)
  theirs.write('.dvc/config', '[core]\n    remote = nas\n[\'remote "nas"\']\n    url = ../../nas\n')
  const big = 'x'.repeat(300_000)
  repository.write({ nas: {} })
  const stored = theirs.cache(big, md5(big), '../nas/files/md5')
  theirs.track('stored', stored)
  theirs.track('beside', md5(`${big}y`))
  theirs.write('beside', `${big}y`)
  theirs.track('changed', md5('before'))
  theirs.write('changed', 'after')
  const { versions, notes } = await repository.store.importDvc({ path: 'theirs' })
  assert.equal(versions, 2)
  assert.equal(notes.length, 1)
  assert.match(notes[0] ?? '', /^changed .*dvc fetch/)
})

test('a remote that is a server is read in ranges, or said to be out of reach', async (context) => {
  const { repository, theirs } = await make(context)
  const remote = new MemoryRemote(repository.environment.clock)
  const environment = { ...repository.environment, remoteSchemes: { memory: () => remote } }
  const store = await repository.open({ environment })
  const big = 'x'.repeat(17 * 1024 * 1024)
  theirs.track('big', md5(big))
  theirs.write('.dvc/config', '[core]\nremote = r\n[\'remote "r"\']\nurl = ssh://host/dvc\n')
  const { notes } = await store.importDvc({ path: 'theirs' })
  assert.equal(notes.length, 2)
  theirs.write('.dvc/config.local', '[\'remote "r"\']\nurl = memory://dvc\n')
  await remote.put(`files/md5/${md5(big).slice(0, 2)}/${md5(big).slice(2)}`, Buffer.from(big))
  const fetched = await store.importDvc({ path: 'theirs' })
  assert.deepEqual([fetched.versions, fetched.notes], [1, []])
})

test('damaged content is left out and said; mended, it comes in', async (context) => {
  const { repository, theirs } = await make(context)
  for (const size of [5, 500_000]) {
    const bytes = 'z'.repeat(size)
    theirs.track(`size-${size}`, theirs.cache(`${bytes}!`, md5(bytes)))
  }
  const damaged = await repository.store.importDvc({ path: 'theirs' })
  assert.deepEqual([damaged.versions, damaged.notes.length], [0, 2])
  for (const size of [5, 500_000]) theirs.cache('z'.repeat(size))
  const mended = await repository.store.importDvc({ path: 'theirs' })
  assert.deepEqual([mended.versions, mended.notes], [2, []])
  assert.deepEqual((await repository.store.fsck()).problems, [])
})

test('a dry run says what would come in, and nothing comes in', async (context) => {
  const { repository, theirs } = await make(context)
  theirs.track('x', theirs.cache('x'))
  const dry = await repository.store.importDvc({ path: 'theirs', dryRun: true })
  assert.deepEqual([dry.versions, dry.bytes, dry.dryRun], [1, 1, true])
  assert.deepEqual(await repository.store.listArtifacts(), [])
})

test('a file that DVC cannot have written is said and passed over', async (context) => {
  const { repository, theirs } = await make(context)
  theirs.write('broken.dvc', 'outs: [\n')
  theirs.write('import.dvc', 'outs:\n- path: s3://bucket/x\n  etag: abc\n')
  theirs.track('x', theirs.cache('x'))
  const { versions, notes } = await repository.store.importDvc({ path: 'theirs' })
  assert.deepEqual([versions, notes.length], [1, 2])
})

test('a path in a folder list that leads outside is refused', async (context) => {
  const { repository, theirs } = await make(context)
  theirs.track('data', theirs.cacheFolder({ '../evil': 'x' }))
  await assert.rejects(repository.store.importDvc({ path: 'theirs' }), { code: 'INVALID_ARGUMENT' })
})

test('outside of a repository of DVC it says so', async (context) => {
  const repository = await TestRepository.create(context)
  await assert.rejects(repository.store.importDvc(), { code: 'NOT_FOUND' })
  mkdirSync(repository.at('.dvc'))
  const wanted = repository.store.importDvc({ allCommits: true })
  await assert.rejects(wanted, { code: 'NOT_FOUND' })
  rmSync(repository.at('.dvc'), { recursive: true })
})
