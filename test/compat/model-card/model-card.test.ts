/** The card of a model version: fields, checks, JSON, references, and its place. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { GithubActionsSpecs } from '../../../src/compat/model-card/github-actions-specs.ts'
import { type CardHolder, ModelCard } from '../../../src/compat/model-card/model-card.ts'
import { githubVariables } from '../../../src/core/runs/ci-context.ts'
import { fields } from '../../../src/index.ts'

const nowhere = { env: {} }

/** What the Python class writes without any variable set. */
const documented = () => ({
  model_type: 'trained',
  model_artifact_attribute_path: 'model/model_artifacts',
  model_test_files: {
    inputs: 'model/test_files/inputs',
    inference_params: 'model/test_files/inference_params',
    predictions: 'model/test_files/predictions',
  },
  training_data_attribute_path: 'data/train',
  github_action_context: new GithubActionsSpecs({}, nowhere).toJson(),
})

class CompiledCard extends ModelCard {
  static override readonly fields = {
    ...ModelCard.fields,
    batchSize: fields.integer({ fallback: 1 }),
    calibrationData: fields.attributePath({ fallback: 'data/calibration' }),
  }
  declare batchSize: number
  declare calibrationData: string
}

/** A model version with some attributes, which keeps what is put into it. */
class Attributes implements CardHolder {
  readonly #configs = new Map<string, string>()
  readonly #others: readonly string[]

  constructor(...paths: readonly string[]) {
    this.#others = paths
  }

  async uploadConfig(config: object, attributePath: string): Promise<void> {
    this.#configs.set(attributePath, JSON.stringify(config))
  }

  async downloadConfig(attributePath: string): Promise<unknown> {
    return JSON.parse(this.#configs.get(attributePath) ?? assert.fail(`no ${attributePath}`))
  }

  async listAttributes(): Promise<readonly { readonly path: string }[]> {
    return [...this.#others, ...this.#configs.keys()].map((path) => ({ path }))
  }
}

test('has the documented fields and defaults, and writes them by their Python names', () => {
  const card = new ModelCard({ modelType: 'trained' }, nowhere)
  assert.equal(JSON.stringify(card), JSON.stringify(documented()))
  assert.equal(card.modelTestFiles.inferenceParams, 'model/test_files/inference_params')
  assert.ok(card.githubActionContext instanceof GithubActionsSpecs)
})

test('needs a model type that is base, trained or compiled', () => {
  for (const modelType of ['base', 'trained', 'compiled'] as const) {
    assert.equal(new ModelCard({ modelType }, nowhere).modelType, modelType)
  }
  assert.throws(() => new ModelCard({}, nowhere), { code: 'INVALID_ARGUMENT' })
  for (const model_type of ['Base', '', 5, null]) {
    assert.throws(() => ModelCard.fromJson({ model_type }), { code: 'INVALID_ARGUMENT' })
  }
})

test('takes fields from variables without a prefix, and lets the call go first', () => {
  const env = {
    MODEL_TYPE: 'compiled',
    training_data_attribute_path: 'data/other',
    MODEL_TEST_FILES: '{"inputs": "t/in"}',
    GITHUB_SHA: 'abc',
  }
  const card = new ModelCard({ trainingDataAttributePath: 'data/mine' }, { env })
  assert.equal(card.modelType, 'compiled')
  assert.equal(card.trainingDataAttributePath, 'data/mine')
  assert.equal(card.modelTestFiles.inputs, 't/in')
  assert.equal(new ModelCard({}, { env }).trainingDataAttributePath, 'data/other')
})

test('includes the context of CI by default, with dummy values outside of CI', () => {
  const inCi = new ModelCard({ modelType: 'base' }, { env: { GITHUB_SHA: 'abc' } })
  assert.equal(inCi.githubActionContext.githubSha, 'abc')
  assert.equal(inCi.githubActionContext.runnerOs, 'runner_os')
})

test('reading a stored card looks at no variable of the environment', () => {
  process.env['TRAINING_DATA_ATTRIBUTE_PATH'] = 'from/here'
  try {
    assert.equal(new ModelCard({ modelType: 'base' }).trainingDataAttributePath, 'from/here')
    const read = ModelCard.fromJson({ model_type: 'base' })
    assert.equal(read.trainingDataAttributePath, 'data/train')
  } finally {
    delete process.env['TRAINING_DATA_ATTRIBUTE_PATH']
  }
})

test('refuses unknown fields, also nested ones and assigned ones', () => {
  const card = new ModelCard({ modelType: 'base' }, nowhere)
  for (const wrong of [
    () => ModelCard.fromJson({ model_type: 'base', owner: 'x' }),
    () => ModelCard.fromJson({ model_type: 'base', model_test_files: { input: 'x' } }),
    () => ModelCard.fromJson({ model_type: 'base', github_action_context: { github_token: 'x' } }),
    () => ModelCard.fromJson({ model_type: 'base', __proto__x: {} }),
    () => Reflect.set(card, 'owner', 'x'),
    () => Reflect.set(card.modelTestFiles, 'input', 'x'),
    () => ModelCard.fromJson('{"model_type": "base", "__proto__": {"a": 1}}'),
  ]) {
    assert.throws(wrong, { code: 'INVALID_ARGUMENT' })
  }
})

test('validates what is assigned, and keeps the old value when it is wrong', () => {
  const card = new ModelCard({ modelType: 'base' }, nowhere)
  for (const wrong of [
    () => Reflect.set(card, 'modelType', 'x'),
    () => Reflect.set(card, 'modelType', undefined),
    () => Reflect.set(card, 'modelTestFiles', undefined),
    () => Reflect.set(card, 'modelTestFiles', { input: 'x' }),
    () => Reflect.set(card, 'githubActionContext', card.modelTestFiles),
    () => {
      card.modelTestFiles.inputs = '../x'
    },
  ]) {
    assert.throws(wrong, { code: 'INVALID_ARGUMENT' })
  }
  assert.deepEqual(card.toJson(), { ...documented(), model_type: 'base' })
  card.modelType = 'trained'
  card.modelTestFiles.inputs = 'a/b'
  assert.deepEqual(card.toJson(), {
    ...documented(),
    model_test_files: { ...documented().model_test_files, inputs: 'a/b' },
  })
})

test('tells everything that is wrong in one error', () => {
  const stored = { model_type: 'x', model_test_files: { inputs: 1 }, owner: 1 }
  assert.throws(() => ModelCard.fromJson(stored), {
    code: 'INVALID_ARGUMENT',
    details: {
      problems: [
        { field: 'owner', problem: 'there is no such field' },
        {
          field: 'model_type',
          problem: 'expected one of base, trained, compiled, found "x"',
        },
        {
          field: 'model_test_files.inputs',
          problem: 'expected the path of an attribute, such as model/model_artifacts, found 1',
        },
      ],
      missing: [],
    },
  })
})

test('a subclass may add fields, which are checked, written and read like the others', () => {
  const card = new CompiledCard({ modelType: 'compiled' }, { env: { batch_size: '8' } })
  assert.equal(card.batchSize, 8)
  assert.deepEqual(card.toJson(), {
    ...documented(),
    model_type: 'compiled',
    batch_size: 8,
    calibration_data: 'data/calibration',
  })
  const again = CompiledCard.fromJson(JSON.stringify(card))
  assert.ok(again instanceof CompiledCard && again.batchSize === 8)
  assert.throws(() => Reflect.set(card, 'batchSize', 1.5), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => ModelCard.fromJson(card.toJson()), { code: 'INVALID_ARGUMENT' })
})

test('a field of a subclass may be any JSON, and is a copy of what was given', () => {
  class TunedCard extends ModelCard {
    static override readonly fields = {
      ...ModelCard.fields,
      layers: fields.json({ fallback: [] }),
    }
    declare layers: unknown
  }
  const layers = [{ size: 0.5, names: ['a', null] }]
  const card = new TunedCard(Object.assign({ modelType: 'base' as const }, { layers }), nowhere)
  layers.pop()
  const stored = [{ size: 0.5, names: ['a', null] }]
  assert.deepEqual(card.layers, stored)
  assert.deepEqual(TunedCard.fromJson(JSON.stringify(card)).toJson()['layers'], stored)
  assert.deepEqual(new TunedCard({ modelType: 'base' }, { env: { LAYERS: '[1]' } }).layers, [1])
  for (const wrong of [() => 1, { a: undefined }, new Date(), Symbol('x')]) {
    assert.throws(() => Reflect.set(card, 'layers', wrong), { code: 'INVALID_ARGUMENT' })
  }
})

test('carries every GitHub variable where that was asked for', () => {
  const env = { GITHUB_SERVER_URL: 'https://github.example' }
  const githubActionContext = GithubActionsSpecs.everything({ env })
  const card = new ModelCard({ modelType: 'base', githubActionContext }, nowhere)
  assert.equal(card.githubActionContext, githubActionContext)
  const read = ModelCard.fromJson(JSON.stringify(card))
  assert.equal(read.githubActionContext.githubServerUrl, 'https://github.example')
  assert.equal(Object.keys(read.githubActionContext.toJson()).length, githubVariables.length)
})

test('keeps the fields of a subclass that was given as a group', () => {
  class TeamSpecs extends GithubActionsSpecs {
    static override readonly fields = {
      ...GithubActionsSpecs.fields,
      logs: fields.attributePath({ fallback: 'ci/logs' }),
    }
  }
  const githubActionContext = new TeamSpecs({}, nowhere)
  const card = new ModelCard({ modelType: 'base', githubActionContext }, nowhere)
  assert.match(JSON.stringify(card), /"logs":"ci\/logs"/)
  assert.deepEqual(card.references().at(-1), {
    field: 'github_action_context.logs',
    path: 'ci/logs',
  })
})

test('shows its values when it is inspected', () => {
  const shown = inspect(new ModelCard({ modelType: 'base' }, nowhere), { depth: 9 })
  assert.match(shown, /^ModelCard \{\s+modelType: 'base',/)
  assert.match(shown, /ModelTestFiles \{\s+inputs: 'model\/test_files\/inputs'/)
})

test('lists the attributes that it refers to', () => {
  const card = new CompiledCard({ modelType: 'compiled' }, nowhere)
  assert.deepEqual(card.references(), [
    { field: 'model_artifact_attribute_path', path: 'model/model_artifacts' },
    { field: 'model_test_files.inputs', path: 'model/test_files/inputs' },
    { field: 'model_test_files.inference_params', path: 'model/test_files/inference_params' },
    { field: 'model_test_files.predictions', path: 'model/test_files/predictions' },
    { field: 'training_data_attribute_path', path: 'data/train' },
    { field: 'calibration_data', path: 'data/calibration' },
  ])
})

test('finds references that lead to no attribute and to no namespace with one', async () => {
  const card = new ModelCard({ modelType: 'base' }, nowhere)
  const holder = new Attributes(
    'model/model_artifacts/weights.bin',
    'model/test_files/inputs',
    'model/test_files/inference_params.json',
    'data/training/x',
  )
  const missing = await card.missingReferences(holder)
  assert.deepEqual(
    missing.map(({ path }) => path),
    ['model/test_files/inference_params', 'model/test_files/predictions', 'data/train'],
  )
})

test('is put at model/model_card and read from there', async () => {
  const card = new CompiledCard({ modelType: 'compiled', trainingDataAttributePath: 'd' }, nowhere)
  const holder = new Attributes('d/x', 'model/model_artifacts/a')
  const { path, missing } = await card.upload(holder)
  assert.equal(path, 'model/model_card')
  assert.deepEqual(
    missing.map(({ field }) => field),
    [
      'model_test_files.inputs',
      'model_test_files.inference_params',
      'model_test_files.predictions',
      'calibration_data',
    ],
  )
  assert.deepEqual(await holder.downloadConfig('model/model_card'), card.toJson())
  const read = await CompiledCard.download(holder)
  assert.ok(read instanceof CompiledCard)
  assert.deepEqual(read.toJson(), card.toJson())
})

test('is not put where a reference is missing and all are required', async () => {
  const holder = new Attributes('model/model_artifacts')
  const card = new ModelCard({ modelType: 'base' }, nowhere)
  const upload = card.upload(holder, { requireReferences: true })
  await assert.rejects(upload, { code: 'REFUSED' })
  assert.equal((await holder.listAttributes()).length, 1)
})

test('any valid card is read back as it was written', () => {
  const path = fc.stringMatching(/^[a-zä_ .-]{1,8}(?:\/[a-z]{1,5}){0,3}$/)
  const paths = path.filter((each) => !each.split('/').some((name) => /^\.{1,2}$/.test(name)))
  const cards = fc.record({
    modelType: fc.constantFrom('base', 'trained', 'compiled'),
    modelArtifactAttributePath: paths,
    modelTestFiles: fc.record({ inputs: paths, inferenceParams: paths, predictions: paths }),
    trainingDataAttributePath: paths,
  })
  fc.assert(
    fc.property(cards, (values) => {
      const card = new ModelCard(values, nowhere)
      const read = ModelCard.fromJson(JSON.stringify(card))
      assert.deepEqual(read.toJson(), card.toJson())
      assert.deepEqual(read.references(), card.references())
    }),
  )
})
