/** Searching a store: versions, artifacts and runs, a page at a time. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { TestRepository } from '../support/store.ts'

/** Five versions of three artifacts. */
async function repositoryWithVersions(context: TestContext): Promise<TestRepository> {
  const repository = await TestRepository.create(context)
  const names = ['model/a', 'model/b', 'dataset/a', 'model/a', 'model/a']
  for (const [i, as] of names.entries()) {
    repository.environment.clock.turn(60)
    repository.write({ file: `content ${i}` })
    await repository.add('file', { as, label: `v${i}`, noLock: true, meta: { f1: i / 10 } })
  }
  await repository.store.setTags('model/a', { team: 'vision' })
  await repository.store.setTags('model/a@v3', { stage: 'prod' })
  await repository.store.setAlias('model/b@v1', 'prod')
  return repository
}

const labels = (rows: readonly { readonly label: string | null }[]): (string | null)[] =>
  rows.map(({ label }) => label)

test('versions come a page at a time, and what is added meanwhile moves nothing', async (context) => {
  const repository = await repositoryWithVersions(context)
  const { store } = repository
  const request = { query: 'meta.f1 >= 0', type: 'model', limit: 2 }
  const first = await store.searchVersions(request)
  assert.deepEqual(labels(first.versions), ['v4', 'v3'])
  repository.write({ file: 'new' })
  await repository.add('file', { as: 'model/a', label: 'v9', noLock: true, meta: { f1: 1 } })
  const pageToken = first.nextPageToken ?? assert.fail()
  const second = await store.searchVersions({ ...request, pageToken })
  assert.deepEqual(labels(second.versions), ['v1', 'v0'])
  assert.equal(second.nextPageToken, null)
  assert.deepEqual(labels(await store.search('', { type: 'dataset' })), ['v2'])
  const otherType = { ...request, type: 'dataset', pageToken }
  await assert.rejects(store.searchVersions(otherType), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(store.searchVersions({ limit: 0 }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(
    store.searchVersions({ query: 'colour = red' }),
    /\n {2}colour = red\n {2}\^/,
  )
})

test('artifacts are found by name, type, tags, aliases and what is in them', async (context) => {
  const { store } = await repositoryWithVersions(context)
  const find = async (query: string, type?: string): Promise<string[]> =>
    (await store.searchArtifacts({ query, type })).artifacts.map(({ artifact }) => artifact)
  assert.deepEqual(await find(''), ['dataset/a', 'model/a', 'model/b'])
  assert.deepEqual(await find('', 'model'), ['model/a', 'model/b'])
  assert.deepEqual(await find('a'), ['dataset/a', 'model/a'])
  assert.deepEqual(await find('name = a and type = model'), ['model/a'])
  assert.deepEqual(await find("tags.team = 'vision'"), ['model/a'])
  assert.deepEqual(await find("tags.team != 'vision'"), [])
  assert.deepEqual(await find('tags.team is null'), ['dataset/a', 'model/b'])
  assert.deepEqual(await find('alias = prod'), ['model/b'])
  assert.deepEqual(await find('versions > 1 or size < 1'), ['model/a'])
  assert.deepEqual(await find('order by updated desc'), ['model/a', 'dataset/a', 'model/b'])
  assert.deepEqual(await find('order by versions desc, name desc limit 2'), ['model/a', 'model/b'])
  await assert.rejects(find('metrics.f1 > 1'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(find('colour = red'), { code: 'INVALID_ARGUMENT' })
  const [page] = (await store.searchArtifacts({ query: 'model/a', limit: 1 })).artifacts
  assert.deepEqual(page, {
    artifact: 'model/a',
    versions: 3,
    latest: 'v4',
    sizeBytes: 27,
    tags: { team: 'vision' },
  })
  const first = await store.searchArtifacts({ limit: 2 })
  const rest = await store.searchArtifacts({ limit: 2, pageToken: first.nextPageToken ?? '' })
  assert.deepEqual(
    [first.artifacts.length, rest.artifacts.length, rest.nextPageToken],
    [2, 1, null],
  )
})

test('runs are found with their params, metrics and tags, and in their experiments', async (context) => {
  const { store, environment } = await TestRepository.create(context)
  const ids: string[] = []
  for (const [i, experiment] of ['digits', 'digits', 'letters'].entries()) {
    environment.clock.turn(60)
    const run = await store.startRun({ experiment, name: `run-${i}`, params: { lr: i / 10 } })
    run.logMetrics({ acc: i === 1 ? Number.NaN : i })
    run.tag({ host: 'box' })
    await run.end()
    ids.push(run.id)
  }
  const { runs, nextPageToken } = await store.searchRuns({ query: 'params.lr >= 0.1', limit: 1 })
  assert.equal(runs.length, 1)
  assert.notEqual(nextPageToken, null)
  const { run, experiment, params, metrics, tags, status, stale } = runs[0] ?? assert.fail()
  assert.deepEqual(
    { run, experiment, params, metrics, status, stale, host: tags['host'] },
    {
      run: ids[2],
      experiment: 'letters',
      params: { lr: '0.2' },
      metrics: { acc: 2 },
      status: 'FINISHED',
      stale: false,
      host: 'box',
    },
  )
  const names = async (request: Parameters<typeof store.searchRuns>[0]): Promise<string[]> =>
    (await store.searchRuns(request)).runs.map((row) => row.name)
  assert.deepEqual(await names({ experiments: ['digits'] }), ['run-1', 'run-0'])
  const { experimentId } = runs[0] ?? assert.fail()
  assert.deepEqual(await names({ experiments: [experimentId] }), ['run-2'])
  // Ids of a test begin with zeros.
  const several = names({ experiments: [experimentId.slice(0, 8)] })
  await assert.rejects(several, { code: 'AMBIGUOUS_REFERENCE' })
  assert.deepEqual(await names({ query: 'order by metrics.acc' }), ['run-0', 'run-2', 'run-1'])
  await store.removeRuns(['run-0'])
  assert.deepEqual(await names({ experiments: ['digits'] }), ['run-1'])
  assert.deepEqual(await names({ view: 'removed', experiments: ['digits'] }), ['run-0'])
  assert.deepEqual((await names({ view: 'all' })).length, 3)
  await assert.rejects(names({ experiments: ['nothing'] }), { code: 'NOT_FOUND' })
})
