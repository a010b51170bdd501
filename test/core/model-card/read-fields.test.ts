/** Values are read by a table, and everything that is wrong with them is found at once. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  attributePath,
  choice,
  flag,
  group,
  integer,
  number,
  optionalText,
  text,
} from '../../../src/core/model-card/field.ts'
import { noVariables, readFields, variablesOf } from '../../../src/core/model-card/read-fields.ts'
import { writeFields } from '../../../src/core/model-card/write-fields.ts'

const table = {
  modelType: choice(['base', 'trained']),
  batchSize: integer({ fallback: 1 }),
  learningRate: number({ fallback: 0.1 }),
  isQuantized: flag({ fallback: false }),
  note: optionalText(),
  testFiles: group({ inputs: attributePath({ fallback: 'a/b' }), team: text({ fallback: 'ml' }) }),
}

const defaults = {
  modelType: 'base',
  batchSize: 1,
  learningRate: 0.1,
  isQuantized: false,
  testFiles: { inputs: 'a/b', team: 'ml' },
}

const fieldsWithProblems = (given: unknown, env: Record<string, string> = {}): string[] =>
  readFields(table, given, variablesOf(env)).problems.map(({ field }) => field)

test('takes names in either spelling, and fallbacks for what is not given', () => {
  for (const given of [{ modelType: 'base' }, { model_type: 'base', batchSize: undefined }]) {
    assert.deepEqual(readFields(table, given, noVariables), { values: defaults, problems: [] })
  }
})

test('finds every problem at once, in groups too', () => {
  const given = {
    model_type: 'other',
    batch_size: 1.5,
    learningRate: '0.1',
    isQuantized: 1,
    note: 5,
    test_files: { inputs: '/a', teams: 'x' },
    extra: 1,
  }
  assert.deepEqual(fieldsWithProblems(given), [
    'extra',
    'model_type',
    'batch_size',
    'learning_rate',
    'is_quantized',
    'note',
    'test_files.teams',
    'test_files.inputs',
  ])
})

test('refuses a field that is given in both spellings', () => {
  assert.deepEqual(fieldsWithProblems({ modelType: 'base', model_type: 'base' }), ['model_type'])
})

test('refuses what is no object, as a whole and as a group', () => {
  for (const given of [null, 'text', 5, [], undefined]) {
    assert.deepEqual(fieldsWithProblems(given)[0], '', String(given))
  }
  assert.deepEqual(fieldsWithProblems({ modelType: 'base', testFiles: ['x'] }), ['test_files'])
})

test('refuses paths that no attribute can have', () => {
  for (const inputs of ['', '/a', 'a/', 'a//b', '.', 'a/../b', '\ud800']) {
    assert.deepEqual(
      fieldsWithProblems({ modelType: 'base', testFiles: { inputs } }),
      ['test_files.inputs'],
      inputs,
    )
  }
})

test('reads variables of any case, and lets what is given go before them', () => {
  const env = variablesOf({
    model_type: 'trained',
    Batch_Size: '8',
    LEARNING_RATE: '1e-3',
    IS_QUANTIZED: 'Yes',
    NOTE: '',
    INPUTS: 'c/d',
  })
  const { values, problems } = readFields(table, { batchSize: 2 }, env)
  assert.deepEqual(problems, [])
  assert.deepEqual(values, {
    modelType: 'trained',
    batchSize: 2,
    learningRate: 0.001,
    isQuantized: true,
    testFiles: { inputs: 'c/d', team: 'ml' },
  })
})

test('reads a group from one variable of JSON', () => {
  const env = { MODEL_TYPE: 'base', TEST_FILES: '{"inputs":"x/y"}' }
  const { values } = readFields(table, {}, variablesOf(env))
  assert.deepEqual(values, { ...defaults, testFiles: { inputs: 'x/y', team: 'ml' } })
  assert.deepEqual(fieldsWithProblems({}, { ...env, TEST_FILES: '{' }), ['test_files'])
})

test('refuses variables that do not mean a value, and names the field', () => {
  const env = { MODEL_TYPE: 'base', BATCH_SIZE: '8x', LEARNING_RATE: '0x10', IS_QUANTIZED: 'maybe' }
  assert.deepEqual(fieldsWithProblems({}, env), ['batch_size', 'learning_rate', 'is_quantized'])
})

test('the variable in upper case goes before others of the same name', () => {
  const env = { note: 'lower', NOTE: 'upper', Note: 'mixed' }
  assert.equal(variablesOf(env).get('NOTE'), 'upper')
})

test('names the variables that would set what is missing', () => {
  const twoNames = { ...table, project: text({ variables: ['A', 'B'] }) }
  const { problems } = readFields(twoNames, {}, noVariables)
  assert.deepEqual(
    problems.map(({ field, missing }) => ({ field, missing })),
    [
      { field: 'model_type', missing: ['MODEL_TYPE'] },
      { field: 'project', missing: ['A', 'B'] },
    ],
  )
})

test('what was written is read back as it was', () => {
  const texts = fc.string({ unit: 'grapheme' }).filter((each) => each.isWellFormed())
  const values = fc.record({
    modelType: fc.constantFrom('base', 'trained'),
    batchSize: fc.maxSafeInteger(),
    // JSON has no -0.
    learningRate: fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0),
    isQuantized: fc.boolean(),
    note: texts,
    testFiles: fc.record({ inputs: fc.constantFrom('a', 'ä/b c'), team: texts }),
  })
  fc.assert(
    fc.property(values, (given) => {
      const written: unknown = JSON.parse(JSON.stringify(writeFields(table, given)))
      const read = readFields(table, written, noVariables)
      assert.deepEqual(read.problems, [])
      assert.deepEqual(writeFields(table, read.values), writeFields(table, given))
      assert.equal(JSON.stringify(read.values), JSON.stringify(given))
    }),
  )
})
