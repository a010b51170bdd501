/** Searching finds what a person means, refuses what makes no sense, and runs nothing else. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Catalog } from '../../../src/catalog/catalog.ts'
import { flattenMeta } from '../../../src/catalog/version-meta-table.ts'
import type { VersionAdd } from '../../../src/core/events/event.ts'
import { parseQuery } from '../../../src/core/query/parse.ts'
import type { VersionRecord } from '../../../src/core/version-record.ts'
import { idOf, recordOf, Writer } from '../../core/events/samples.ts'
import { Journaled } from '../journaled.ts'

const writer = new Writer()
const store = new Journaled()
const { catalog } = store

function add(artifact: string, label: string, more: Partial<VersionRecord>): VersionAdd {
  const added = writer.add(recordOf(artifact, label, more))
  store.make(added, writer.claim(added, label))
  return added
}

const small = add('model/resnet', 'small', {
  createdAt: '2026-10-31T23:59:59.999Z',
  size: 1000,
  meta: {
    f1: 0.8,
    epochs: 10,
    optimizer: 'adam',
    best: false,
    nan: Number.NaN,
    'a.b': 1,
    a: { b: 2 },
  },
})
const large = add('model/resnet', 'large', {
  createdAt: '2026-11-21T04:44:50.123Z',
  size: 3 * 2 ** 20,
  files: 7,
  by: 'ben',
  run: idOf('run'),
  meta: {
    f1: 0.95,
    epochs: 100,
    optimizer: 'Sgd',
    best: true,
    tags: ['x', 'y', 3],
    none: null,
    deep: { er: { x: 1 } },
  },
})
const squad = add('dataset/nlp/squad', 'v1', {
  createdAt: '2025-01-01T00:00:00.000Z',
  size: 50,
  shape: 'file',
})
const gone = add('model/resnet', 'gone', { meta: { f1: 1 } })
store.make(
  writer.tag(`version:${small.version}`, 'stage', 'test'),
  writer.tag(`version:${large.version}`, 'stage', 'prod'),
  writer.tag(`version:${large.version}`, 'build', '007'),
  writer.tag(`version:${squad.version}`, 'stage', 'x'),
  writer.tag(`version:${squad.version}`, 'stage', null),
  writer.tag(`version:${squad.version}`, `o'brien "x" -- ;`, `'; DROP TABLE version; --`),
  writer.move(large, 'prod'),
  writer.move(large, 'stage'),
  writer.remove(gone.version),
)

const names = new Map(
  [small, large, squad, gone].map((added, i) => [
    added.version,
    ['small', 'large', 'squad', 'gone'][i],
  ]),
)

/** Short names of what is found, in order. */
function find(query: string, type?: string): (string | undefined)[] {
  return catalog.searchVersions(parseQuery(query), { type }).rows.map((row) => names.get(row.id))
}

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['', ['squad', 'large', 'small']],
  ['resnet', ['large', 'small']],
  ['RESNET', ['large', 'small']],
  ["'nlp/s'", ['squad']],
  ["tags.stage = 'prod' and meta.f1 > 0.9", ['large']],
  ["tags.stage != 'prod'", ['small']],
  ["not tags.stage = 'prod'", ['squad', 'small']],
  ['tags.stage is null', ['squad']],
  ['tags.stage is not null', ['large', 'small']],
  ['tags.build = 007', ['large']],
  ['tags.build = 7', []],
  ["tags.stage in ('test', 'x')", ['small']],
  ["tags.stage not in ('test')", ['large']],
  ["tags.stage like 'p%'", ['large']],
  ["tags.stage like 'P%'", []],
  ["tags.stage ilike 'P_OD'", ['large']],
  ["tags.stage not like 'p%'", ['small']],
  ['meta.f1 > 0.7', ['large', 'small']],
  ['meta.f1 != 0.8', ['large']],
  ['meta.f1 in (0.8, 0.9)', ['small']],
  ["meta.f1 = '0.8'", []],
  ['meta.epochs >= 100', ['large']],
  ['meta.best = true', ['large']],
  ['meta.best != true', ['small']],
  ['meta.optimizer = adam', ['small']],
  ["meta.optimizer like 'S%'", ['large']],
  ["meta.optimizer like '%d%'", ['large', 'small']],
  ["meta.optimizer ilike 'sGD'", ['large']],
  ['meta.tags = y', ['large']],
  ['meta.tags = 3', ['large']],
  ['meta.a.b = 2', ['small']],
  ['meta."a.b" = 1', ['small']],
  ['meta.a is not null', ['small']],
  ['meta.deep.er is not null', ['large']],
  ['meta.dee is not null', []],
  ['meta.none is null', ['squad', 'large', 'small']],
  ['meta.nan = nan', ['small']],
  ['meta.nan > 0', []],
  ['meta.nan != 3', ['small']],
  ['meta.f1 != nan', ['large', 'small']],
  ['meta.f1 < inf', ['large', 'small']],
  ['label = large', ['large']],
  ["label like 's%'", ['small']],
  ['alias = prod', ['large']],
  ['alias != prod', ['large']],
  ['alias is null', ['squad', 'small']],
  ['type = dataset', ['squad']],
  ['name = nlp/squad', ['squad']],
  ['artifact = model/resnet', ['large', 'small']],
  ['size > 1MiB', ['large']],
  ['size <= 1KB', ['squad', 'small']],
  ['size = 50', ['squad']],
  ['files = 7', ['large']],
  ['attributes.by = ben', ['large']],
  ['attributes.by != ben', ['squad', 'small']],
  ['shape = file', ['squad']],
  [`run = '${idOf('run')}'`, ['large']],
  ['run != x', ['large']],
  [`digest like '${squad.version.slice(0, 10)}%'`, ['squad']],
  ['created = 2026-11-21', ['large']],
  ['created > 2026-10-31', ['large']],
  ['created >= 2026-10-31', ['large', 'small']],
  ['created <= 2026-10-31', ['squad', 'small']],
  ['created < 2026-11', ['squad', 'small']],
  ['created = 2026', ['large', 'small']],
  ['created != 2026', ['squad']],
  ["created = '2026-11-21 04:44'", ['large']],
  ['created = 2026-11-21T04:44:50.123Z', ['large']],
  [`created > ${Date.parse('2026-11-01')}`, ['large']],
  ['attributes.created = 2025', ['squad']],
  ['order by size', ['squad', 'small', 'large']],
  ['order by size desc', ['large', 'small', 'squad']],
  ['order by meta.f1', ['small', 'large', 'squad']],
  ['order by meta.f1 desc', ['large', 'small', 'squad']],
  ['order by tags.stage, created desc', ['large', 'small', 'squad']],
  ['order by label', ['large', 'small', 'squad']],
  ['order by alias', ['large', 'squad', 'small']],
  ['limit 1', ['squad']],
  ['resnet order by created limit 1', ['small']],
  [`tags."o'brien ""x"" -- ;" is not null`, ['squad']],
  [`tags."o'brien ""x"" -- ;" = '''; DROP TABLE version; --'`, ['squad']],
]

for (const [query, expected] of cases) {
  test(`finds by: ${query}`, () => {
    assert.deepEqual(find(query), expected)
  })
}

test('finds in artifacts of one type', () => {
  assert.deepEqual(find('', 'model'), ['large', 'small'])
  assert.deepEqual(find('', 'mod'), [])
  assert.deepEqual(find('', '*'), [])
})

const refused = [
  'colour = red',
  'constructor = 1',
  'metrics.f1 > 1',
  'params.lr = 1',
  'dataset.name = x',
  "size > 'big'",
  'size like 1',
  "size like '1%'",
  "files = 'many'",
  'tags.n > 5',
  'label < 3',
  'meta.best > true',
  'created > yesterday',
  'created = 99999999999999999',
  'order by colour',
  'tags.x = 1 or colour is null',
]

for (const query of refused) {
  test(`refuses: ${query}`, () => {
    assert.throws(() => find(query), { code: 'INVALID_ARGUMENT' })
  })
}

test('points at the place it cannot use', () => {
  assert.throws(() => find('size > 1 and colour = red'), /\n {2}size > 1 and colour = red\n {15}\^/)
})

test('takes long lists and many tests, up to a limit it names', () => {
  const values = Array.from({ length: 3000 }, (_, i) => i).join(', ')
  assert.deepEqual(find(`meta.epochs in (${values})`), ['large', 'small'])
  assert.deepEqual(find(Array.from({ length: 400 }, () => 'files = 7').join(' or ')), ['large'])
  const tooMany = Array.from({ length: 20_000 }, (_, i) => i).join(', ')
  assert.throws(() => find(`meta.epochs in (${tooMany})`), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => find(Array.from({ length: 2000 }, () => 'files = 7').join(' or ')), {
    code: 'INVALID_ARGUMENT',
  })
  assert.throws(() => find(`artifact like '${'%'.repeat(10_000)}'`), { code: 'INVALID_ARGUMENT' })
})

test('binds whatever stands in a query: no text of a user becomes SQL', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(`'`, `"`, `';--`, `") OR 1=1 --`, '@p1', '?', '\0', '%', '*[?'),
  )
  const quoted = (value: string): string => `'${value.replaceAll(`'`, `''`)}'`
  const key = (value: string): string => `"${value.replaceAll('"', '""')}"`
  const before = count(catalog)
  fc.assert(
    fc.property(
      text,
      text,
      fc.constantFrom('=', '!=', '<', 'like', 'ilike'),
      (name, value, operator) => {
        for (const field of [
          `tags.${key(name)}`,
          `meta.${key(name)}`,
          'label',
          'alias',
          'artifact',
          'attributes.by',
        ]) {
          const query = `${field} ${operator} ${quoted(value)} order by ${field}`
          if (name === '' && field.includes('.')) continue
          const { rows: found } = catalog.searchVersions(parseQuery(query))
          assert.ok(found.length <= 3)
        }
        catalog.searchVersions(parseQuery(quoted(value)), { type: value })
      },
    ),
  )
  assert.equal(count(catalog), before)
})

function count(of: Catalog): number {
  return of.searchVersions(parseQuery('')).rows.length
}

test('finds a version by any single value of its metadata', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean())
  const safeKey = fc.stringMatching(/^[a-z][a-z.]{0,5}$/)
  const meta = fc.dictionary(
    safeKey,
    fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(safeKey, scalar)),
    { maxKeys: 5 },
  )
  fc.assert(
    fc.property(meta, (value) => {
      const one = new Journaled()
      const added = new Writer().add(recordOf('model/x', 'x', { meta: value }))
      one.make(added)
      for (const { path, value: leaf } of flattenMeta(added.record.meta ?? {})) {
        const field = `meta.${path.map((part) => `"${part.replaceAll('"', '""')}"`).join('.')}`
        const literal = typeof leaf === 'string' ? `'${leaf.replaceAll(`'`, `''`)}'` : String(leaf)
        const isTooLong =
          typeof leaf === 'number' &&
          !Number.isSafeInteger(leaf) &&
          Number.isInteger(leaf) &&
          Number.isFinite(leaf)
        if (isTooLong) continue
        const { rows: found } = one.catalog.searchVersions(parseQuery(`${field} = ${literal}`))
        assert.deepEqual(
          found.map((row) => row.id),
          [added.version],
          `${field} = ${literal}`,
        )
      }
    }),
    { numRuns: 40 },
  )
})
