/** Cards of model versions: uploaded, read elsewhere, and set from the command line's side. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ModelCard, modelCardPath, modelSettings } from '../../../src/index.ts'
import { artifact, attributeText, Registry } from '../model-version/registry.ts'

const nowhere = { env: {} }

test('the card of a model version is read on another computer', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('w'), 'model/model_artifacts/weights.bin')
  const card = new ModelCard({ modelType: 'trained' }, nowhere)
  const { missing } = await card.upload(version)
  assert.deepEqual(
    missing.map(({ path }) => path),
    [
      'model/test_files/inputs',
      'model/test_files/inference_params',
      'model/test_files/predictions',
      'data/train',
    ],
  )
  const { id: withId } = await version.stop()
  const ben = await registry.computer('ben')
  const there = ben.modelVersion({ withId, mode: 'read-only' })
  assert.deepEqual((await ModelCard.download(there)).toJson(), card.toJson())
  await using store = await ben.store()
  const shown = await store.showCard(`${artifact}@${withId}`)
  assert.deepEqual(shown.card, card.toJson())
  const same = await store.setCard({ reference: `${artifact}@${withId}`, card: shown.card })
  assert.equal(same.unchanged, true, 'both write a card in the same way')
})

test('a card that is set goes on from the model version, and takes its id along', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const withId = await anna.made({ 'model/model_artifacts/w': 'w' })
  await using store = await anna.store()
  const reference = `${artifact}@${withId}`
  const set = await store.setCard({ reference, changes: { model_type: 'base' } })
  assert.deepEqual([set.aliases, set.aliasesLeft], [[withId], []])
  const again = await store.setCard({ reference, changes: { model_type: 'trained' } })
  assert.deepEqual([again.aliases, again.aliasesLeft], [[withId], []])
  await using version = anna.modelVersion({ withId })
  const card = await ModelCard.download(version)
  assert.equal(card.modelType, 'trained')
  await version.uploadFile(Buffer.from('rows'), 'data/train')
  await version.stop()
  const ben = await registry.computer('ben')
  const content = await ben.content(withId)
  assert.deepEqual(Object.keys(content), ['data/train', 'model/model_artifacts/w', modelCardPath])
})

test('a reference to an attribute that stays on its computer is not missing', async (t) => {
  const registry = new Registry(t)
  const anna = await registry.computer('anna')
  const version = anna.modelVersion()
  await version.uploadFile(Buffer.from('rows'), 'data/train/rows.csv', { useS3: false })
  await version.uploadFile(Buffer.from('w'), 'model/model_artifacts')
  const card = new ModelCard({ modelType: 'base' }, nowhere)
  const { missing } = await card.upload(version)
  const { id } = await version.stop()
  await using store = await anna.store()
  const shown = await store.showCard(`${artifact}@${id}`)
  const fields = missing.map(({ field }) => field)
  assert.ok(!fields.includes('training_data_attribute_path'))
  assert.deepEqual(
    shown.missing.map(({ field }) => field),
    fields,
  )
})

test('model settings are what a model version is made with', async (t) => {
  const anna = await new Registry(t).computer('anna')
  const env = {
    NEPTUNE_PROJECT: 'onclusive/other',
    NEPTUNE_MODEL_ID: 'OTH',
    NEPTUNE_API_TOKEN: 'x',
  }
  const { project, model } = modelSettings({ env })
  const version = anna.modelVersion({ project, model })
  assert.equal(await version.id(), 'OTH-1')
  await new ModelCard({ modelType: 'base' }, nowhere).upload(version)
  assert.match(await attributeText(version, modelCardPath), /^\{\n {4}"model_type": "base",/)
})
