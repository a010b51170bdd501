import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { runFilter } from '../../../src/compat/metadata-tracker/mlflow-filter.ts'

test('the search is the one that lolpop sends', () => {
  const filter = runFilter({
    startedUpTo: 1_795_229_732_813,
    tags: { 'churn.exists': 'True' },
    extraFilters: ["tags.churn.status = 'DEPLOYED'"],
  })
  const expected =
    "attributes.start_time <= 1795229732813 and attribute.status = 'FINISHED' and tags.parent_run = 'True' and tags.churn.exists = 'True' and tags.churn.status = 'DEPLOYED'"
  assert.equal(filter, expected)
})

test('keys that MLflow cannot read bare are quoted', () => {
  const nameOf = (key: string): string | undefined =>
    runFilter({ tags: { [key]: 'x' }, extraFilters: [] })
      .split(' and ')
      .at(-1)
  for (const key of ['churn.exists', '_a.b1.c', 'order.exists', 'fromage.exists']) {
    assert.equal(nameOf(key), `tags.${key} = 'x'`)
  }
  const odd = [
    'a-b.exists',
    'a b.exists',
    '2024.exists',
    'é.x',
    'a.',
    'From.exists',
    'a.in.x',
    'a:b',
  ]
  for (const key of odd) assert.equal(nameOf(key), `tags.\`${key}\` = 'x'`)
})

test('no key and no value ends its quotes', () => {
  const valueOf = (value: string): string =>
    runFilter({ tags: { a: value }, extraFilters: [] })
      .split(' and ')
      .at(-1) ?? ''
  assert.equal(valueOf("it's"), `tags.a = "it's"`)
  assert.equal(valueOf('"x"'), `tags.a = '"x"'`)
  assert.throws(() => valueOf(`'"`), { code: 'INVALID_ARGUMENT' })
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '`', "'", '"', '.', ' ', '=') }), (key) => {
      const make = (): string => runFilter({ tags: { [key]: 'x' }, extraFilters: [] })
      if (/^[a. ]+$/.test(key)) return
      assert.throws(make, { code: 'INVALID_ARGUMENT' })
    }),
  )
})
