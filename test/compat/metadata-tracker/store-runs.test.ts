/** How a metadata tracker keeps what it is told in runs of a store. */

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import * as fc from 'fast-check'

import type { Resource } from '../../../src/compat/metadata-tracker/metadata-tracker.ts'
import { StoreMetadataTracker } from '../../../src/compat/metadata-tracker/store-tracker.ts'
import type { JsonValue } from '../../../src/core/canonical-json.ts'
import { isMlstoreError } from '../../../src/errors.ts'
import { TestRepository, testEnvironment } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const jsonValue = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value')),
  ),
})).value

test('values keep their types, texts that look like other values included', async (context) => {
  const { tracker, model } = await place(context)
  await fc.assert(
    fc.asyncProperty(jsonValue, async (value) => {
      await tracker.logTag(model, 'value', value)
      // JSON has no negative zero.
      assert.deepEqual(await tracker.getTag(model, 'value'), JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: 60 },
  )
  for (const value of ['5', 5, 'true', true, 'null', '{"a":1}', { a: 1 }, '"x"', 'x']) {
    await tracker.logTag(model, 'value', value)
    assert.deepEqual(await tracker.getTag(model, 'value'), value)
  }
})

test('what JSON cannot say is kept as text', async (context) => {
  const { tracker, model } = await place(context)
  await tracker.logMetadata(model, 'losses', [0.5, NaN, -Infinity])
  assert.deepEqual(await tracker.getMetadata(model, 'losses'), [0.5, 'NaN', '-Infinity'])
})

test('the run of a tracker is within the command that is recorded', async (context) => {
  const { repository } = await place(context)
  const { store, environment } = repository
  const outer = await store.startRun({ name: 'outer' })
  const env = { MLSTORE_RUN_ID: outer.id }
  const tracker = new StoreMetadataTracker({ environment: { ...environment, env } })
  const old = await tracker.createResource('churn')
  await tracker.registerVcResource(old, { hexsha: 'a1' })
  await tracker.stop()
  assert.equal((await store.showRun(old.run.id)).parent, outer.id)
  environment.clock.turn(60)
  const later = new StoreMetadataTracker({ store, environment })
  assert.deepEqual(await later.getPrevResourceVersion(await later.createResource('churn')), old)
  await outer.end()
})

test('a long value is whole again, and replaced as a short one', async (context) => {
  const { tracker, model } = await place(context)
  const long = { text: 'é"\\'.repeat(20_000) }
  await tracker.logMetadata(model, 'summary', long)
  assert.deepEqual(await tracker.getMetadata(model, 'summary'), long)
  await tracker.logMetadata(model, 'summary', 'short')
  assert.equal(await tracker.getMetadata(model, 'summary'), 'short')
})

test('a previous version is found whatever characters its id has', async (context) => {
  const { open, repository } = await place(context)
  for (const id of ['a b', "it's", '"x"', 'x-1', 'x.y.z', 'naïve', 'x`y', '`']) {
    repository.environment.clock.turn(60)
    const before = open()
    const old = await before.createResource(id)
    await before.registerVcResource(old, { hexsha: 'a1' })
    await before.stop()
    repository.environment.clock.turn(60)
    const tracker = open()
    const found = await tracker.getPrevResourceVersion(await tracker.createResource(id))
    assert.deepEqual(found, old, id)
    await tracker.stop()
  }
})

test('a filter that is no condition is refused, and cannot change the question', async (context) => {
  const { tracker, model } = await place(context)
  for (const filter of ['tags.x = ', 'tags.x = 1 order by name', "tags.x = '1') or (name != ''"]) {
    const question = tracker.getPrevResourceVersion(model, { extraFilters: [filter] })
    await rejects(question, 'INVALID_ARGUMENT')
  }
})

test('a file that another program logged is found by its name and not written over', async (context) => {
  const { tracker, model, repository } = await place(context)
  repository.write({ 'weights.bin': 'theirs', mine: { 'weights.bin': 'ours' } })
  const run = await repository.store.resumeRun(model.run.id)
  await run.logFile(repository.at('weights.bin'), 'churn/weights.bin')
  await run.flush()
  assert.equal(await artifact(tracker, model, 'weights'), 'theirs')
  await tracker.logArtifact(model, 'own', 'mine/weights.bin')
  assert.equal(await artifact(tracker, model, 'own'), 'ours')
  assert.equal(await artifact(tracker, model, 'weights'), 'theirs')
})

const names = ['a', 'b', 'report.html'] as const
const logging = fc.record({
  id: fc.constantFrom(...names, 'a~2'),
  name: fc.constantFrom(...names),
  /** A folder has it as its one file. */
  inFolder: fc.option(fc.constantFrom(...names)),
})

test('whatever artifacts are called, each comes back as it was logged last', async (context) => {
  const { tracker, repository } = await place(context)
  let written = 0
  await fc.assert(
    fc.asyncProperty(fc.array(logging, { maxLength: 5 }), async (loggings) => {
      const of = await tracker.createResource(`model-${written}`)
      const expected = new Map<string, string>()
      for (const { id, name, inFolder } of loggings) {
        written += 1
        const path = join('files', `${written}`, name, ...(inFolder === null ? [] : [inFolder]))
        const absolute = repository.at(path)
        mkdirSync(dirname(absolute), { recursive: true })
        writeFileSync(absolute, path)
        try {
          await tracker.logArtifact(of, id, join('files', `${written}`, name))
          expected.set(id, path)
        } catch (error) {
          // A folder is not replaced by a file, nor a file by a folder.
          if (!isMlstoreError(error, 'INVALID_ARGUMENT') || !expected.has(id)) throw error
        }
        for (const [each, content] of expected) {
          assert.ok((await contents(tracker, of, each)).includes(content), each)
        }
      }
    }),
    { numRuns: 20 },
  )
})

test('a tag leads to no file outside of the resource', async (context) => {
  const { tracker, model, repository } = await place(context)
  repository.write({ secret: 'x' })
  const run = await repository.store.resumeRun(model.run.id)
  await run.logFile(repository.at('secret'), 'other/secret')
  await run.flush()
  await tracker.logTag(model, 'artifact.a', 'other/secret')
  await tracker.logTag(model, 'artifact.b', 'churn/../other/secret')
  await rejects(tracker.getArtifact(model, 'a'), 'NOT_FOUND')
  await rejects(tracker.getArtifact(model, 'b'), 'NOT_FOUND')
})

test('an id that is no name of a folder leads nowhere else', async (context) => {
  const { tracker, model, repository } = await place(context)
  repository.write({ one: { 'x.txt': '1' }, two: { 'x.txt': '2' }, empty: {} })
  await tracker.logArtifact(model, 'first', 'one/x.txt')
  for (const id of ['../second', '..', '.', '', '.._second']) {
    await tracker.logArtifact(model, id, 'two/x.txt')
    assert.equal(await artifact(tracker, model, id), '2')
  }
  await rejects(tracker.logArtifact(model, 'empty', 'empty'), 'INVALID_ARGUMENT')
  const files = await repository.store.listRunFiles(model.run.id)
  const folders = files.map(({ path }) => path.split('/'))
  assert.ok(folders.every(([top]) => top === 'churn'))
  assert.deepEqual(folders.map(([, below = '']) => below).toSorted(), [
    '.._second',
    '.._second~2',
    '_',
    '_.',
    '_..',
    'x.txt',
  ])
})

test('files that are logged into a run after its end are in its version', async (context) => {
  const { tracker, model, repository } = await place(context)
  await tracker.stop()
  repository.write({ 'late.txt': 'late' })
  await tracker.logArtifact(model, 'late', 'late.txt')
  await repository.store.get({ reference: `run/${model.run.id}`, output: 'out', noLock: true })
  assert.equal(repository.text('out/churn/late.txt'), 'late')
})

test('a run that somebody else ended stays as it was ended', async (context) => {
  const { tracker, model, repository } = await place(context)
  const run = await repository.store.resumeRun(model.run.id)
  await run.end('FAILED')
  await tracker.stop()
  assert.equal((await repository.store.showRun(model.run.id)).status, 'FAILED')
})

test('a tracker without a store finds one upward, makes one if asked to, and else says so', async (context) => {
  const repository = await TestRepository.create(context)
  repository.write({ deep: { down: {} } })
  const { environment } = repository
  const inside = new StoreMetadataTracker({ environment, cwd: 'deep/down' })
  assert.equal(fileURLToPath(inside.url), repository.store.directory)
  const { run } = await inside.createResource('churn')
  await inside.stop()
  assert.equal((await repository.store.showRun(run.id)).experiment, 'default')

  const elsewhere = testEnvironment(temporaryFolder(context))
  const without = new StoreMetadataTracker({ environment: elsewhere })
  assert.throws(() => without.url, { code: 'STORE_MISSING' })
  await rejects(without.createResource('churn'), 'STORE_MISSING')
  const making = new StoreMetadataTracker({ environment: elsewhere, createStore: true })
  const { url } = making
  await making.createResource('churn')
  assert.equal(fileURLToPath(making.url), join(elsewhere.cwd, '.mlstore'))
  assert.equal(making.url, url)
  await making.stop()
  // Now there is one.
  await without.createResource('churn')
  await without.stop()
})

test('a store that was given stays open', async (context) => {
  const { tracker, repository } = await place(context)
  await tracker.stop()
  assert.equal((await repository.store.listExperiments()).length, 1)
})

type Place = {
  readonly repository: TestRepository
  readonly tracker: StoreMetadataTracker
  readonly model: Resource
  readonly open: () => StoreMetadataTracker
}

async function place(context: TestContext): Promise<Place> {
  const repository = await TestRepository.create(context)
  const { store, environment } = repository
  const open = (): StoreMetadataTracker => new StoreMetadataTracker({ store, environment })
  const tracker = open()
  return { repository, tracker, model: await tracker.createResource('churn'), open }
}

async function artifact(tracker: StoreMetadataTracker, of: Resource, id: string): Promise<string> {
  const path = await tracker.getArtifact(of, id)
  const content = readFileSync(path, 'utf8')
  rmSync(dirname(path), { recursive: true })
  return content
}

/** Of the artifact, or of the files in it: a folder keeps what it had. */
async function contents(
  tracker: StoreMetadataTracker,
  of: Resource,
  id: string,
): Promise<readonly string[]> {
  const path = await tracker.getArtifact(of, id)
  const files = statSync(path).isDirectory()
    ? readdirSync(path).map((name) => join(path, name))
    : [path]
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  rmSync(dirname(path), { recursive: true })
  return texts
}

async function rejects(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error) => isMlstoreError(error) && error.code === code)
}
