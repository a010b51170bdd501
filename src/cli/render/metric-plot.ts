/**
 * Curves of one metric in the terminal, a curve a run.
 *
 * The library draws; here is decided what: points that are no numbers are left out and counted,
 * and where there is no colour each curve has a mark of its own.
 */

import { styleText } from 'node:util'

import { plot, type Settings } from 'simple-ascii-chart'

import type { MetricHistory } from '../../store/runs/results.ts'
import { formatCount } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'
import { formatMetric } from './runs.ts'

export type Curve = { readonly name: string; readonly history: MetricHistory }

export type PlotOptions = {
  readonly metric: string
  /** Of the terminal. */
  readonly columns: number
  readonly coloured: boolean
}

type Point = [step: number, value: number]

/** As the library names it, and as Node does. */
type Colour = readonly [
  `ansi${'Cyan' | 'Yellow' | 'Green' | 'Magenta' | 'Red' | 'Blue'}`,
  'cyan' | 'yellow' | 'green' | 'magenta' | 'red' | 'blue',
]

const colours: readonly [Colour, ...Colour[]] = [
  ['ansiCyan', 'cyan'],
  ['ansiYellow', 'yellow'],
  ['ansiGreen', 'green'],
  ['ansiMagenta', 'magenta'],
  ['ansiRed', 'red'],
  ['ansiBlue', 'blue'],
]
const marks: readonly [string, ...string[]] = ['●', '+', 'x', 'o', '#', '@']

/** Lines of the drawing without axis and legend. */
const height = 14
/** What axis, labels and margins take beside the curves. */
const margin = 16
const ticks = 5

/** How many points of a series are worth asking for: the rest would share a cell with others. */
export function plottedPoints(columns: number): number {
  return 2 * widthFor(columns)
}

function widthFor(columns: number): number {
  return Math.max(20, Math.min(100, columns - margin))
}

export function plotMetric(curves: readonly Curve[], options: PlotOptions): string {
  const drawn = curves
    .map(({ name, history }) => ({ name, points: finitePoints(history) }))
    .filter(({ points }) => points.length > 0)
  const notes = curves.flatMap(({ name, history }) => leftOut(name, history))
  if (drawn.length === 0)
    return [`No run has a number for ${visible(options.metric)}.`, ...notes].join('\n')
  const series = drawn.map(({ points }) => points)
  const drawing = plot(series, settingsFor(series, options))
  const legend = drawn.map(({ name }, index) => `  ${markOf(index, options)} ${visible(name)}`)
  const lines = drawing.split('\n').map((line) => line.trimEnd())
  const body = lines.filter((line) => line !== '')
  return [`${visible(options.metric)} by step`, ...body, ...legend, ...notes].join('\n')
}

function finitePoints({ points }: MetricHistory): Point[] {
  return points
    .filter(({ value }) => Number.isFinite(value))
    .map(({ step, value }) => [step, value])
}

function leftOut(name: string, { points }: MetricHistory): string[] {
  const count = points.filter(({ value }) => !Number.isFinite(value)).length
  return count === 0
    ? []
    : [`${visible(name)}: ${formatCount(count, 'point')} left out (NaN or infinite)`]
}

function settingsFor(series: readonly Point[][], options: PlotOptions): Settings {
  const steps = series.flat().map(([step]) => step)
  const values = series.flat().map(([, value]) => value)
  return {
    width: widthFor(options.columns),
    height,
    customXAxisTicks: ticksOf(steps).map(Math.round),
    customYAxisTicks: ticksOf(values),
    formatter: (value, { axis }) =>
      axis === 'y' ? formatMetric(Number(value.toPrecision(4))) : value,
    ...(options.coloured
      ? { color: series.map((_points, index) => at(colours, index)[0]) }
      : marked()),
  }
}

/** Between the least and the greatest, evenly. */
function ticksOf(values: readonly number[]): number[] {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity)
  const greatest = values.reduce((a, b) => Math.max(a, b), -Infinity)
  if (least === greatest) return [least]
  return Array.from({ length: ticks }, (_, i) => least + ((greatest - least) * i) / (ticks - 1))
}

/** The library goes through one series after the other, each from its first point on. */
function marked(): Settings {
  let series = -1
  return {
    lineFormatter: ({ index, plotX, plotY }) => {
      if (index === 0) series++
      return { x: plotX, y: plotY, symbol: at(marks, series) }
    },
  }
}

function markOf(index: number, { coloured }: PlotOptions): string {
  if (!coloured) return at(marks, index)
  const [, colour] = at(colours, index)
  return styleText(colour, '━', { validateStream: false })
}

function at<Item>(items: readonly [Item, ...Item[]], index: number): Item {
  return items[index % items.length] ?? items[0]
}
