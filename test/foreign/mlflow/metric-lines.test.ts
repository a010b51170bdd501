/** Lines of MLflow's metric files: what its versions wrote, and what no writer finished. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { parseMetricLine, readMetricFile } from '../../../src/foreign/mlflow/metric-lines.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('reads every form of a line', () => {
  assert.deepEqual(parseMetricLine('5 0.1 3'), { value: 0.1, step: 3, time: 5 })
  assert.deepEqual(parseMetricLine('5 1e-05'), { value: 1e-5, step: 0, time: 5 })
  assert.deepEqual(parseMetricLine('5 -inf -2'), { value: -Infinity, step: -2, time: 5 })
  assert.deepEqual(parseMetricLine('5 nan 0 run data abc'), { value: Number.NaN, step: 0, time: 5 })
})

test('a line that is no point is none', () => {
  for (const line of ['', '5', '5 x 1', 'x 1 1', '5 1 0.5', '5 1 9007199254740993']) {
    assert.equal(parseMetricLine(line), undefined, line)
  }
})

test('a file larger than any block comes whole, in order', (context) => {
  const path = join(temporaryFolder(context), 'loss')
  const lines = Array.from({ length: 50_000 }, (_, i) => `${1_700_000_000_000 + i} ${i / 7} ${i}`)
  writeFileSync(path, [...lines, 'torn'].join('\n'))
  const problems: string[] = []
  const steps = [...readMetricFile(path, (why) => problems.push(why))].flatMap((points) =>
    points.map(({ step }) => step),
  )
  assert.deepEqual(steps, Array.from(lines.keys()))
  assert.equal(problems.length, 1)
})
