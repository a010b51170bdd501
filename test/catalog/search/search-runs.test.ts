/** Searching runs finds what the language says, in its order, page by page, and runs nothing else. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Catalog } from '../../../src/catalog/catalog.ts'
import { parseQuery } from '../../../src/core/query/parse.ts'
import type { Event } from '../../../src/core/events/event.ts'
import { isRunStatus } from '../../../src/core/runs/run-status.ts'
import { RunWriter } from '../../core/events/run-samples.ts'
import { idOf, recordOf, Writer } from '../../core/events/samples.ts'
import { Journaled } from '../journaled.ts'
import { evaluate, type PlainRun } from './run-evaluator.ts'

const day = 86_400_000
const firstDay = Date.UTC(2026, 10, 1)
const anna = new RunWriter()
const ben = new RunWriter('ben')
const tagger = new Writer('tagger')

type Sketch = Partial<Omit<PlainRun, 'id'>>

/** A run's events. @param seed Stands for its id. */
function eventsOf(seed: string | number, sketch: Sketch): Event[] {
  const { name, startedAt = firstDay, endedAt = null, status = 'RUNNING', by } = sketch
  const { params = {}, metrics = {}, tags = {} } = sketch
  assert.ok(isRunStatus(status))
  const writer = by === 'ben' ? ben : anna
  const time = (at: number): string => new Date(at).toISOString()
  const start = { startedAt: time(startedAt), ...(name === undefined ? {} : { name }) }
  return [
    writer.start(seed, start),
    writer.update(seed, { status, endedAt: endedAt === null ? null : time(endedAt) }),
    writer.params(seed, params),
    writer.metrics(
      seed,
      Object.fromEntries(Object.entries(metrics).map(([key, value]) => [key, [{ value }]])),
    ),
    ...Object.entries(tags).map(([key, value]) => tagger.tag(`run:${idOf(seed)}`, key, value)),
  ]
}

/** A catalog with runs 0, 1, 2, … of one experiment. */
function catalogOf(sketches: readonly Sketch[]): Catalog {
  const store = new Journaled()
  store.make(
    anna.createExperiment('experiment', 'digits'),
    ...sketches.flatMap((sketch, seed) => eventsOf(seed, sketch)),
  )
  return store.catalog
}

// --- examples -----------------------------------------------------------------------------------

const squad = new Writer('squad').add(recordOf('dataset/nlp/squad', 'v1'))

function exampleCatalog(): Catalog {
  const store = new Journaled()
  store.make(
    squad,
    anna.createExperiment('experiment', 'digits'),
    anna.createExperiment('letters', 'letters'),
    ...eventsOf('adam', {
      name: 'calm-otter',
      status: 'FINISHED',
      startedAt: Date.parse('2026-11-20T23:59:59.999Z'),
      endedAt: Date.parse('2026-11-21T01:00:00Z'),
      params: { optimizer: 'adam', lr: '0.10', 'layer.0 size': '64', amp: 'True' },
      metrics: { acc: 0.95, 'val/loss': 0.2, broken: Number.NaN },
      tags: { stage: 'production', 'mlflow.note.content': 'good' },
    }),
    ...eventsOf('sgd', {
      name: 'brave-heron',
      status: 'FAILED',
      startedAt: Date.parse('2026-11-21T10:00:00Z'),
      endedAt: Date.parse('2026-11-21T10:00:30Z'),
      by: 'ben',
      params: { optimizer: 'SGD', lr: '1e-3', amp: 'False' },
      metrics: { acc: 0.8, 'val/loss': Infinity, broken: 1 },
      tags: { stage: 'test' },
    }),
    ...eventsOf('plain', { startedAt: Date.parse('2026-12-01T00:00:00Z'), name: 'plain' }),
    anna.start('letter', {
      name: 'letter',
      experiment: idOf('letters'),
      startedAt: '2026-10-01T00:00:00.000Z',
      parent: idOf('plain'),
      context: { git: { commit: 'c0ffee', branch: 'main', dirty: false } },
    }),
    ...eventsOf('gone', { metrics: { acc: 1 } }),
    anna.remove('gone'),
    anna.link('adam', 'input', squad.version, 'train'),
    anna.link('sgd', 'output', squad.version, 'train'),
    anna.update('sgd', { exitCode: 3 }),
  )
  return store.catalog
}

const examples = exampleCatalog()
const names = new Map(['adam', 'sgd', 'plain', 'letter', 'gone'].map((seed) => [idOf(seed), seed]))

function find(query: string, catalog = examples): (string | undefined)[] {
  return catalog.searchRuns(parseQuery(query)).rows.map((row) => names.get(row.id))
}

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['', ['plain', 'sgd', 'adam', 'letter']],
  ['OTTER', ['adam']],
  ["metrics.acc > 0.9 and params.optimizer = 'adam' and tags.stage ilike 'PROD%'", ['adam']],
  ["attributes.status in ('FINISHED', 'FAILED')", ['sgd', 'adam']],
  ['metrics.acc >= 0.8', ['sgd', 'adam']],
  ['metrics.acc != 0.8', ['adam']],
  ['metrics.acc is null', ['plain', 'letter']],
  ['not metrics.acc = 0.8', ['plain', 'adam', 'letter']],
  ['metrics."val/loss" = inf', ['sgd']],
  ['metrics.`val/loss` < inf', ['adam']],
  ['metrics.broken = nan', ['adam']],
  ['metrics.broken != 2', ['sgd', 'adam']],
  ['metrics.broken is not null', ['sgd', 'adam']],
  ['params.lr = 0.1', ['adam']],
  ["params.lr = '0.1'", []],
  ['params.lr < 0.01', ['sgd']],
  ['params.optimizer > 5', []],
  ['params.optimizer != 5', ['sgd', 'adam']],
  ["params.optimizer != 'adam'", ['sgd']],
  ["params.optimizer ilike 'sg_'", ['sgd']],
  ["params.optimizer not in ('adam')", ['sgd']],
  ['params.amp = true', ['adam']],
  ['params.amp != TRUE', ['sgd']],
  ['params."layer.0 size" = 64', ['adam']],
  ['params.layer."0 size" >= 64', ['adam']],
  ['tags.stage is null', ['plain', 'letter']],
  ["tags.mlflow.note.content = 'good'", ['adam']],
  [`run_id = '${idOf('sgd')}'`, ['sgd']],
  [`run = '${idOf('sgd')}' or id = '${idOf('adam')}'`, ['sgd', 'adam']],
  ["run_name = 'calm-otter'", ['adam']],
  [`attributes."Run Name" like 'calm%'`, ['adam']],
  ["attr.user_id = 'ben'", ['sgd']],
  ["user = 'ben'", ['sgd']],
  ["experiment = 'letters'", ['letter']],
  [`experiment_id = '${idOf('experiment')}'`, ['plain', 'sgd', 'adam']],
  [`parent = '${idOf('plain')}'`, ['letter']],
  ["commit like 'c0f%' and branch = main", ['letter']],
  ['exit_code = 3', ['sgd']],
  ['duration < 1min', ['sgd']],
  ['duration >= 30000', ['sgd', 'adam']],
  ['duration != 1s', ['sgd', 'adam']],
  ['end_time is null', ['plain', 'letter']],
  ['end_time != 2026-11-21T10:00:30Z', ['adam']],
  ['created = 2026-11-20', ['adam']],
  ['started > 2026-11-20', ['plain', 'sgd']],
  ['start_time <= 2026-11', ['sgd', 'adam', 'letter']],
  ["start_time < '2026-11-21 10:00'", ['adam', 'letter']],
  ["start_time = '2026-11-21T10'", ['sgd']],
  ['start_time = 2026', ['plain', 'sgd', 'adam', 'letter']],
  ['start_time = 2026-11-20T23:59:59.99', ['adam']],
  [`attributes.start_time <= ${Date.parse('2026-11-21T10:00:00Z')}`, ['sgd', 'adam', 'letter']],
  ["datasets.name = 'nlp/squad'", ['adam']],
  ["dataset.artifact like 'dataset/%' and datasets.context = 'train'", ['adam']],
  [`datasets.digest = '${squad.version}'`, ['adam']],
  ['datasets.name is null', ['plain', 'sgd', 'letter']],
  ['order by metrics.acc', ['sgd', 'adam', 'plain', 'letter']],
  ['order by metrics.acc desc', ['adam', 'sgd', 'plain', 'letter']],
  ['order by metrics.broken desc', ['sgd', 'adam', 'plain', 'letter']],
  ['order by metrics."val/loss" desc, name', ['sgd', 'adam', 'letter', 'plain']],
  ['order by metrics.acc desc limit 1', ['adam']],
  ['metrics.acc is not null order by metrics.acc', ['sgd', 'adam']],
  ['order by params.lr', ['sgd', 'adam', 'plain', 'letter']],
  ['order by tags.stage desc, start_time asc', ['sgd', 'adam', 'letter', 'plain']],
  ['order by attributes.start_time ASC', ['letter', 'adam', 'sgd', 'plain']],
  ['order by datasets.name, duration', ['adam', 'sgd', 'plain', 'letter']],
]

for (const [query, expected] of cases) {
  test(`finds runs by: ${query}`, () => {
    assert.deepEqual(find(query), expected)
  })
}

test('finds runs of some experiments, and removed ones', () => {
  const found = (request: Parameters<Catalog['searchRuns']>[1]): (string | undefined)[] =>
    examples.searchRuns(parseQuery(''), request).rows.map((row) => names.get(row.id))
  assert.deepEqual(found({ experiments: [idOf('letters')] }), ['letter'])
  assert.deepEqual(found({ experiments: [idOf('letters'), idOf('experiment')] }).length, 4)
  assert.deepEqual(found({ experiments: [idOf('nothing')] }), [])
  assert.deepEqual(found({ view: 'removed' }), ['gone'])
  assert.equal(found({ view: 'all' }).length, 5)
})

const refused: readonly (readonly [string, number])[] = [
  ['colour = red', 0],
  ['constructor = 1', 0],
  ['status = x and artifact_uri = y', 15],
  ['meta.f1 > 1', 0],
  ['metrics.acc > high', 14],
  ["metrics.acc like '1%'", 0],
  ['tags.n > 5', 9],
  ['duration > long', 11],
  ['start_time > yesterday', 13],
  ["start_time like '2026%'", 0],
  ['datasets.colour = red', 0],
  ['order by colour', 9],
]

for (const [query, place] of refused) {
  test(`refuses, and points at the place: ${query}`, () => {
    const message = new RegExp(`\\n {2}.*\\n {${place + 2}}\\^`)
    assert.throws(() => find(query), { code: 'INVALID_ARGUMENT', message })
  })
}

// --- properties ---------------------------------------------------------------------------------

const keys = [
  'lr',
  'a.b',
  'learning rate',
  `o'b "x" -- ;`,
  '`t`',
  `') or 1=1 --`,
  '@p1',
  'ü😀',
  'toString',
]
const texts = ['adam', 'Adam', 'sgd', '', '10', '9', '0.1', '1e-1', ' 5 ', '12ab', 'nan', '-inf']
const moreTexts = [
  'Infinity',
  'True',
  'false',
  "it's",
  '%',
  'a_b',
  '[x]',
  '*',
  `';--`,
  'é',
  '😀',
  '?',
]
const anyText = fc.constantFrom(...texts, ...moreTexts)
const anyNumber = fc.constantFrom(0, 0.1, 0.5, 5, 9, 10, -1, 1e-7, Infinity, -Infinity, Number.NaN)
const anyKey = fc.constantFrom(...keys)

const anySketch: fc.Arbitrary<Sketch> = fc.record({
  name: fc.constantFrom('calm-otter', 'Calm', 'x%', 'é'),
  status: fc.constantFrom('RUNNING', 'FINISHED', 'FAILED'),
  startedAt: fc.integer({ min: 0, max: 5 }).map((days) => firstDay + days * day),
  endedAt: fc.option(
    fc.integer({ min: 5, max: 8 }).map((days) => firstDay + days * day),
    { nil: null },
  ),
  by: fc.constantFrom('anna', 'ben'),
  params: fc.dictionary(anyKey, anyText, { maxKeys: 4 }),
  metrics: fc.dictionary(anyKey, anyNumber, { maxKeys: 4 }),
  tags: fc.dictionary(anyKey, anyText, { maxKeys: 3 }),
})

function plainRuns(sketches: readonly Sketch[]): PlainRun[] {
  return sketches.map((sketch, seed) => ({
    id: idOf(seed),
    name: `run ${seed}`,
    status: 'RUNNING',
    startedAt: firstDay,
    endedAt: null,
    params: {},
    metrics: {},
    tags: {},
    by: 'anna',
    ...sketch,
  }))
}

function quoted(text: string): string {
  return `'${text.replaceAll(`'`, `''`)}'`
}

function keyed(scope: string): fc.Arbitrary<string> {
  return anyKey.map((key) => `${scope}."${key.replaceAll('"', '""')}"`)
}

const operator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
const equality = fc.constantFrom('=', '!=')
const not = fc.constantFrom('', 'not ')
const number = anyNumber.map(String)
const string = fc.oneof(anyText, fc.string()).map(quoted)
const pattern = fc
  .oneof(anyText, fc.constantFrom('%', 'a%', '%A%', '_d%', '%[%', '1_', ''))
  .map(quoted)
const textField = fc.oneof(
  keyed('params'),
  keyed('tags'),
  fc.constantFrom('name', 'status', 'run_id', 'user'),
)
const numberField = fc.oneof(keyed('metrics'), fc.constantFrom('duration'))
const timeField = fc.constantFrom('start_time', 'end_time')
const time = fc.integer({ min: 0, max: 8 }).map((days) => String(firstDay + days * day))

function words(...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((each) => each.join(' '))
}

const is = (text: string): fc.Arbitrary<string> => fc.constant(text)
const list = fc.array(string, { minLength: 1, maxLength: 3 }).map((all) => `(${all.join(', ')})`)

const anyTest = fc.oneof(
  { weight: 4, arbitrary: words(numberField, operator, number) },
  { weight: 3, arbitrary: words(keyed('params'), operator, number) },
  { weight: 1, arbitrary: words(keyed('params'), equality, fc.constantFrom('true', 'false')) },
  { weight: 3, arbitrary: words(textField, operator, string) },
  { weight: 2, arbitrary: words(textField, not, fc.constantFrom('like', 'ilike'), pattern) },
  { weight: 2, arbitrary: words(textField, not, is('in'), list) },
  { weight: 2, arbitrary: words(timeField, operator, time) },
  { weight: 1, arbitrary: words(keyed('metrics'), is('is'), not, is('null')) },
  { weight: 1, arbitrary: words(textField, is('is'), not, is('null')) },
  { weight: 1, arbitrary: words(timeField, is('is'), not, is('null')) },
  { weight: 1, arbitrary: string },
)

const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    anyTest,
    words(is('('), tie('condition'), is('and'), tie('condition'), is(')')),
    words(tie('condition'), is('and'), tie('condition')),
    words(is('('), tie('condition'), is('or'), tie('condition'), is(')')),
    words(is('not ('), tie('condition'), is(')')),
  ),
}))

const orderTerm = words(
  fc.oneof(textField, numberField, timeField),
  fc.constantFrom('', 'asc', 'desc'),
)
const order = fc
  .array(orderTerm, { maxLength: 3 })
  .map((terms) => (terms.length === 0 ? '' : `order by ${terms.join(', ')}`))
const anyQuery = words(fc.option(condition, { nil: '' }), order)

test('finds what the language says, in the order it says, whatever the runs and the query', () => {
  fc.assert(
    fc.property(
      fc.array(anySketch, { maxLength: 12 }),
      fc.array(anyQuery, { minLength: 1, maxLength: 8 }),
      (sketches, queries) => {
        using catalog = catalogOf(sketches)
        const runs = plainRuns(sketches)
        for (const text of queries) {
          const query = parseQuery(text)
          const found = catalog.searchRuns(query).rows.map(({ id }) => id)
          assert.deepEqual(found, evaluate(query, runs), text)
        }
        assert.equal(catalog.runs.count(), sketches.length)
      },
    ),
    { numRuns: 120 },
  )
})

/** All runs of a query, a page at a time. */
function paged(catalog: Catalog, text: string, limit: number, between = (): void => {}): string[] {
  const ids: string[] = []
  let after: string | undefined
  for (let pages = 0; pages < 1000; pages++) {
    const page = catalog.searchRuns(parseQuery(text), { limit, after })
    assert.ok(page.rows.length <= limit)
    ids.push(...page.rows.map(({ id }) => id))
    if (page.next === null) return ids
    assert.equal(page.rows.length, limit)
    after = page.next
    between()
  }
  return assert.fail('pages without end')
}

test('gives the same runs in pages as at once, also up to a limit of the query', () => {
  fc.assert(
    fc.property(
      fc.array(anySketch, { maxLength: 12 }),
      anyQuery,
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('', ' limit 1', ' limit 4'),
      (sketches, query, size, limit) => {
        using catalog = catalogOf(sketches)
        const text = `${query}${limit}`
        assert.deepEqual(
          paged(catalog, text, size),
          evaluate(parseQuery(text), plainRuns(sketches)),
          text,
        )
      },
    ),
    { numRuns: 120 },
  )
})

for (const order of ['', 'order by metrics.acc desc', 'order by params.lr, name']) {
  test(`pages stay where they are while new runs come in: ${order || 'newest first'}`, () => {
    const store = new Journaled()
    const sketch = (i: number): Sketch => ({
      startedAt: firstDay + i * 1000,
      params: { lr: String(i % 4) },
      metrics: i % 3 === 0 ? {} : { acc: i % 5 },
    })
    const old = Array.from({ length: 20 }, (_, i) => sketch(i))
    store.make(
      anna.createExperiment('experiment', 'digits'),
      ...old.flatMap((each, i) => eventsOf(i, each)),
    )
    const before = evaluate(parseQuery(order), plainRuns(old))
    let more = 20
    const found = paged(store.catalog, order, 3, () => {
      if (more < 40) store.make(...eventsOf(more, sketch(more)))
      more += 1
    })
    assert.equal(new Set(found).size, found.length, 'no run comes twice')
    const isOld = new Set(before)
    assert.deepEqual(
      found.filter((id) => isOld.has(id)),
      before,
    )
  })
}

test('binds whatever stands in a query: no key and no value becomes SQL', () => {
  const hostile = fc.oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.constantFrom(`'`, `"`, '`', `'; DROP TABLE run; --`, `") OR 1=1 --`, '@p1', '?', ':a', '\0'),
  )
  const everything = examples.searchRuns(parseQuery('')).rows.length
  fc.assert(
    fc.property(hostile, hostile, (name, value) => {
      const key = `"${name.replaceAll('"', '""')}"`
      for (const text of [
        `metrics.${key} >= -inf order by metrics.${key} desc`,
        `params.${key} = ${quoted(value)} order by params.${key}`,
        `params.${key} < 5 or tags.${key} like ${quoted(value)}`,
        `tags.${key} in (${quoted(value)}) order by tags.${key}`,
        `run_id = ${quoted(value)} and name ilike ${quoted(value)}`,
        `datasets.name = ${quoted(value)} and experiment = ${quoted(value)}`,
      ]) {
        assert.deepEqual(find(text), [], text)
      }
      assert.deepEqual(examples.searchRuns(parseQuery(''), { experiments: [value] }).rows, [])
    }),
  )
  assert.equal(examples.searchRuns(parseQuery('')).rows.length, everything)
})

test('refuses a page token of another search, and what is no token', () => {
  const { next } = examples.searchRuns(parseQuery('order by name'), { limit: 1 })
  assert.ok(next !== null && /^[\w-]+$/.test(next))
  const refuse = (query: string, request: Parameters<Catalog['searchRuns']>[1]): void => {
    assert.throws(() => examples.searchRuns(parseQuery(query), request), {
      code: 'INVALID_ARGUMENT',
    })
  }
  refuse('order by user', { after: next })
  refuse('order by name', { after: next, view: 'all' })
  refuse('order by name', { after: next, experiments: [idOf('experiment')] })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.base64String()), (text) => {
      refuse('order by name', { after: text })
      refuse('order by name', { after: Buffer.from(text).toString('base64url') })
    }),
  )
})

test('finds the first of very many runs, whichever way it begins', () => {
  const sketches = Array.from({ length: 6000 }, (_, i): Sketch => ({
    startedAt: firstDay + ((i * 7919) % 6000) * 1000,
    params: { optimizer: i % 3 === 0 ? 'adam' : 'sgd' },
    metrics: { acc: (i * 31) % 997, ...(i % 2 === 0 && { loss: (i * 17) % 1009 }) },
  }))
  using catalog = catalogOf(sketches)
  const runs = plainRuns(sketches)
  for (const text of [
    'metrics.acc >= 0',
    'metrics.acc >= 0 order by metrics.acc',
    "metrics.acc >= 0 and params.optimizer = 'adam' order by metrics.loss desc",
    'metrics.acc >= 0 order by start_time asc',
    "metrics.acc > 900 and params.optimizer = 'adam' order by metrics.loss desc, name",
  ]) {
    const expected = evaluate(parseQuery(text), runs)
    const first = catalog.searchRuns(parseQuery(text), { limit: 50 })
    assert.deepEqual(
      first.rows.map(({ id }) => id),
      expected.slice(0, 50),
      text,
    )
    assert.deepEqual(paged(catalog, text, 700), expected, text)
  }
})
