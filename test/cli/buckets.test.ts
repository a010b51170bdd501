/** `mlstore upload`, `download` and `link`, typed, with a real store and a bucket that is a folder. */

import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import type { Environment } from '../../src/store/environment.ts'
import { initStore, type OpenOptions, openStore } from '../../src/store/open.ts'
import { testEnvironment } from '../support/store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { listFolder, writeFolder } from '../worktree/folder-spec.ts'
import { cli, type Outcome } from './fake-shell.ts'

type Env = Readonly<Record<string, string | undefined>>

class Session {
  readonly folder: string
  readonly #environment: Environment

  private constructor(environment: Environment) {
    this.folder = environment.cwd
    this.#environment = environment
  }

  static async create(
    t: TestContext,
    bucket: string,
    seed: string,
    env: Env = {},
  ): Promise<Session> {
    const environment = { ...testEnvironment(temporaryFolder(t), 'anna', seed), env }
    const session = new Session(environment)
    await initStore('.', environment)
    await using store = await openStore({ environment })
    const settings = { url: bucket }
    await store.addRemote({ name: 'models', settings, local: true })
    writeFolder(session.folder, { out: { w: 'weights', sub: { c: '{}' } } })
    return session
  }

  /** Words are separated by single spaces. */
  run(line: string | readonly string[], env: Env = {}): Promise<Outcome> {
    const environment = this.#environment
    const open = (options: OpenOptions): ReturnType<typeof openStore> =>
      openStore({ ...options, environment })
    const world = {
      cwd: this.folder,
      env: { ...environment.env, ...env },
      library: { openStore: open },
    }
    return cli(line, world)
  }

  async succeed(line: string | readonly string[], env?: Env): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(line, env)
    assert.equal(exitCode, 0, stderr)
    return stdout
  }
}

const names = '-n resnet -t model --bucket models'
const outputsOf = (text: string): string[] =>
  text.split('\n').filter((line) => line.startsWith('::'))

test('upload and download carry a folder from one machine to another', async (t) => {
  const bucket = temporaryFolder(t)
  const anna = await Session.create(t, bucket, 'a', { WANDB_PROJECT: 'vision' })
  const ben = await Session.create(t, bucket, 'b', { MLSTORE_PROJECT: 'vision' })
  const uploaded = await anna.succeed(`upload out ${names} -a v1 --run-name nightly`)
  assert.equal(
    uploaded,
    [
      'Uploaded model/resnet/v1 to models  2 files, 9 B',
      '::set-output name=artifact_name::resnet',
      '::set-output name=artifact_type::model',
      '::set-output name=artifact_alias::v1',
      '',
    ].join('\n'),
  )
  assert.equal(
    await ben.succeed('download model resnet v1 --bucket models'),
    `Downloaded model/resnet/v1 -> ${ben.folder}/model/resnet/v1  2 files, 9 B\n`,
  )
  const there = listFolder(join(ben.folder, 'model', 'resnet', 'v1'))
  assert.deepEqual(there, listFolder(join(anna.folder, 'out')))
  assert.equal(
    await ben.succeed('remote ls models model/resnet/v1'),
    '       2 B  sub/c\n       7 B  w\n',
  )
  const runs = await anna.succeed('run list')
  assert.match(runs, /nightly/)
  assert.match(runs, /FINISHED/)
})

test('upload and download without a project end with exit 2 before anything is opened', async () => {
  for (const line of [
    'upload out -n resnet -t model --bucket models',
    'download model resnet v1 --bucket models',
    'link s3://raw/x -n resnet -t model',
  ]) {
    const { exitCode, calls, stdout, stderr } = await cli(line)
    assert.deepEqual({ exitCode, calls, stdout }, { exitCode: 2, calls: [], stdout: '' }, line)
    assert.match(stderr, /--project-name/)
  }
})

test('an upload must have a name and a type', async () => {
  for (const line of [
    'upload out -t model',
    'upload out -n resnet',
    'upload out -n resnet --type=',
  ]) {
    const { exitCode, calls } = await cli(`${line} --project-name vision`)
    assert.deepEqual({ exitCode, calls }, { exitCode: 2, calls: [] }, line)
  }
})

test('help lists the options of upload and download', async () => {
  const upload = await cli('upload --help')
  for (const option of ['--name', '--type', '--alias', '--project-name', '--bucket']) {
    assert.ok(upload.stdout.includes(option), option)
  }
  const download = await cli('download --help')
  for (const option of ['--destination-folder', '--run-name', '--project-name', '--bucket']) {
    assert.ok(download.stdout.includes(option), option)
  }
})

test('with --json stdout is one document, and the outputs are elsewhere', async (t) => {
  const anna = await Session.create(t, temporaryFolder(t), 'a')
  const line = `upload out ${names} -a v1 --project-name vision -s TRAIN --json`
  const { stdout, stderr, exitCode } = await anna.run(line)
  assert.equal(exitCode, 0, stderr)
  const document = JSON.parse(stdout) as Record<string, unknown>
  assert.deepEqual(
    { ...document, digest: undefined, run: undefined },
    {
      kind: 'upload',
      name: 'resnet',
      type: 'model',
      alias: 'v1',
      project: 'vision',
      artifact: 'model/vision/resnet',
      remote: 'models',
      files: 2,
      sizeBytes: 9,
      path: join(anna.folder, 'out'),
      digest: undefined,
      run: undefined,
    },
  )
  assert.deepEqual(outputsOf(stderr), [
    '::set-output name=artifact_name_TRAIN::resnet',
    '::set-output name=artifact_type_TRAIN::model',
    '::set-output name=artifact_alias_TRAIN::v1',
  ])
})

test('outputs go to the file that GITHUB_OUTPUT names', async (t) => {
  const anna = await Session.create(t, temporaryFolder(t), 'a')
  const file = join(anna.folder, 'outputs')
  writeFileSync(file, 'earlier=1\n')
  const line = `upload out ${names} -a v1 --project-name vision`
  assert.deepEqual(outputsOf(await anna.succeed(line, { GITHUB_OUTPUT: file })), [])
  assert.deepEqual(readOutputs(file), {
    earlier: '1',
    artifact_name: 'resnet',
    artifact_type: 'model',
    artifact_alias: 'v1',
  })
  const gone = await anna.run(line, { GITHUB_OUTPUT: join(anna.folder, 'none', 'outputs') })
  assert.equal(gone.exitCode, 10)
})

test('names with line ends add no outputs, in the file and in the log', async (t) => {
  const anna = await Session.create(t, temporaryFolder(t), 'a')
  const evil = 'v1\nstolen=1\n::set-output name=stolen::1\r\n%0Astolen<<EOF'
  const words = ['upload', 'out', '-n', evil, '-t', 'model', '-a', 'v1', '--bucket', 'models']
  const file = join(anna.folder, 'outputs')
  const project = ['--project-name', 'vision']
  await anna.succeed([...words, ...project], { GITHUB_OUTPUT: file })
  const expected = { artifact_name: evil, artifact_type: 'model', artifact_alias: 'v1' }
  assert.deepEqual(readOutputs(file), expected)
  const printed = await anna.succeed([...words, ...project])
  const lines = outputsOf(printed)
  assert.equal(lines.length, 3)
  assert.equal(
    lines[0],
    '::set-output name=artifact_name::v1%0Astolen=1%0A::set-output name=stolen::1%0D%0A%250Astolen<<EOF',
  )
})

test('options that come first and those with underscores mean the same', async (t) => {
  const anna = await Session.create(t, temporaryFolder(t), 'a')
  const first = '--project-name vision --bucket models --run_name nightly --job-type train'
  await anna.succeed(`${first} upload out -n resnet -t model --run_args lr=0.1 -a v1`)
  const text = await anna.succeed('run list --json')
  const runs = JSON.parse(text) as Record<string, unknown>[]
  assert.deepEqual(
    runs.map(({ name, tags, params, experiment }) => ({ name, tags, params, experiment })),
    [{ name: 'nightly', tags: { job_type: 'train' }, params: { lr: '0.1' }, experiment: 'vision' }],
  )
})

test('the hash of the run arguments counts numbers as they are written', async (t) => {
  const anna = await Session.create(t, temporaryFolder(t), 'a', { MLSTORE_PROJECT: 'vision' })
  const alias = '!run-config-hash'
  const aliasOf = async (args: string): Promise<unknown> => {
    const text = await anna.succeed(`upload out ${names} -a ${alias} ${args} --json`)
    return (JSON.parse(text) as { alias: unknown }).alias
  }
  const known = 'd366950ba6a4d1f9614496039d882700c6ba77c7a37f25b914f983818fcd758e'
  const words = ['f=1e-05', 'g=1.0', 'h=1e+20', 'i=a b'].flatMap((arg) => ['--run-args', arg])
  const line = ['upload', 'out', ...names.split(' '), '-a', alias, ...words, '--json']
  assert.equal((JSON.parse(await anna.succeed(line)) as { alias: unknown }).alias, known)
  const one = await aliasOf('--run-args lr=1')
  const float = await aliasOf('--run-args lr=1.0')
  assert.notEqual(one, float)
  await anna.succeed(`download model resnet ${alias} --run-args lr=1 --bucket models -d one`)
  assert.ok(existsSync(join(anna.folder, 'one', 'w')))
})

test('an alias is not taken away without --overwrite, and the run says that it failed', async (t) => {
  const anna = await Session.create(t, temporaryFolder(t), 'a', { MLSTORE_PROJECT: 'vision' })
  const line = `upload out ${names} -a v1`
  await anna.succeed(line)
  writeFolder(anna.folder, { out: { w: 'other weights' } })
  assert.equal((await anna.run(line)).exitCode, 4)
  assert.match(await anna.succeed('run list'), /FAILED/)
  await anna.succeed(`${line} --overwrite`)
})

test('link makes an artifact of a folder, and its download checks the bytes', async (t) => {
  const data = temporaryFolder(t)
  writeFolder(data, { 'a.csv': '1,2' })
  const anna = await Session.create(t, temporaryFolder(t), 'a', { MLSTORE_PROJECT: 'vision' })
  const linked = await anna.succeed(
    `link file://${data} -n frames -t dataset -a v1 --bucket models`,
  )
  assert.match(linked, /^Linked dataset\/frames\/v1 to what is at file:.*, on models\n::set-output/)
  await anna.succeed('download dataset frames v1 --bucket models')
  const there = join(anna.folder, 'dataset', 'frames', 'v1', 'a.csv')
  assert.equal(readFileSync(there, 'utf8'), '1,2')
  writeFolder(data, { 'a.csv': '1,3' })
  const changed = await anna.run('download dataset frames v1 --bucket models -d again')
  assert.equal(changed.exitCode, 5)
  assert.equal((await anna.run(`link file://${data}/none -n x -t y --bucket models`)).exitCode, 3)
})

/** What GitHub reads in the file. */
function readOutputs(file: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = readFileSync(file, 'utf8').split('\n')
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [, name = '', end = ''] = /^([^=]*?)<<(.*)$/.exec(line) ?? []
    const [plain = '', ...value] = line.split('=')
    if (name === '') {
      if (plain !== '') outputs[plain] = value.join('=')
      continue
    }
    const at = lines.indexOf(end)
    assert.ok(at >= 0)
    outputs[name] = lines
      .splice(0, at + 1)
      .slice(0, -1)
      .join('\n')
  }
  return outputs
}
