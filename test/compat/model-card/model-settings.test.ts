/** Which model version is meant, from the environment; the token is seen by nobody. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { modelSettings, ModelSettings } from '../../../src/compat/model-card/model-settings.ts'
import { isMlstoreError } from '../../../src/errors.ts'

const neptune = {
  NEPTUNE_PROJECT: 'onclusive/test',
  NEPTUNE_MODEL_ID: 'TES-TEST',
  NEPTUNE_API_TOKEN: 'hush-hush',
}

test('reads project, model and token from the documented variables', () => {
  const settings = modelSettings({ env: neptune })
  assert.equal(settings.project, 'onclusive/test')
  assert.equal(settings.model, 'TES-TEST')
  assert.equal(settings.token?.reveal(), 'hush-hush')
  assert.equal(settings.withId, undefined)
})

test('reads the later names of the same variables, and our own, in any case', () => {
  const later = modelSettings({
    env: {
      ONCLUSIVEML_NEPTUNE_PROJECT: 'o/p',
      onclusiveml_neptune_model: 'M',
      Onclusiveml_Neptune_Api_Token: 't',
      ONCLUSIVEML_NEPTUNE_WITH_ID: 'M-7',
    },
  })
  assert.deepEqual({ ...later.toJson() }, { project: 'o/p', model: 'M', with_id: 'M-7' })
  const own = modelSettings({ env: { ...neptune, mlstore_project: 'a/b', MLSTORE_MODEL: 'OWN' } })
  assert.deepEqual([own.project, own.model], ['a/b', 'OWN'])
})

test('lists every variable that is missing in one error', () => {
  assert.throws(
    () => modelSettings({ env: { NEPTUNE_API_TOKEN: 'hush-hush' } }),
    (error) => {
      assert.ok(isMlstoreError(error, 'INVALID_ARGUMENT'))
      assert.deepEqual(error.details?.['missing'], [
        'MLSTORE_PROJECT',
        'ONCLUSIVEML_NEPTUNE_PROJECT',
        'NEPTUNE_PROJECT',
        'MLSTORE_MODEL',
        'ONCLUSIVEML_NEPTUNE_MODEL',
        'NEPTUNE_MODEL_ID',
      ])
      assert.ok(!inspect(error, { depth: 9 }).includes('hush-hush'))
      return true
    },
  )
})

test('keeps the token out of print, JSON, inspection, clones and errors', () => {
  const settings = modelSettings({ env: neptune })
  const error = (): unknown => {
    try {
      Reflect.set(settings, 'token', { token: 'hush-hush' })
    } catch (thrown) {
      return thrown
    }
    return assert.fail('an object is no token')
  }
  const shown = [
    String(settings),
    ['', settings].join(),
    JSON.stringify(settings),
    JSON.stringify(Object.assign({}, settings)),
    JSON.stringify(settings.toJson()),
    inspect(settings, { depth: 9, showHidden: true, getters: true }),
    inspect(structuredClone(settings), { depth: 9 }),
    inspect(error(), { depth: 9 }),
  ]
  for (const text of shown) assert.ok(!text.includes('hush-hush'), text)
  assert.ok(shown.some((text) => text.includes('onclusive/test')))
})

test('takes values of the call before those of the environment', () => {
  const settings = new ModelSettings({ project: 'mine/own', token: 'other' }, { env: neptune })
  assert.equal(settings.project, 'mine/own')
  assert.equal(settings.token?.reveal(), 'other')
})
