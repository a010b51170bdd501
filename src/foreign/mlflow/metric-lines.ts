/**
 * The files in which MLflow's file store keeps metrics: `time value step`, a line a point.
 *
 * Older ones have no step. A file is read in blocks, so a long series never lies in memory.
 */

import { closeSync, openSync, readSync } from 'node:fs'

import type { MetricPoint } from '../../core/runs/metric-points.ts'
import { parseMetricValue } from '../../core/runs/metric-value.ts'

/** Points that are handed out together. */
const batchPoints = 10_000
const blockBytes = 256 * 1024

/**
 * The points of a file in batches, in the order they were logged.
 *
 * @param onProblem Told of each line that is no point; such a line is passed over.
 */
export function* readMetricFile(
  path: string,
  onProblem: (why: string) => void,
): Generator<MetricPoint[]> {
  let points: MetricPoint[] = []
  let number = 0
  for (const line of linesOf(path)) {
    number += 1
    if (line.trim() === '') continue
    const point = parseMetricLine(line)
    if (point === undefined) {
      onProblem(`${path}, line ${number}: ${JSON.stringify(line.slice(0, 80))} is no point`)
      continue
    }
    points.push(point)
    if (points.length < batchPoints) continue
    yield points
    points = []
  }
  if (points.length > 0) yield points
}

/** `undefined` if the line is no point: a torn last line, a step that no double holds. */
export function parseMetricLine(line: string): MetricPoint | undefined {
  const [time = '', value = '', step = '0'] = line.trim().split(/\s+/)
  const point = { value: parseMetricValue(value), step: Number(step), time: Number(time) }
  if (point.value === undefined || time === '') return undefined
  if (!Number.isSafeInteger(point.step) || !Number.isSafeInteger(point.time)) return undefined
  return { value: point.value, step: point.step, time: point.time }
}

function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    const block = Buffer.alloc(blockBytes)
    let rest = ''
    for (;;) {
      const length = readSync(file, block)
      if (length === 0) break
      // The lines are ASCII: no character is cut by the end of a block.
      const lines = (rest + block.toString('latin1', 0, length)).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    if (rest !== '') yield rest
  } finally {
    closeSync(file)
  }
}
