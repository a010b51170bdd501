/** `MetricBuffer` loses, changes and reorders no point, and what it gives fits into events. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eventBytesMax, newEvent } from '../../../src/core/events/new-event.ts'
import { type MetricBatch, MetricBuffer } from '../../../src/core/runs/metric-buffer.ts'
import { decodePoints } from '../../../src/core/runs/metric-points.ts'

type Point = { readonly value: number; readonly step: number; readonly time: number }

/** The points of each metric, in order. */
function pointsOf(batches: readonly MetricBatch[]): Map<string, Point[]> {
  const points = new Map<string, Point[]>()
  for (const { key, points: text } of batches.flat()) {
    const { values, steps, times } = decodePoints(Buffer.from(text, 'base64'), 'test')
    const more = Array.from(values, (value, i) => ({
      value,
      step: steps[i] ?? -1,
      time: times[i] ?? -1,
    }))
    points.set(key, [...(points.get(key) ?? []), ...more])
  }
  return points
}

test('gives back what was added: NaN, the infinities and minus zero as they are', () => {
  const buffer = new MetricBuffer()
  buffer.add({ loss: Number.NaN, 'a/b.c "d" é': -0 }, { step: 3, time: 5 })
  buffer.add({ loss: -Infinity }, { step: -1, time: 4 })
  assert.equal(buffer.points, 3)
  assert.deepEqual(
    pointsOf(buffer.take()),
    new Map([
      [
        'loss',
        [
          { value: Number.NaN, step: 3, time: 5 },
          { value: -Infinity, step: -1, time: 4 },
        ],
      ],
      ['a/b.c "d" é', [{ value: -0, step: 3, time: 5 }]],
    ]),
  )
  assert.equal(buffer.points, 0)
  assert.deepEqual(buffer.take(), [])
})

test('counts steps of each metric by itself, on from the last one, also after a take', () => {
  const buffer = new MetricBuffer()
  buffer.add({ a: 1 }, { time: 0 })
  buffer.add({ a: 1, b: 1 }, { time: 0 })
  buffer.take()
  buffer.add({ a: 1, b: 1 }, { time: 0 })
  buffer.add({ a: 1 }, { step: 10, time: 0 })
  buffer.add({ a: 1 }, { time: 0 })
  const points = pointsOf(buffer.take())
  const steps = (key: string): number[] | undefined => points.get(key)?.map(({ step }) => step)
  assert.deepEqual(steps('a'), [2, 10, 11])
  assert.deepEqual(steps('b'), [1])
})

test('refuses what is no number, naming the metric, and takes none of the others', () => {
  const buffer = new MetricBuffer()
  const values: Record<string, number> = JSON.parse('{"good": 1, "acc/val": "0.9"}')
  assert.throws(() => buffer.add(values, { time: 0 }), {
    code: 'INVALID_ARGUMENT',
    message: /acc\/val/,
  })
  assert.equal(buffer.points, 0)
})

test('refuses keys, steps and times that cannot be kept', () => {
  const buffer = new MetricBuffer()
  const refused = { code: 'INVALID_ARGUMENT' }
  assert.throws(() => buffer.add({ '': 1 }, { time: 0 }), refused)
  assert.throws(() => buffer.add({ ['k'.repeat(251)]: 1 }, { time: 0 }), refused)
  assert.throws(() => buffer.add({ 'a\nb': 1 }, { time: 0 }), refused)
  assert.throws(() => buffer.add({ a: 1 }, { step: 0.5, time: 0 }), refused)
  assert.throws(() => buffer.add({ a: 1 }, { time: Number.NaN }), refused)
  buffer.add({ ['k'.repeat(250)]: 1, __proto__x: 1 }, { time: 0 })
  assert.equal(buffer.points, 2)
})

test('cuts so that every event stays within its size, whatever the keys and counts', () => {
  const anyCounts = fc.array(
    fc.record({
      key: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      count: fc.nat(30_000),
    }),
    { minLength: 1, maxLength: 6 },
  )
  fc.assert(
    fc.property(anyCounts, (series) => {
      const buffer = new MetricBuffer()
      const expected = new Map<string, number>()
      for (const [i, { key, count }] of series.entries()) {
        const name = `${i} ${key.replaceAll(/[\p{Control}\u2028\u2029]/gu, '_')}`
        for (let n = 0; n < count; n++) buffer.add({ [name]: n }, { time: n })
        if (count > 0) expected.set(name, count)
      }
      const batches = buffer.take()
      const points = pointsOf(batches)
      assert.deepEqual(new Map([...points].map(([key, { length }]) => [key, length])), expected)
      for (const each of points.values()) {
        assert.ok(each.every(({ value, step, time }, n) => value === n && step === n && time === n))
      }
      for (const batch of batches) assert.ok(JSON.stringify(batch).length < eventBytesMax - 1024)
    }),
    { numRuns: 20 },
  )
})

test('a full batch is an event that can be made', () => {
  const buffer = new MetricBuffer()
  for (let i = 0; i < 200; i++) {
    const values = Object.fromEntries(Array.from({ length: 300 }, (_, k) => [`metric ${k}`, i]))
    buffer.add(values, { time: i })
  }
  const batches = buffer.take()
  assert.ok(batches.length > 3)
  for (const series of batches) {
    const stamp = { id: '0'.repeat(32), lamport: 1, at: '2026-11-21T00:00:00.000Z', by: 'anna' }
    newEvent({ type: 'run.metrics', run: '1'.repeat(32), series }, stamp)
  }
})
