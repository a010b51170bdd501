/** `search`, `log`, `deployed`, `related` and `winner` as a person and a program see them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Answers, cli, digest } from './fake-shell.ts'
import { runSummary } from './run-samples.ts'
import { version, winner } from './samples.ts'

async function screen(line: string, answers: Answers): Promise<string[]> {
  const { stdout, stderr, exitCode } = await cli(line, { answers })
  assert.equal(exitCode, 0, stderr)
  return stdout.split('\n').slice(0, -1)
}

const short = (name: string): string => digest(name).slice(0, 12)
const quoted = { ...version, tags: { note: 'a "b",\nc', stage: '=1+1' }, run: null }

test('search prints CSV with a column for every tag, and leaves values as they are', async () => {
  const { stdout } = await cli('search --format csv', {
    answers: {
      searchVersions: { versions: [quoted, { ...version, by: null }], nextPageToken: null },
    },
  })
  const fixed = (by: string): string =>
    `model/resnet,v12,${digest('v12')},${digest('root')},2026-11-21T04:44:50.123Z,${by},3,102236160,,prod staging`
  assert.equal(
    stdout,
    'artifact,label,digest,root,createdAt,by,files,sizeBytes,run,aliases,tags.note,tags.stage\r\n' +
      `${fixed('anna')},"a ""b"",\nc",=1+1\r\n` +
      `${fixed('')},,prod\r\n`,
  )
})

test('search says on stderr how to go on, and keeps stdout to what was found', async () => {
  const answers = { searchVersions: { versions: [version], nextPageToken: 'abc' } }
  for (const form of ['', ' --json', ' --format csv']) {
    const { stdout, stderr } = await cli(`search -n 1${form}`, { answers })
    assert.equal(stderr, 'There are more: --page-token abc\n')
    assert.ok(!stdout.includes('abc'))
  }
  const { stdout } = await cli('search -n 1 --json', { answers })
  assert.deepEqual(JSON.parse(stdout), [JSON.parse(JSON.stringify(version))])
})

test('search shows artifacts with their tags', async () => {
  const artifact = {
    artifact: 'model/x',
    versions: 2,
    latest: null,
    sizeBytes: 1024,
    tags: { a: '1' },
  }
  const answers = { searchArtifacts: { artifacts: [artifact], nextPageToken: null } }
  assert.deepEqual(await screen('search --kind artifacts', answers), [
    'ARTIFACT  VERSIONS     SIZE  LATEST  TAGS',
    'model/x          2  1.0 KiB  -       a=1',
  ])
  const { stdout } = await cli('search --kind artifacts --format csv', { answers })
  assert.equal(stdout, 'artifact,versions,latest,sizeBytes,tags.a\r\nmodel/x,2,,1024,1\r\n')
})

test('search shows runs as run list does', async () => {
  const answers = { searchRuns: { runs: [runSummary], nextPageToken: null } }
  assert.deepEqual(await screen('search --kind runs', answers), await screen('run list', answers))
})

test('search and log refuse options that mean nothing together', async () => {
  for (const line of [
    'search --experiment e',
    'search --kind artifacts --removed',
    'search --kind runs --type model',
    'search --kind runs --all --removed',
    'search --kind nothing',
    'log m/x --query size>5',
    'log run:3f9a --before',
  ]) {
    const { exitCode, stdout } = await cli(line, { answers: {} })
    assert.deepEqual([exitCode, stdout], [2, ''], line)
  }
})

test('deployed shows the version, what says so, and every move', async () => {
  const move = { at: '2026-11-21T04:44:50.123Z', by: 'ben', reason: 'f1\n0.95' }
  const deployed = {
    artifact: 'model/resnet',
    name: 'prod',
    version,
    via: 'alias',
    history: [{ ...move, from: null, to: version.digest }],
  }
  assert.deepEqual(await screen('deployed model/resnet', { deployed }), [
    `model/resnet@v12  ${short('v12')}  by alias prod`,
    '',
    'AT                    BY   FROM  TO            REASON',
    `2026-11-21T04:44:50Z  ben  -     ${short('v12')}  f1\\n0.95`,
  ])
  const staged = { ...deployed, via: 'stage', history: [] }
  assert.deepEqual(await screen('deployed model/resnet', { deployed: staged }), [
    `model/resnet@v12  ${short('v12')}  by stage=prod`,
  ])
  const none = { ...deployed, version: null, via: null, history: [] }
  assert.deepEqual(await screen('deployed model/resnet', { deployed: none }), [
    'No version of model/resnet is prod.',
  ])
})

test('related names the version and what it is tied to, or exits 3', async () => {
  const related = { version, of: digest('model') }
  assert.deepEqual(await screen('related m/x job', { latestRelated: related }), [
    `model/resnet@v12  ${short('v12')}  2026-11-21T04:44:50Z, tied to ${short('model')}`,
  ])
  const { exitCode, stderr } = await cli('related m/x job', { answers: { latestRelated: null } })
  assert.equal(exitCode, 3)
  assert.match(stderr, /Lineage ties nothing of type "job" to m\/x/)
})

test('winner names the run, how good it is, who chose it and why, or exits 3', async () => {
  const summary = { ...runSummary, name: 'brave-otter', experiment: 'digits' }
  assert.deepEqual(await screen('winner m/x', { winner: { ...winner, summary } }), [
    `brave-otter is the winner of model/resnet@${short('v12')}`,
    `  run         ${winner.run}`,
    '  experiment  digits',
    '  metric      val/acc = 0.93 (max)',
    '  reason      for release 3',
    '  chosen      2026-11-21T04:44:50Z by anna',
  ])
  const named = { ...winner, metric: null, goal: null, value: null, reason: null }
  assert.deepEqual(await screen('winner set m/x --run 3f9a', { chooseWinner: named }), [
    `3f9a3f9a3f9a is the winner of model/resnet@${short('v12')}`,
    `  run     ${winner.run}`,
    '  chosen  2026-11-21T04:44:50Z by anna',
  ])
  const { exitCode, stderr } = await cli('winner m/x', { answers: { winner: null } })
  assert.equal(exitCode, 3)
  assert.match(stderr, /mlstore winner set m\/x --metric METRIC/)
})
