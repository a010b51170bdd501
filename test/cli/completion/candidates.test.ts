/** What the shells offer for a half-typed line. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { cli, failing } from '../fake-shell.ts'
import { experimentListing, runId, runSummary } from '../run-samples.ts'
import { unnamed, version } from '../samples.ts'

const answers = {
  listArtifacts: [
    { artifact: 'model/resnet', versions: 2, latest: 'v12', sizeBytes: 1 },
    { artifact: 'dataset/coco', versions: 1, latest: null, sizeBytes: 1 },
  ],
  listRemotes: [{ name: 'origin', url: 's3://b/p' }],
  listAliases: [{ artifact: 'model/resnet', alias: 'prod', from: null, to: null, label: 'v12' }],
  log: [version, unnamed],
  searchRuns: { runs: [runSummary], nextPageToken: null },
  listExperiments: [experimentListing],
}

/** Candidates for the words; the last is the one being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const outcome = await cli(['--get-yargs-completions', ...words], { answers })
  assert.equal(outcome.exitCode, 0)
  return outcome.stdout
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']))
}

test('offers commands, with what they do', async () => {
  assert.deepEqual(await offered('re'), ['related', 'relabel', 'restore', 'remote', 'reindex'])
  const { stdout } = await cli(['--get-yargs-completions', 'relab'])
  assert.equal(stdout, 'relabel\tGive a version another label\n')
})

test('offers subcommands, hidden ones left out', async () => {
  assert.deepEqual(await offered('alias', ''), ['set', 'rm', 'list', 'log', 'reset'])
  assert.deepEqual(await offered('git', ''), ['install'])
})

test('offers subcommands beside what a command takes that is a group as well', async () => {
  assert.deepEqual(await offered('lineage', ''), ['model/resnet', 'dataset/coco', 'add'])
  assert.deepEqual(await offered('lineage', '--u'), ['--up'])
  assert.deepEqual(await offered('lineage', 'model/resnet', '--format', 'd'), ['dot'])
  assert.deepEqual(await offered('lineage', 'add', 'model/resnet', 'd'), ['dataset/coco'])
})

test('offers options of the command and the global ones', async () => {
  assert.deepEqual(await offered('log', '--n'), ['--number', '--no-progress'])
  assert.deepEqual(await offered('--js'), ['--json'])
  assert.ok((await offered('remote', 'add', '--')).includes('--endpoint-url'))
})

test('offers artifacts, and after @ aliases, labels and digests', async () => {
  assert.deepEqual(await offered('get', 'mod'), ['model/resnet'])
  assert.deepEqual(await offered('get', '-o', 'out', ''), ['model/resnet', 'dataset/coco'])
  assert.deepEqual(await offered('get', 'model/resnet@'), [
    'model/resnet@prod',
    'model/resnet@v12',
    `model/resnet@${unnamed.digest.slice(0, 12)}`,
  ])
  assert.deepEqual(await offered('get', 'model/resnet@p'), ['model/resnet@prod'])
})

test('offers runs by name and id, and experiments', async () => {
  const id = runId.slice(0, 12)
  assert.deepEqual(await offered('run', 'show', ''), ['brave-otter', id])
  assert.deepEqual(await offered('run', 'compare', 'brave-otter', id.slice(0, 4)), [id])
  assert.deepEqual(await offered('run', 'end', runId.slice(0, 20)), [runId.slice(0, 20)])
  assert.deepEqual(await offered('run', 'list', '--experiment', ''), ['sweep'])
  assert.deepEqual(await offered('run', 'list', '--format', ''), ['table', 'json', 'csv'])
})

test('offers remotes where one is named, then references', async () => {
  assert.deepEqual(await offered('push', ''), ['origin'])
  assert.deepEqual(await offered('push', 'origin', 'mo'), ['model/resnet'])
  assert.deepEqual(await offered('push', 'origin', 'model/resnet', 'da'), ['dataset/coco'])
  assert.deepEqual(await offered('fsck', '--remote', ''), ['origin'])
})

test('offers the choices of an option and of a positional', async () => {
  assert.deepEqual(await offered('remote', 'add', '--sse', 'aws'), ['aws:kms', 'aws:kms:dsse'])
  assert.deepEqual(await offered('completion', ''), ['bash', 'zsh', 'fish'])
})

test('offers nothing, so file names, for paths, free text and unknown commands', async () => {
  assert.deepEqual(await offered('add', ''), [])
  assert.deepEqual(await offered('add', 'x', '--label', ''), [])
  assert.deepEqual(await offered('frob', ''), [])
  assert.deepEqual(await offered('alias', 'frob', ''), [])
  assert.deepEqual(await offered('show', 'model/resnet', ''), [])
})

test('offers nothing and says nothing when there is no store', async () => {
  const openStore = failing('STORE_MISSING', 'No store.')
  const outcome = await cli(['--get-yargs-completions', 'get', ''], { library: { openStore } })
  assert.deepEqual([outcome.exitCode, outcome.stdout, outcome.stderr], [0, '', ''])
})
