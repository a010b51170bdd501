/** Lines that programs write to log: what each means, and which are refused. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseLogLine } from '../../../src/core/runs/log-line.ts'
import { parseMetricValue } from '../../../src/core/runs/metric-value.ts'

test('a line says several things at once', () => {
  const line =
    '{"metrics":{"loss":0.5,"a/b c":1},"step":3,"params":{"lr":0.1,"x":null},"tags":{"t":"v"}}'
  assert.deepEqual(parseLogLine(line), {
    metrics: { loss: 0.5, 'a/b c': 1 },
    step: 3,
    params: { lr: 0.1, x: null },
    tags: { t: 'v' },
  })
})

test('NaN and the infinities are read as Python writes them', () => {
  const { metrics } = parseLogLine('{"metrics": {"a": NaN, "b": -Infinity, "NaN": Infinity}}')
  assert.deepEqual(metrics, { a: NaN, b: -Infinity, NaN: Infinity })
  const { tags } = parseLogLine('{"tags": {"q": "say \\"NaN\\" twice"}, "metrics": {"a": NaN}}')
  assert.deepEqual(tags, { q: 'say "NaN" twice' })
})

test('a time is milliseconds or ISO', () => {
  assert.equal(parseLogLine('{"metrics":{"a":1},"time":5}').time, 5)
  assert.equal(parseLogLine('{"metrics":{"a":1},"time":"1970-01-01T00:00:01Z"}').time, 1000)
})

test('files, texts, inputs and outputs are named', () => {
  assert.deepEqual(parseLogLine('{"file":"a.png","as":"plots/a.png"}'), {
    file: 'a.png',
    as: 'plots/a.png',
  })
  assert.deepEqual(parseLogLine('{"text":"hi","as":"t.txt","input":"dataset/d@v1"}'), {
    text: 'hi',
    as: 't.txt',
    input: 'dataset/d@v1',
  })
})

const refused = [
  'nonsense',
  '[]',
  '1',
  'null',
  '',
  '{"loss":0.1}',
  '{"metric":{"loss":0.1}}',
  '{"metrics":{"loss":"high"}}',
  '{"metrics":{"loss":null}}',
  '{"metrics":{"loss":[1]}}',
  '{"metrics":0.1}',
  '{"metrics":{"a":1},"step":1.5}',
  '{"metrics":{"a":1},"time":"soon"}',
  '{"step":3}',
  '{"params":{"a":{}}}',
  '{"tags":{"a":1}}',
  '{"text":"hi"}',
  '{"output":"model"}',
  '{"as":"x"}',
  '{"file":"a","text":"b","as":"c"}',
]

for (const line of refused) {
  test(`refuses ${line === '' ? 'an empty line' : line}`, () => {
    assert.throws(() => parseLogLine(line), { code: 'INVALID_ARGUMENT' })
  })
}

test('no line makes it fail otherwise', () => {
  const anyLine = fc.oneof(
    fc.string(),
    fc.json(),
    fc.string().map((text) => `{"metrics":${text}}`),
  )
  fc.assert(
    fc.property(anyLine, (line) => {
      try {
        parseLogLine(line)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'INVALID_ARGUMENT')
      }
    }),
  )
})

test('every double is read back from what it prints as', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      // Number prints -0 as 0.
      assert.equal(parseMetricValue(String(value)), value === 0 ? 0 : value)
    }),
  )
})

test('what is no number is none', () => {
  for (const text of [
    '',
    ' ',
    '0x10',
    '1,5',
    'one',
    '1e',
    '--1',
    '1 2',
    'infinite',
    'constructor',
  ]) {
    assert.equal(parseMetricValue(text), undefined, text)
  }
  assert.equal(parseMetricValue('-inf'), -Infinity)
  assert.equal(parseMetricValue(' 1e-3 '), 0.001)
})
