/** `import mlflow`: both layouts give the same runs, once, whatever happened in between. */

import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'

import type { Store } from '../../../src/store/store.ts'
import { TestRepository } from '../../support/store.ts'
import {
  type StoreSpec,
  startTime,
  type WriteStore,
  writeFileStore,
  writeSqliteStore,
} from './mlflow-stores.ts'

const one = '11111111111111111111111111111111'
const two = '22222222222222222222222222222222'
const gone = '33333333333333333333333333333333'

const sample: StoreSpec = {
  experiments: { 0: { name: 'Default' }, 7: { name: 'digits' }, 8: { name: 'old', removed: true } },
  runs: [
    {
      id: one,
      experiment: '7',
      name: '1e5',
      params: { lr: '0.10', 'nested/key': 'true', empty: '' },
      tags: { 'mlflow.note.content': 'a note', 'mlflow.source.git.commit': 'abc' },
      metrics: {
        loss: [1, 0.5, 0.25].map((value, step) => [value, step, startTime + step]),
        odd: [Number.NaN, Infinity, -Infinity].map((value, i) => [value, i, startTime]),
        'same/step': [3, 1, 2].map((value) => [value, 0, startTime]),
      },
      files: { 'model/MLmodel': 'flavors: {}', 'plot.png': 'png' },
    },
    { id: two, experiment: '7', tags: { 'mlflow.parentRunId': one }, status: 'RUNNING' },
    { id: gone, experiment: '7', removed: true, status: 'FAILED' },
  ],
  models: [
    {
      name: 'net',
      tags: { team: 'vision' },
      aliases: { champion: 1 },
      versions: [
        { run: one, path: 'model', stage: 'Production', tags: { k: 'v' } },
        { run: one, path: 'plot.png' },
      ],
    },
  ],
}

const layouts: Readonly<Record<string, WriteStore>> = {
  'file store': writeFileStore,
  'sqlite store': writeSqliteStore,
}

async function values(store: Store, run: string, key: string): Promise<number[]> {
  const { points } = await store.metricHistory({ run, key })
  return points.map(({ value }) => value)
}

async function make(
  context: Parameters<typeof TestRepository.create>[0],
  write: WriteStore,
  spec: StoreSpec = sample,
): Promise<{ readonly repository: TestRepository; readonly path: string }> {
  const repository = await TestRepository.create(context)
  mkdirSync(repository.at('theirs'))
  return { repository, path: write(repository.at('theirs'), spec) }
}

for (const [name, write] of Object.entries(layouts)) {
  test(`a ${name}: runs keep ids, times, params, tags, points and files`, async (context) => {
    const { repository, path } = await make(context, write)
    const { store } = repository
    const imported = await store.importMlflow({ path })
    assert.deepEqual([imported.runs, imported.experiments, imported.points], [3, 3, 9])
    assert.deepEqual(imported.notes, [])
    const run = await store.showRun(one)
    assert.deepEqual([run.name, run.experiment, run.status], ['1e5', 'digits', 'FINISHED'])
    assert.deepEqual(run.params, { lr: '0.10', 'nested/key': 'true', empty: '' })
    assert.equal(run.startedAt, new Date(startTime).toISOString())
    assert.equal(run.durationMs, 60_000)
    assert.equal(run.note, 'a note')
    assert.equal(run.tags['mlflow.user'], 'mia')
    assert.deepEqual(run.context['git'], { commit: 'abc', dirty: false })
    assert.deepEqual(await values(store, one, 'odd'), [Number.NaN, Infinity, -Infinity])
    assert.deepEqual(await values(store, one, 'same/step'), [3, 1, 2])
    assert.deepEqual(
      run.children.map((child) => child.run),
      [two],
    )
    assert.equal(run.files.count, 2)
    assert.notEqual(run.files.version, null)
    assert.equal((await store.showRun(gone)).removed, true)
    assert.equal((await store.showRun(two)).endedAt, null)
  })

  test(`a ${name}: models keep numbers, aliases, stages, tags and their run`, async (context) => {
    const { repository, path } = await make(context, write)
    const { store } = repository
    await store.importMlflow({ path })
    const first = await store.show('model/net@v1')
    assert.deepEqual([first.run, first.aliases], [one, ['champion']])
    assert.deepEqual(first.tags, { k: 'v', stage: 'Production' })
    assert.equal(first.files, 1)
    assert.equal((await store.byNumber('model/net', 2)).name, 'model/net@v2')
    const { tags } = await store.listTags('model/net')
    assert.deepEqual(tags, { team: 'vision', 'mlflow.note.content': 'of tests' })
    await store.get({ reference: 'model/net@v2', output: 'out.png', noLock: true })
    assert.equal(repository.text('out.png'), 'png')
    const { problems } = await store.fsck()
    assert.deepEqual(problems, [])
  })

  test(`a ${name}: imported again, and after reindex, nothing is new`, async (context) => {
    const { repository, path } = await make(context, write)
    const { store } = repository
    const dry = await store.importMlflow({ path, dryRun: true })
    const imported = await store.importMlflow({ path })
    assert.deepEqual({ ...dry, dryRun: false }, imported)
    assert.equal((await store.importMlflow({ path })).events, 0)
    await store.reindex()
    assert.equal((await store.importMlflow({ path })).events, 0)
    const other = await repository.open()
    assert.equal((await other.importMlflow({ path, dryRun: true })).events, 0)
  })

  test(`a ${name}: what was changed here since stays as it is here`, async (context) => {
    const { repository, path } = await make(context, write)
    const { store } = repository
    await store.importMlflow({ path })
    await store.setTags(`run:${one}`, { 'mlflow.note.content': 'mine' })
    await store.setAlias('model/net@v2', 'champion')
    await store.removeRuns([two])
    await store.renameExperiment('digits', 'numbers')
    assert.equal((await store.importMlflow({ path })).events, 0)
    assert.equal((await store.showRun(one)).note, 'mine')
    assert.equal((await store.showRun(one)).experiment, 'numbers')
  })
}

test('a store that went on gives only what is new', async (context) => {
  const { repository, path } = await make(context, writeFileStore)
  const { store } = repository
  await store.importMlflow({ path })
  appendFileSync(`${path}/7/${one}/metrics/loss`, `${startTime + 9} 0.125 3\n${startTime} 1 0\n`)
  writeFileSync(`${path}/7/${one}/params/added`, 'late')
  const { events, points } = await store.importMlflow({ path })
  assert.deepEqual([events, points], [2, 2])
  assert.deepEqual(await values(store, one, 'loss'), [1, 1, 0.5, 0.25, 0.125])
})

test('two clones that imported the same store share one copy of it', async (context) => {
  const { repository, path } = await make(context, writeFileStore)
  const other = await TestRepository.create(context, { user: 'ben', seed: 'b' })
  const url = `file://${repository.at('shared')}`
  for (const { store } of [repository, other]) {
    await store.importMlflow({ path })
    await store.addRemote({ name: 'origin', settings: { url } })
    const { conflicts } = await store.push()
    assert.deepEqual(conflicts, [])
  }
  for (const { store } of [repository, other]) {
    await store.fetch()
    assert.deepEqual(await values(store, one, 'loss'), [1, 0.5, 0.25])
    assert.equal((await store.log('model/net')).length, 2)
    assert.equal((await store.log(`run/${one}`)).length, 1)
    assert.equal((await store.listExperiments()).length, 2)
  }
})

test('names that mlstore does not take are changed, said, and found again', async (context) => {
  const spec: StoreSpec = {
    experiments: { 0: { name: 'line\nbreak' } },
    runs: [{ id: one, files: { m: 'x' }, metrics: { 'a:b c': [[1, 0, startTime]] } }],
    models: [{ name: 'what?', aliases: { latest: 1 }, versions: [{ run: one, path: 'm' }] }],
  }
  const { repository, path } = await make(context, writeSqliteStore, spec)
  const { notes } = await repository.store.importMlflow({ path })
  assert.equal(notes.length, 3)
  assert.equal((await repository.store.showRun(one)).experiment, 'line%0Abreak')
  const shown = await repository.store.show('model/what%3F@%6Catest')
  assert.equal(shown.run, one)
  assert.equal((await repository.store.importMlflow({ path })).events, 0)
})

test('artifacts of a server are found with the folder it keeps them in, or said to be missing', async (context) => {
  const spec: StoreSpec = {
    experiments: { 0: { name: 'Default' } },
    runs: [{ id: one, files: { 'm/f': 'x' }, place: `mlflow-artifacts:/0/${one}/artifacts` }],
    models: [
      {
        name: 'net',
        aliases: { prod: 1 },
        versions: [{ run: one, path: 'm', place: `mlflow-artifacts:/0/${one}/artifacts/m` }],
      },
    ],
  }
  const { repository, path } = await make(context, writeSqliteStore, spec)
  const { store } = repository
  const without = await store.importMlflow({ path })
  assert.deepEqual([without.runs, without.versions, without.notes.length], [1, 0, 3])
  const artifacts = repository.at('theirs/artifacts-of-runs')
  const given = await store.importMlflow({ path, artifacts })
  assert.deepEqual([given.runs, given.versions, given.notes], [0, 2, []])
  assert.deepEqual((await store.show('model/net@prod')).files, 1)
})

test('a store that was moved is found where it is', async (context) => {
  const { repository, path } = await make(context, writeFileStore)
  renameSync(path, repository.at('elsewhere'))
  const { notes } = await repository.store.importMlflow({ path: 'elsewhere' })
  assert.deepEqual(notes, [])
  assert.equal((await repository.store.showRun(one)).files.count, 2)
})

test('a number that another version has already becomes the next free one', async (context) => {
  const { repository, path } = await make(context, writeFileStore)
  const { store } = repository
  repository.write({ mine: 'x' })
  const { digest } = await repository.add('mine', { as: 'model/net', label: 'v1' })
  await store.claimNumber('model/net', `model/net@${digest}`)
  const { notes } = await store.importMlflow({ path })
  assert.equal(notes.length, 2)
  assert.equal((await store.importMlflow({ path })).events, 0)
  const numbered = await Promise.all([1, 2, 3].map((n) => store.byNumber('model/net', n)))
  assert.equal(new Set(numbered.map(({ subject }) => subject)).size, 3)
})

test('a long value becomes a file of the run', async (context) => {
  const text = 'é'.repeat(20_000)
  const { repository, path } = await make(context, writeFileStore, {
    experiments: { 0: { name: 'Default' } },
    runs: [{ id: one, params: { prompt: text } }],
  })
  await repository.store.importMlflow({ path })
  const pieces: Uint8Array[] = []
  for await (const piece of repository.store.readRunFile(one, 'params/prompt.txt'))
    pieces.push(piece)
  assert.equal(Buffer.concat(pieces).toString(), text)
  assert.equal((await repository.store.importMlflow({ path })).events, 0)
})

test('damaged lines and files are passed over and said', async (context) => {
  const { repository, path } = await make(context, writeFileStore)
  appendFileSync(`${path}/7/${one}/metrics/loss`, `${startTime} what 3\n170000`)
  writeFileSync(`${path}/7/${two}/meta.yaml`, 'run_id: [\n')
  const { runs, points, notes } = await repository.store.importMlflow({ path })
  assert.deepEqual([runs, points, notes.length], [2, 9, 3])
})

test('a token in the URL of the code stays out', async (context) => {
  const key = 'mlflow.source.git.repoURL'
  const tags = { 'mlflow.source.git.commit': 'abc', [key]: 'https://me:s3cr3t@host/x.git' }
  const spec = { experiments: { 0: { name: 'Default' } }, runs: [{ id: one, tags }] }
  const { repository, path } = await make(context, writeFileStore, spec)
  await repository.store.importMlflow({ path })
  const run = await repository.store.showRun(one)
  assert.equal(run.tags[key], 'https://host/x.git')
  assert.doesNotMatch(JSON.stringify(run), /s3cr3t/)
  assert.equal((await repository.store.importMlflow({ path })).events, 0)
})

test('what is no store of MLflow is refused, and nothing is made of it', async (context) => {
  const repository = await TestRepository.create(context)
  const { store } = repository
  repository.write({ folder: { file: 'x' }, 'text.db': 'no database at all' })
  await assert.rejects(store.importMlflow({ path: 'folder' }), { code: 'NOT_FOUND' })
  await assert.rejects(store.importMlflow({ path: 'nowhere' }), { code: 'NOT_FOUND' })
  await assert.rejects(store.importMlflow({ path: 'text.db' }), { code: 'INVALID_ARGUMENT' })
})

test('an import that is interrupted goes on where it stopped', async (context) => {
  const many = Array.from({ length: 30 }, (_, i) => ({
    id: String(i).padStart(32, '0'),
    metrics: { loss: Array.from({ length: 20_000 }, (_, s) => [s, s, startTime + s] as const) },
  }))
  const spec: StoreSpec = { experiments: { 0: { name: 'Default' } }, runs: many }
  const { repository, path } = await make(context, writeFileStore, spec)
  const { store } = repository
  const stop = new AbortController()
  const importing = store.importMlflow({ path, signal: stop.signal })
  // The second batch is never written: by then the first one is here.
  const watch = setInterval(() => {
    void store.listExperiments().then(({ length }) => length > 0 && stop.abort())
  }, 5)
  await assert.rejects(importing, { code: 'INTERRUPTED' }).finally(() => clearInterval(watch))
  const rest = await store.importMlflow({ path })
  assert.ok(rest.runs > 0 && rest.runs < 30, `${rest.runs} runs were left`)
  const { length } = await values(store, many.at(-1)?.id ?? '', 'loss')
  assert.equal(length, 20_000)
  assert.equal((await store.importMlflow({ path })).events, 0)
})
