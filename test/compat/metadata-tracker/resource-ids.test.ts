/** Ids of resources, and the keys and ids that are made of them. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ModelTrainers } from '../../../src/compat/metadata-tracker/model-trainers.ts'
import {
  isExperiment,
  jobId,
  modelOfJob,
  qualifiedId,
  shortId,
  splitQualifiedId,
  tagOf,
} from '../../../src/compat/metadata-tracker/resource-ids.ts'

const runId = fc.stringMatching(/^[0-9a-f]{32}$/)
const anyId = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })

test('an id that names a run gives the run and the id back', () => {
  fc.assert(
    fc.property(runId, anyId, (run, id) => {
      assert.deepEqual(splitQualifiedId(qualifiedId(run, id)), { run, id })
    }),
  )
  assert.equal(splitQualifiedId('churn.v2'), undefined)
  assert.equal(splitQualifiedId('churn'), undefined)
  assert.equal(splitQualifiedId('.churn'), undefined)
})

test('an experiment is a resource whose id names its own run', () => {
  const run = { id: 'a'.repeat(32), name: 'brave-otter' }
  assert.ok(isExperiment({ id: `${run.id}.churn`, run }))
  assert.ok(!isExperiment({ id: `${'b'.repeat(32)}.churn`, run }))
  assert.ok(!isExperiment({ id: 'churn', run }))
})

test('a prediction job gives the model it was named after', () => {
  fc.assert(
    fc.property(anyId, (model) => {
      assert.equal(modelOfJob(jobId(model)), model)
    }),
  )
  assert.equal(modelOfJob('_predictions'), undefined)
  assert.equal(modelOfJob('churn'), undefined)
})

test('an id without slashes is short as it is, one with slashes has neither slashes nor dots', () => {
  fc.assert(
    fc.property(anyId, anyId, (folder, name) => {
      fc.pre(!name.includes('/') && name !== '.')
      assert.equal(shortId(name), name)
      assert.doesNotMatch(shortId(`${folder}/${name}`), /[./]/)
    }),
  )
  assert.throws(() => shortId('/'), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => shortId(''), { code: 'INVALID_ARGUMENT' })
})

test('the tag of a key of a resource has the short id before it', () => {
  const run = { id: 'a'.repeat(32), name: 'brave-otter' }
  assert.equal(tagOf({ id: 'data/sales.csv', run }, 'rows'), 'sales.rows')
})

test('a name of a trainer or transformer is registered once', () => {
  const functions = { save: () => ({}), load: () => null }
  const trainers = new ModelTrainers()
    .registerTrainer('x', functions)
    .registerTransformer('x', functions)
  assert.throws(() => trainers.registerTrainer('x', functions), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => trainers.registerTransformer('x', functions), { code: 'INVALID_ARGUMENT' })
  assert.equal(trainers.trainer('x'), functions)
  assert.throws(() => trainers.transformer('y'), { code: 'NOT_FOUND' })
})
