/**
 * Stores made by the real MLflow client, imported, and every value compared with what that client
 * reads from them. Needs the Python that `npm run test:mlflow` installs MLflow into.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import type { RunDetails, RunSummary } from '../../src/store/runs/results.ts'
import type { Store } from '../../src/store/store.ts'
import { TestRepository } from '../support/store.ts'
import { runPython } from './python.ts'

const maker = fileURLToPath(new URL('make_store.py', import.meta.url))
const noteKey = 'mlflow.note.content'

type Point = readonly [value: string, step: number, time: number]
type Texts = Readonly<Record<string, string>>

/** What make_store.py prints. */
type Made = {
  readonly experiments: readonly {
    readonly name: string
    readonly tags: Texts
    readonly removed: boolean
  }[]
  readonly runs: readonly MadeRun[]
  readonly models: readonly MadeModel[]
}

type MadeRun = {
  readonly run: string
  readonly experiment: string
  readonly name: string
  readonly status: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly removed: boolean
  readonly params: Texts
  readonly tags: Texts
  readonly metrics: Readonly<Record<string, readonly Point[]>>
  readonly files: Texts
}

type MadeModel = {
  readonly name: string
  readonly tags: Texts
  readonly description: string | null
  readonly aliases: Readonly<Record<string, number>>
  readonly versions: readonly {
    readonly number: number
    readonly run: string
    readonly createdAt: number
    readonly description: string | null
    readonly stage: string
    readonly tags: Texts
    readonly source: string
  }[]
}

/** Where the store is when it is made, and when it is imported. */
const layouts = {
  'file store': { uri: (folder: string) => `file://${folder}/mlruns`, path: 'mlruns' },
  'sqlite store': { uri: (folder: string) => `sqlite:///${folder}/mlflow.db`, path: 'mlflow.db' },
}

for (const [name, { uri, path }] of Object.entries(layouts)) {
  test(`every value of a ${name} of the real client is imported, once`, async (context) => {
    const repository = await TestRepository.create(context)
    const folder = repository.at('made')
    mkdirSync(folder)
    const made: Made = JSON.parse(await runPython(maker, [uri(folder)], folder))
    assert.ok(made.runs.length > 8)
    const imported = await repository.store.importMlflow({ path: join(folder, path) })
    assert.deepEqual(imported.notes, [])
    assert.equal(imported.runs, made.runs.length)
    assert.equal(imported.points, pointsOf(made))
    await compareAll(repository.store, made)
    const again = await repository.store.importMlflow({ path: join(folder, path) })
    assert.deepEqual([again.events, again.notes], [0, []])
    await repository.store.reindex()
    await compareAll(repository.store, made)
  })
}

test('a file store that was moved since still gives its artifacts', async (context) => {
  const repository = await TestRepository.create(context)
  const folder = repository.at('made')
  mkdirSync(folder)
  const { uri, path } = layouts['file store']
  const made: Made = JSON.parse(await runPython(maker, [uri(folder)], folder))
  renameSync(folder, repository.at('moved'))
  const imported = await repository.store.importMlflow({ path: repository.at('moved', path) })
  assert.deepEqual(imported.notes, [])
  await compareAll(repository.store, made)
})

function pointsOf({ runs }: Made): number {
  const series = runs.flatMap(({ metrics }) => Object.values(metrics))
  return series.reduce((sum, points) => sum + points.length, 0)
}

async function compareAll(store: Store, made: Made): Promise<void> {
  await compareExperiments(store, made)
  for (const run of made.runs) await compareRun(store, run)
  for (const model of made.models) await compareModel(store, model)
}

async function compareExperiments(store: Store, { experiments }: Made): Promise<void> {
  const listed = await store.listExperiments({ view: 'all' })
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
    a.name < b.name ? -1 : 1
  assert.deepEqual(
    listed.map(({ name, removed }) => ({ name, removed })).sort(byName),
    experiments.map(({ name, removed }) => ({ name, removed })).sort(byName),
  )
}

async function compareRun(store: Store, made: MadeRun): Promise<void> {
  const run = await store.showRun(made.run)
  assert.deepEqual(summaryOf(run), {
    run: made.run,
    experiment: made.experiment,
    name: made.name,
    status: made.status,
    startedAt: new Date(made.startedAt).toISOString(),
    endedAt: made.endedAt === null ? null : new Date(made.endedAt).toISOString(),
    removed: made.removed,
    params: made.params,
    tags: { ...made.tags, 'mlflow.user': run.tags['mlflow.user'] },
  })
  assert.equal(run.parent, made.tags['mlflow.parentRunId'] ?? null)
  assert.equal(run.note, made.tags[noteKey] ?? null)
  assert.deepEqual(Object.keys(run.metrics).sort(), Object.keys(made.metrics).sort())
  for (const [key, points] of Object.entries(made.metrics)) {
    const history = await store.metricHistory({ run: made.run, key })
    const found = history.points.map(({ value, step, at }) => [text(value), step, Date.parse(at)])
    assert.deepEqual(sorted(found), sorted(points.map(([v, ...rest]) => [shortest(v), ...rest])))
  }
  assert.deepEqual(await filesOf(store, run), made.files)
}

function summaryOf(run: RunSummary): Record<string, unknown> {
  const { experiment, name, status, startedAt, endedAt, removed, params, tags } = run
  return { run: run.run, experiment, name, status, startedAt, endedAt, removed, params, tags }
}

/** Digests of all files but the list of data sets, which MLflow keeps elsewhere. */
async function filesOf(store: Store, { run }: RunDetails): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const { path } of await store.listRunFiles(run)) {
    const hash = createHash('sha256')
    for await (const bytes of store.readRunFile(run, path)) hash.update(bytes)
    const digest = hash.digest('hex')
    if (path !== 'mlflow/datasets.json') files[path] = digest
  }
  return files
}

async function compareModel(store: Store, made: MadeModel): Promise<void> {
  if (made.versions.length === 0) return
  const artifact = `model/${made.name}`
  const { tags } = await store.listTags(artifact)
  assert.deepEqual(tags, { ...made.tags, ...(made.description && { [noteKey]: made.description }) })
  const aliases = (await store.listAliases(artifact)).map(({ alias, label }) => [alias, label])
  const expected = Object.entries(made.aliases).map(([alias, number]) => [alias, `v${number}`])
  assert.deepEqual(sorted(aliases), sorted(expected))
  const versions = await store.log(artifact)
  assert.equal(versions.length, made.versions.length)
  for (const version of made.versions) {
    const { subject } = await store.byNumber(artifact, version.number)
    const shown = await store.show(`${artifact}@v${version.number}`)
    assert.equal(subject, `version:${shown.digest}`)
    assert.equal(shown.run, version.run)
    assert.equal(shown.createdAt, new Date(version.createdAt).toISOString())
    assert.deepEqual(shown.tags, {
      ...version.tags,
      ...(version.description && { [noteKey]: version.description }),
      ...(version.stage !== 'None' && { stage: version.stage }),
    })
    const { outputs } = await store.showRun(version.run)
    assert.ok(outputs.some((output) => output.version === shown.digest))
  }
}

function text(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Python writes `3.0` and `1e-300`; JavaScript writes `3` and `1e-300`. */
function shortest(value: string): string {
  return text(Number(value))
}

function sorted(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}
