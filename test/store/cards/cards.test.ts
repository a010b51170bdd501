/** Cards of versions in a store: set, shown, and what they are gathered with. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ModelCard } from '../../../src/compat/model-card/model-card.ts'
import type { SetCardRequest, SetCardResult } from '../../../src/store/cards/results.ts'
import { TestRepository } from '../../support/store.ts'

const weights = 'w'.repeat(100_000)
const content = { model: { model_artifacts: { 'weights.bin': weights } }, data: { train: 'rows' } }

async function withModel(
  context: Parameters<typeof TestRepository.create>[0],
): Promise<TestRepository> {
  const repository = await TestRepository.create(context)
  repository.write({ m: content })
  await repository.add('m', { as: 'model/m', label: 'v1', aliases: ['prod'], meta: { f1: 0.5 } })
  repository.environment.clock.turn(60)
  return repository
}

function set(
  { store }: TestRepository,
  request: Omit<SetCardRequest, 'reference'>,
  reference = 'model/m',
): Promise<SetCardResult> {
  return store.setCard({ reference, ...request })
}

test('a card makes a version that shares every other byte', async (t) => {
  const repository = await withModel(t)
  const result = await set(repository, { card: { model_type: 'trained' } })
  assert.equal(result.unchanged, false)
  assert.ok(result.newBytes < 3000, 'the card alone is new')
  assert.equal(result.files, 3)
  const { added, removed, changed } = await repository.store.diff('model/m@v1', 'model/m')
  assert.deepEqual(
    added.filter(({ kind }) => kind === 'file').map(({ path }) => path),
    ['model/model_card'],
  )
  assert.deepEqual([removed, changed], [[], []])
  await repository.store.get({ reference: 'model/m', output: 'out', noLock: true })
  assert.equal(repository.text('out/model/model_artifacts/weights.bin'), weights)
  const stored: unknown = JSON.parse(repository.text('out/model/model_card') ?? '')
  assert.deepEqual(stored, ModelCard.fromJson({ model_type: 'trained' }).toJson())
  const { problems } = await repository.store.fsck()
  assert.deepEqual(problems, [])
})

test('the new version says what it is made of, and takes no alias unasked', async (t) => {
  const repository = await withModel(t)
  await repository.store.setTags('model/m@v1', { stage: 'prod' })
  const result = await set(repository, { card: { model_type: 'base' }, label: 'v1-card' })
  assert.deepEqual([result.label, result.aliases, result.aliasesLeft], ['v1-card', [], ['prod']])
  const before = await repository.store.show('model/m@v1')
  const after = await repository.store.show('model/m@v1-card')
  assert.equal(result.previous, before.digest)
  assert.deepEqual(before.aliases, ['prod'])
  assert.deepEqual([after.meta, after.tags, after.aliases], [{ f1: 0.5 }, {}, []])
  assert.deepEqual(
    after.inputs.map(({ version, role }) => ({ version, role })),
    [{ version: before.digest, role: 'predecessor' }],
  )
  const moved = await set(repository, { card: { model_type: 'compiled' }, aliases: ['prod'] })
  assert.deepEqual((await repository.store.show('model/m@prod')).digest, moved.digest)
})

test('the same card again is no new version', async (t) => {
  const repository = await withModel(t)
  const first = await set(repository, { card: { model_type: 'base' } })
  const again = await set(repository, { card: { modelType: 'base' } })
  const ofOld = await set(repository, { card: { model_type: 'base' } }, 'model/m@v1')
  assert.deepEqual(
    [again.digest, again.unchanged, ofOld.digest, ofOld.unchanged],
    [first.digest, true, first.digest, true],
  )
  const named = await set(repository, { changes: {}, aliases: ['best'] })
  assert.deepEqual([named.unchanged, named.aliases], [true, ['best']])
  assert.equal((await repository.store.log('model/m')).length, 2)
  const labelled = await set(repository, { changes: {}, label: 'v2' })
  assert.deepEqual([labelled.unchanged, labelled.label], [false, 'v2'])
  const taken = set(repository, { card: { model_type: 'trained' }, label: 'v1' })
  await assert.rejects(taken, { code: 'LABEL_TAKEN' })
})

test('single fields are set in the card that is there', async (t) => {
  const repository = await withModel(t)
  await set(repository, { card: { model_type: 'base' } })
  const changes = {
    modelType: 'trained',
    'model_test_files.inputs': 'model/model_artifacts/weights.bin',
    'github_action_context.github_run_id': '12345',
  }
  const { card, missing } = await set(repository, { changes })
  const read = ModelCard.fromJson(card)
  assert.equal(read.modelType, 'trained')
  assert.equal(read.modelTestFiles.inputs, 'model/model_artifacts/weights.bin')
  assert.equal(read.modelTestFiles.predictions, 'model/test_files/predictions')
  assert.equal(read.githubActionContext.githubRunId, '12345', 'a text, though it looks otherwise')
  assert.deepEqual(
    missing.map(({ field }) => field),
    ['model_test_files.inference_params', 'model_test_files.predictions'],
  )
})

test('a first card names the job of CI that it is made in', async (t) => {
  const repository = await withModel(t)
  const env = { GITHUB_SHA: 'abc', GITHUB_TOKEN: 'hush-hush' }
  const store = await repository.open({ environment: { ...repository.environment, env } })
  const { card } = await store.setCard({ reference: 'model/m', changes: { model_type: 'base' } })
  assert.equal(ModelCard.fromJson(card).githubActionContext.githubSha, 'abc')
  assert.ok(!JSON.stringify(card).includes('hush-hush'))
})

test('a card that is not valid makes no version, and tells everything that is wrong', async (t) => {
  const repository = await withModel(t)
  const wrong = set(repository, { card: { model_type: 'x', owner: 1 } })
  await assert.rejects(wrong, {
    code: 'INVALID_ARGUMENT',
    details: {
      problems: [
        { field: 'owner', problem: 'there is no such field' },
        { field: 'model_type', problem: 'expected one of base, trained, compiled, found "x"' },
      ],
      missing: [],
    },
  })
  await assert.rejects(set(repository, { changes: { 'model_test_files.input': 'a' } }), {
    code: 'INVALID_ARGUMENT',
  })
  await assert.rejects(set(repository, { card: {} }), { code: 'INVALID_ARGUMENT' })
  assert.equal((await repository.store.log('model/m')).length, 1)
})

test('fields beyond the documented ones are kept where they are meant', async (t) => {
  const repository = await withModel(t)
  const card = { model_type: 'base', batch_size: 8, model_test_files: { labels: 'a/b' } }
  const result = await set(repository, { card, extra: true, changes: { 'tuning.lr': '0.5' } })
  assert.deepEqual(result.card['tuning'], { lr: 0.5 })
  const shown = await repository.store.showCard('model/m')
  assert.deepEqual(shown.card['batch_size'], 8)
  assert.deepEqual(shown.extraFields, ['batch_size', 'tuning', 'model_test_files.labels'])
  assert.deepEqual(shown.problems, [])
  await assert.rejects(set(repository, { changes: { model_type: 'base' } }), {
    code: 'INVALID_ARGUMENT',
  })
})

test('showing a card tells which references lead nowhere', async (t) => {
  const repository = await withModel(t)
  await assert.rejects(repository.store.showCard('model/m'), { code: 'NOT_FOUND' })
  await set(repository, { card: { model_type: 'base' } })
  const { path, card, missing, problems } = await repository.store.showCard('model/m')
  assert.equal(path, 'model/model_card')
  assert.equal(card['model_type'], 'base')
  assert.deepEqual(problems, [])
  assert.deepEqual(
    missing.map((reference) => reference.path),
    [
      'model/test_files/inputs',
      'model/test_files/inference_params',
      'model/test_files/predictions',
    ],
  )
})

test('a card that was put there by other means is shown with what is wrong', async (t) => {
  const repository = await withModel(t)
  repository.write({ n: { model: { model_card: '{"model_type": 5, "batch_size": 2}' } } })
  await repository.add('n', { as: 'model/n' })
  const shown = await repository.store.showCard('model/n')
  assert.deepEqual(shown.card, { model_type: 5, batch_size: 2 })
  assert.deepEqual(
    shown.problems.map(({ field }) => field),
    ['model_type'],
  )
  assert.deepEqual(shown.extraFields, ['batch_size'])
  for (const text of ['[1]', '{', '5']) {
    repository.write({ n: { model: { model_card: text } } })
    await repository.add('n', { as: 'model/n' })
    await assert.rejects(repository.store.showCard('model/n'), { code: 'INVALID_ARGUMENT' }, text)
  }
  repository.write({ n: { model: { model_card: ' '.repeat(1024 * 1024 + 1) } } })
  await repository.add('n', { as: 'model/n' })
  await assert.rejects(repository.store.showCard('model/n'), { code: 'INVALID_ARGUMENT' })
})

test('a card that is set within a run is what that run made', async (t) => {
  const repository = await withModel(t)
  const run = await repository.store.startRun({ experiment: 'cards' })
  const environment = { ...repository.environment, env: { MLSTORE_RUN_ID: run.id } }
  const within = await repository.open({ environment })
  const { digest } = await within.setCard({ reference: 'model/m', card: { model_type: 'base' } })
  await run.end()
  const made = await repository.store.versionsOfRun(run.id)
  assert.deepEqual(
    made.map((version) => version.digest),
    [digest],
  )
})

test('two who set a card at once make a version each, and lose none', async (t) => {
  const repository = await withModel(t)
  const others = await Promise.all([repository.open(), repository.open(), repository.open()])
  const types = ['base', 'trained', 'compiled']
  const results = await Promise.all(
    others.map((store, i) =>
      store.setCard({ reference: 'model/m@v1', changes: { model_type: types[i] ?? '' } }),
    ),
  )
  const cards = await Promise.all(
    results.map(({ digest }) => repository.store.showCard(`model/m@${digest}`)),
  )
  assert.deepEqual(
    cards.map(({ card }) => card['model_type']),
    types,
  )
  assert.equal(new Set(results.map(({ label }) => label)).size, 3)
})

test('a card never takes the place of a file or a folder', async (t) => {
  const repository = await withModel(t)
  repository.write({ file: { model: 'bytes' }, folder: { model: { model_card: { x: '1' } } } })
  await repository.add('file', { as: 'model/file' })
  await repository.add('folder', { as: 'model/folder' })
  const card = { model_type: 'base' }
  await assert.rejects(set(repository, { card }, 'model/file'), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(set(repository, { card }, 'model/folder'), { code: 'INVALID_ARGUMENT' })
})

test('a version of one file becomes a folder of it and its card', async (t) => {
  const repository = await TestRepository.create(t)
  repository.write({ 'big.bin': weights })
  await repository.add('big.bin', { as: 'model/big' })
  const { files } = await set(repository, { card: { model_type: 'base' } }, 'model/big')
  assert.equal(files, 2)
  assert.equal((await repository.store.show('model/big')).shape, 'tree')
})

test('a card is set where the bytes are only on a remote, and goes there', async (t) => {
  const repository = await withModel(t)
  const { store } = repository
  await store.addRemote({ name: 'nas', settings: { url: repository.at('nas') } })
  await store.push({})
  await store.drop({ references: [] })
  const { digest } = await set(repository, { card: { model_type: 'base' } })
  const { bytesSent, versions } = await store.push({})
  assert.deepEqual(versions.length, 1)
  assert.ok(bytesSent < 20_000, `${bytesSent} bytes: the card and the nodes around it`)
  await store.drop({ references: [] })
  await store.get({ reference: `model/m@${digest}`, output: 'out', noLock: true })
  assert.equal(repository.text('out/model/model_artifacts/weights.bin'), weights)
})

test('the facts of a card have the run and data of the version it is a card for', async (t) => {
  const repository = await TestRepository.create(t)
  const { store } = repository
  repository.write({ data: { a: '1' }, m: content })
  const data = await repository.add('data', { as: 'dataset/d', label: 'd1' })
  const run = await store.startRun({ experiment: 'e', name: 'r', params: { lr: '0.1' } })
  run.logMetrics({ loss: 0.25 })
  await run.use('dataset/d')
  await run.end()
  const trained = await repository.open({
    environment: { ...repository.environment, env: { MLSTORE_RUN_ID: run.id } },
  })
  await trained.add({ paths: ['m'], as: 'model/m', label: 'v1' })
  const reference = 'model/m'
  await store.setCard({ reference, card: { model_type: 'base' } })
  await store.setCard({ reference, changes: { model_type: 'trained' }, label: 'v3' })
  const facts = await store.cardFacts(reference)
  assert.equal(facts.version.label, 'v3')
  assert.equal(facts.card?.card['model_type'], 'trained')
  assert.equal(facts.previous.length, 2)
  assert.equal(facts.previous.at(-1), 'model/m@v1')
  assert.deepEqual(
    facts.runs.map(({ name, params, metrics }) => ({ name, params, metrics })),
    [{ name: 'r', params: { lr: '0.1' }, metrics: { loss: 0.25 } }],
  )
  assert.deepEqual(
    facts.inputs.map(({ version }) => version),
    [data.digest],
  )
  assert.deepEqual(
    facts.files.map(({ path }) => path),
    ['data/train', 'model/model_artifacts/weights.bin', 'model/model_card'],
  )
  const without = await store.cardFacts('model/m@v1')
  assert.equal(without.card, null)
})
