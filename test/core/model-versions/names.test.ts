/** Names of model versions: nothing meets, everything is read back. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  artifactOfModel,
  idOfLabel,
  labelOfId,
  type ModelName,
  modelOfArtifact,
  modelVersionId,
  numberInId,
  parseModelName,
} from '../../../src/core/model-versions/names.ts'

/** A few characters of any kind: what is too long in its escaped form has to be cut. */
const part = fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' })
const anyName: fc.Arbitrary<ModelName> = fc.record(
  {
    workspace: part.filter((text) => !text.includes('/')),
    project: part,
    model: part,
  },
  { noNullPrototype: true },
)

test('a model is an artifact, and its versions have the id as label', () => {
  const name = parseModelName('onclusive/test', 'TES-TEST')
  assert.deepEqual(name, { workspace: 'onclusive', project: 'test', model: 'TES-TEST' })
  assert.equal(artifactOfModel(name), 'model/onclusive/test/TES-TEST')
  assert.equal(labelOfId(modelVersionId(name, 101)), 'TES-TEST-101')
})

test('a project needs a workspace, and a model a name', () => {
  for (const project of ['test', '/test', 'onclusive/', '']) {
    assert.throws(() => parseModelName(project, 'TES-TEST'), { code: 'INVALID_ARGUMENT' })
  }
  assert.throws(() => parseModelName('onclusive/test', ''), { code: 'INVALID_ARGUMENT' })
})

test('every model is read back from its artifact', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      assert.deepEqual(modelOfArtifact(artifactOfModel(name)), name)
      const { workspace, project, model } = name
      assert.deepEqual(parseModelName(`${workspace}/${project}`, model), name)
    }),
  )
})

test('every id is read back from its label, and its number from it', () => {
  fc.assert(
    fc.property(anyName, fc.integer({ min: 1, max: 1e9 }), (name, number) => {
      const id = modelVersionId(name, number)
      assert.equal(idOfLabel(labelOfId(id)), id)
      assert.equal(numberInId(name, id), number)
    }),
  )
})

test('only ids of the model have a number', () => {
  const name = parseModelName('onclusive/test', 'TES-TEST')
  for (const id of ['TES-TEST', 'TES-TEST-', 'TES-TEST-0', 'TES-TEST-1x', 'OTHER-1', '1']) {
    assert.equal(numberInId(name, id), undefined, id)
  }
})

test('other artifacts are of no model', () => {
  for (const artifact of ['model/resnet', 'dataset/a/b/c', 'model/a/b/c/d']) {
    assert.equal(modelOfArtifact(artifact), undefined, artifact)
  }
})
