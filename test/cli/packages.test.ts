/** `mlstore model` and `mlstore dataset`, typed: with a real store, and with an Artifactory. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import type { Environment } from '../../src/store/environment.ts'
import { initStore, openStore } from '../../src/store/open.ts'
import { ArtifactoryServer } from '../support/artifactory-server.ts'
import { SequentialIds } from '../support/sequential-ids.ts'
import { runGit } from '../support/store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { listFolder, writeFolder } from '../worktree/folder-spec.ts'
import { cli, type Outcome, type World } from './fake-shell.ts'

const type = JSON.stringify({
  framework: 'torch',
  framework_version: '2.3',
  serialization_format: 'pt',
  runtime: 'python',
  runtime_version: '3.12',
})

class Session {
  readonly folder: string
  readonly #env: World['env']
  readonly #ids: SequentialIds

  constructor(folder: string, env: World['env'] = {}, ids = new SequentialIds('c')) {
    this.folder = folder
    this.#env = env
    this.#ids = ids
    writeFolder(folder, { resnet: { 'a.pt': 'aaaa', '.gitkeep': '' }, 'req.txt': 'numpy' })
  }

  /** The same session with other variables. */
  with(env: World['env']): Session {
    return new Session(this.folder, env, this.#ids)
  }

  /** Words are separated by single spaces; `TYPE` is the JSON of a type. */
  run(line: string): Promise<Outcome> {
    const words = line.split(' ').map((word) => (word === 'TYPE' ? type : word))
    const real = (environment: Environment): Environment => ({ ...environment, ids: this.#ids })
    const library: World['library'] = {
      initStore: (directory, environment) => initStore(directory, real(environment)),
      openStore: (options) => openStore({ ...options, environment: real(options.environment) }),
    }
    return cli(words, { cwd: this.folder, library, ...(this.#env && { env: this.#env }) })
  }

  async json(line: string): Promise<unknown> {
    const { exitCode, stdout, stderr } = await this.run(`${line} --json`)
    assert.equal(exitCode, 0, stderr)
    const document: unknown = JSON.parse(stdout)
    return document
  }
}

async function sessionInStore(t: TestContext): Promise<Session> {
  const session = new Session(temporaryFolder(t))
  await session.run('init')
  const { exitCode } = await session.run(`remote add main file://${temporaryFolder(t)} --local`)
  assert.equal(exitCode, 0)
  return session
}

const name = '-r main -n resnet --namespace vision --version 1.0'

test('a model is uploaded, listed, shown and downloaded', async (t) => {
  const session = await sessionInStore(t)
  const options = '--model-type TYPE --property split=train --dependency req.txt'
  const uploaded = await session.run(`model upload resnet ${name} ${options}`)
  assert.equal(uploaded.exitCode, 0, uploaded.stderr)
  assert.match(uploaded.stdout, /^vision\/resnet@1\.0 {2}[0-9a-f]{12} {2}2 files, 9 B, 0 B reused/)
  assert.equal(uploaded.stderr, 'Left out: .gitkeep.\n')
  const again = await session.run(`model upload resnet ${name} ${options}`)
  assert.match(again.stdout, /2 files, 9 B, unchanged/)
  assert.deepEqual(await session.json('model list -r main'), [
    { namespace: 'vision', name: 'resnet', versions: 1, latest: '1.0' },
  ])
  const versions = await session.run('model list -r main -n resnet --namespace vision')
  assert.match(versions.stdout, /^VERSION .*\n1\.0 .* 2 .* 9 B\n$/)
  const info = await session.run(`model info ${name}`)
  assert.match(info.stdout, /framework +torch\n[^]*properties +split=train\n[^]*req\.txt/)
  const manifest = await session.run(`model info ${name} --manifest`)
  assert.match(manifest.stdout, /"artifact_path": "a\.pt"/)
  const down = await session.run(`model download out ${name} --dependencies deps`)
  assert.match(down.stdout, /^vision\/resnet@1\.0 -> out {2}2 files, 9 B/)
  assert.deepEqual(Object.keys(listFolder(join(session.folder, 'out'))), ['a.pt'])
  assert.deepEqual(Object.keys(listFolder(join(session.folder, 'deps'))), ['req.txt'])
})

test('a data set is uploaded and downloaded', async (t) => {
  const session = await sessionInStore(t)
  const options = '-r main -n coco --property split=train'
  const uploaded = await session.json(`dataset upload req.txt ${options}`)
  assert.ok(typeof uploaded === 'object' && uploaded !== null && 'version' in uploaded)
  assert.match(String(uploaded.version), /^\d{4}(-\d\d){5}$/)
  const version = `-r main -n coco --version ${String(uploaded.version)}`
  const { exitCode } = await session.run(`dataset download out ${version}`)
  assert.equal(exitCode, 0)
  assert.deepEqual(Object.keys(listFolder(join(session.folder, 'out'))), ['req.txt'])
  assert.match((await session.run(`dataset info ${version}`)).stdout, /^coco@/)
  assert.match((await session.run('dataset list -r main')).stdout, /coco/)
})

test('exit codes tell what went wrong', async (t) => {
  const session = await sessionInStore(t)
  const upload = `model upload resnet ${name} --model-type TYPE`
  assert.equal((await session.run(`model upload resnet ${name}`)).exitCode, 2)
  assert.equal((await session.run(`model upload resnet -n a --model-type TYPE`)).exitCode, 2)
  assert.equal((await session.run(`model upload absent ${name} --model-type TYPE`)).exitCode, 2)
  assert.equal((await session.run(`${upload} --property a`)).exitCode, 2)
  assert.equal((await session.run(`model info ${name}`)).exitCode, 3)
  assert.equal((await session.run(upload)).exitCode, 0)
  writeFileSync(join(session.folder, 'resnet/a.pt'), 'other')
  assert.equal((await session.run(upload)).exitCode, 4)
  assert.equal((await session.run(`model download resnet ${name}`)).exitCode, 4)
  assert.equal((await session.run(`model download resnet ${name} --overwrite`)).exitCode, 0)
})

test('without a remote the note says that the version is only here', async (t) => {
  const session = new Session(temporaryFolder(t))
  runGit(session.folder, 'init', '--quiet')
  await session.run('init')
  const { stderr } = await session.run(`model upload resnet ${name} --model-type TYPE`)
  assert.match(stderr, /in this store only/)
})

test('an Artifactory is named by a URL, or by JF_URL where there is no store', async (t) => {
  const server = await ArtifactoryServer.start(t, { authorization: 'Bearer t0ken' })
  const env = { JF_URL: server.url, JF_ACCESS_TOKEN: 't0ken' }
  const session = new Session(temporaryFolder(t), env)
  const options = '-n resnet --version 1.0 --model-type TYPE'
  for (const place of [
    '-r first',
    `-r second --url ${server.url}`,
    `-r ${server.url}/artifactory/third`,
  ]) {
    const { exitCode, stderr } = await session.run(`model upload resnet ${place} ${options}`)
    assert.equal(exitCode, 0, stderr)
  }
  const places = [...server.manifests.keys()]
  const version = 'models/resnet/1.0'
  assert.deepEqual(places, [`first/${version}`, `second/${version}`, `third/${version}`])
  const down = await session.run(`model download out -r first -n resnet --version 1.0`)
  assert.equal(down.exitCode, 0, down.stderr)
  assert.match((await session.run('model list -r first -n resnet')).stdout, /^VERSION[^]*\n1\.0 /)
})

test('with a store, JF_URL is for repositories that are no remote of it', async (t) => {
  const server = await ArtifactoryServer.start(t)
  const env = { JF_URL: server.url, JF_ACCESS_TOKEN: 't0ken' }
  const inStore = await sessionInStore(t)
  const session = inStore.with(env)
  const options = '-n resnet --version 1.0 --model-type TYPE'
  assert.equal((await session.run(`model upload resnet -r main ${options}`)).exitCode, 0)
  assert.equal(server.asked.length, 0)
  assert.equal((await session.run(`model upload resnet -r other ${options}`)).exitCode, 0)
  assert.deepEqual([...server.manifests.keys()], ['other/models/resnet/1.0'])
})

test('without credentials it is said where they were looked for', async (t) => {
  const session = new Session(temporaryFolder(t))
  const { exitCode, stderr } = await session.run(`model list -r main --url http://127.0.0.1:1`)
  assert.equal(exitCode, 3)
  assert.match(stderr, /JF_URL/)
})
