/** What every repository of packages promises: see src/ports/package-repository.ts. */

import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import type { PackageFile, PackageId } from '../../src/core/packages/package.ts'
import { parseModelType } from '../../src/core/packages/model-type.ts'
import { MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import type { PackageRepository, UploadedPackage } from '../../src/ports/package-repository.ts'
import { silentProgress } from '../../src/ports/progress.ts'
import { findPackageFiles } from '../../src/store/packages/package-files.ts'
import { collect } from '../../src/store/packages/read-ahead.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { writeFolder } from '../worktree/folder-spec.ts'

export type RepositoryUnderTest = {
  readonly repository: PackageRepository
  /** What the repository is called. */
  readonly name: string
}

const modelType = parseModelType({
  framework: 'torch',
  framework_version: '2.3',
  serialization_format: 'safetensors',
  runtime: 'python',
  runtime_version: '3.12',
})

class World {
  readonly folder: string
  readonly #subject: RepositoryUnderTest

  constructor(folder: string, subject: RepositoryUnderTest) {
    this.folder = folder
    this.#subject = subject
  }

  get repository(): PackageRepository {
    return this.#subject.repository
  }

  id(version: string, name = 'resnet', namespace?: string): PackageId {
    return { kind: 'model', repository: this.#subject.name, namespace, name, version }
  }

  upload(id: Omit<PackageId, 'version'> & { version?: string }): Promise<UploadedPackage> {
    const path = join(this.folder, 'model')
    const dependencies = [join(this.folder, 'req.txt')]
    const { files } = findPackageFiles(new NodeFileSystem(), { kind: 'model', path, dependencies })
    const work = { progress: silentProgress.start('upload') }
    return this.repository.upload({ ...id, files, modelType, properties: { a: 'b' } }, work)
  }

  async bytes(id: PackageId, path: string): Promise<string> {
    const opened = await this.repository.open(id, { parts: ['files'] })
    const file = opened.info.files.find((each: PackageFile) => each.path === path)
    assert.ok(file)
    return Buffer.from(await collect(opened.read(file))).toString()
  }
}

const code = (wanted: string) => (error: unknown) =>
  error instanceof MlstoreError && error.code === wanted

/** Declares the tests of one implementation; `start` makes an empty repository. */
export function packageRepositoryContract(
  kind: string,
  start: (t: TestContext) => Promise<RepositoryUnderTest>,
): void {
  const world = async (t: TestContext): Promise<World> => {
    const folder = temporaryFolder(t)
    writeFolder(folder, { model: { 'a.bin': 'aaaa', sub: { 'b.bin': 'bb' } }, 'req.txt': 'numpy' })
    return new World(folder, await start(t))
  }

  test(`${kind}: what was uploaded is described and read back`, async (t) => {
    const it = await world(t)
    const id = it.id('1.0', 'resnet', 'vision')
    const { version, namespace, files, sizeBytes } = await it.upload(id)
    assert.deepEqual([version, namespace, files, sizeBytes], ['1.0', 'vision', 3, 11])
    const { info } = await it.repository.open(id)
    assert.deepEqual(
      info.files.map(({ part, path, sizeBytes: size }) => [part, path, size]),
      [
        ['files', 'a.bin', 4],
        ['files', 'sub/b.bin', 2],
        ['dependencies', 'req.txt', 5],
      ],
    )
    assert.deepEqual([info.name, info.namespace, info.version], ['resnet', 'vision', '1.0'])
    assert.deepEqual([info.modelType, info.sizeBytes], [modelType, 11])
    assert.equal(await it.bytes(id, 'sub/b.bin'), 'bb')
  })

  test(`${kind}: a version never changes, and the same again sends nothing`, async (t) => {
    const it = await world(t)
    const first = await it.upload(it.id('1.0'))
    const again = await it.upload(it.id('1.0'))
    assert.deepEqual([again.unchanged, again.digest], [true, first.digest])
    assert.deepEqual([again.sentBytes, again.reusedBytes], [0, 11])
    writeFileSync(join(it.folder, 'model/a.bin'), 'xxxx')
    await assert.rejects(it.upload(it.id('1.0')), code('LABEL_TAKEN'))
    assert.equal(await it.bytes(it.id('1.0'), 'a.bin'), 'aaaa')
  })

  test(`${kind}: without a version it is named by the time`, async (t) => {
    const it = await world(t)
    const { version: _version, ...id } = it.id('')
    const { version } = await it.upload(id)
    assert.match(version, /^\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d$/)
    assert.equal(await it.bytes(it.id(version), 'a.bin'), 'aaaa')
  })

  test(`${kind}: with and without a namespace are two packages`, async (t) => {
    const it = await world(t)
    await it.upload(it.id('1.0', 'resnet', 'vision'))
    await assert.rejects(it.repository.open(it.id('1.0', 'resnet')), code('NOT_FOUND'))
    await assert.rejects(it.repository.open(it.id('1.0', 'resnet', 'audio')), code('NOT_FOUND'))
    await assert.rejects(it.repository.open(it.id('2.0', 'resnet', 'vision')), code('NOT_FOUND'))
    await it.upload(it.id('1.0', 'resnet'))
    const { kind: what, repository } = it.id('')
    const all = await it.repository.list({ kind: what, repository })
    const names = all.map(({ namespace, name, version }) => [namespace, name, version])
    assert.deepEqual(names, [
      [null, 'resnet', '1.0'],
      ['vision', 'resnet', '1.0'],
    ])
    const query = { kind: what, repository, namespace: 'vision', name: 'resnet' }
    assert.equal((await it.repository.list(query)).length, 1)
  })

  test(`${kind}: a file that changes meanwhile leaves no version behind`, async (t) => {
    const it = await world(t)
    const path = join(it.folder, 'model')
    const fs = new NodeFileSystem()
    const found = findPackageFiles(fs, { kind: 'model', path, dependencies: [] })
    writeFileSync(join(path, 'sub/b.bin'), 'longer than before')
    const upload = { ...it.id('1.0'), ...found, modelType, properties: {} }
    const work = { progress: silentProgress.start('upload') }
    await assert.rejects(it.repository.upload(upload, work), code('FILE_CHANGED'))
    await assert.rejects(it.repository.open(it.id('1.0')), code('NOT_FOUND'))
    assert.ok(existsSync(path))
  })

  test(`${kind}: an upload that is interrupted leaves no version behind`, async (t) => {
    const it = await world(t)
    const path = join(it.folder, 'model')
    const { files } = findPackageFiles(new NodeFileSystem(), {
      kind: 'model',
      path,
      dependencies: [],
    })
    const aborting = new AbortController()
    const progress = { ...silentProgress.start('upload'), advance: () => aborting.abort() }
    const upload = { ...it.id('1.0'), files, modelType, properties: {} }
    const work = { progress, signal: aborting.signal }
    await assert.rejects(it.repository.upload(upload, work), code('INTERRUPTED'))
    await assert.rejects(it.repository.open(it.id('1.0')), code('NOT_FOUND'))
  })
}
