/** Runs as text, CSV and drawings. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { csv } from '../../../src/cli/render/csv.ts'
import { plotMetric, plottedPoints } from '../../../src/cli/render/metric-plot.ts'
import { plain } from '../../../src/cli/render/paint.ts'
import { comparisonCsv, renderComparison } from '../../../src/cli/render/run-comparison.ts'
import {
  historyCsv,
  renderExperiments,
  renderHistory,
  renderRun,
  renderRuns,
  runsCsv,
} from '../../../src/cli/render/runs.ts'
import {
  experimentListing,
  metricHistory,
  runComparison,
  runDetails,
  runningSummary,
  runSummary,
} from '../run-samples.ts'

const lines = (text: string): string[] => text.split('\n')

test('a list of runs has their params and last metrics, and no escape sequences', () => {
  assert.deepEqual(lines(renderRuns([runSummary, runningSummary], plain)), [
    'RUN           NAME                  EXPERIMENT  STATUS           STARTED               TOOK    PARAMS                              METRICS',
    '3f9a1c0417b2  brave-otter           sweep       FINISHED         2026-11-21T04:44:50Z  1m 16s  lr=0.1 optimizer=adam               loss=0.123457 acc=NaN',
    'aaaaaaaaaaaa  calm\\u{1b}[31m-heron  sweep       RUNNING (stale)  2026-11-21T04:44:50Z  -       lr=0.01 batch=32 depth=8 seed=1 +1',
  ])
  assert.equal(renderRuns([], plain), '')
})

test('CSV of runs has a column for every key and values that are not shortened', () => {
  const { run: second } = runningSummary
  assert.deepEqual(runsCsv([runSummary, { ...runningSummary, name: 'say "hi"' }]).split('\r\n'), [
    'run,name,experiment,status,startedAt,endedAt,durationMs,user,parent,params.batch,params.depth,params.lr,params.optimizer,params.seed,params.warmup,metrics.acc,metrics.loss,tags.team',
    `${runSummary.run},brave-otter,sweep,FINISHED,2026-11-21T04:44:50.123Z,2026-11-21T04:46:05.623Z,75500,anna,,,,0.1,adam,,,NaN,0.123456789,"a,b"`,
    `${second},"say ""hi""",sweep,RUNNING,2026-11-21T04:44:50.123Z,,,anna,,32,8,0.01,,1,100,,,`,
    '',
  ])
})

test('CSV quotes line breaks, commas and quotes, and nothing else', () => {
  assert.equal(
    csv(
      ['a', 'b'],
      [
        ['x\ny', 'p,"q"'],
        [null, true],
      ],
    ),
    'a,b\r\n"x\ny","p,""q"""\r\n,true\r\n',
  )
})

test('one run says all there is', () => {
  assert.deepEqual(lines(renderRun(runDetails, plain)), [
    'brave-otter  FINISHED',
    `  run         ${runDetails.run}`,
    '  experiment  sweep',
    '  started     2026-11-21T04:44:50Z by anna, ended 2026-11-21T04:46:05Z (1m 16s)',
    '  parent      bbbbbbbbbbbb',
    '  exit code   0',
    String.raw`  command     python train.py --say 'it'\''s'`,
    '  git         c0ffeec0ffee on main, with changes',
    String.raw`  note        first one\nthat converges`,
    '  tag         team=a,b',
    '  param       lr = 0.1',
    '  param       optimizer = adam',
    '  param       lr = 0.2 was said by bo later',
    '  metric      loss = 0.123457 at step 99; 100 points, 0.1 to 2',
    '  metric      acc = NaN',
    '  input       dataset/digits@v1 (data)',
    `  output      ${runDetails.outputs[0]?.version.slice(0, 12)} (checkpoint)`,
    `  files       3 files, 2.0 KiB, sealed as ${runDetails.files.version?.slice(0, 12)}`,
    '  child       dddddddddddd little-one',
  ])
})

test('a context that is not as expected shows nothing of itself', () => {
  const odd = { ...runDetails, context: { source: 'x', git: { commit: 7 } } }
  assert.doesNotMatch(renderRun(odd, plain), /^ {2}(command|git) /m)
})

test('a comparison marks the lines that differ', () => {
  assert.deepEqual(lines(renderComparison(runComparison, plain)), [
    '   run               brave-otter   calm-heron',
    '   id                3f9a1c0417b2  aaaaaaaaaaaa',
    '   experiment        sweep         sweep',
    '   status            FINISHED      RUNNING (stale)',
    '   took              1m 16s        -',
    '*  params.lr         0.1           0.01',
    '   params.optimizer  adam          adam',
    '*  metrics.loss      0.123457      -',
  ])
  assert.deepEqual(comparisonCsv(runComparison).split('\r\n'), [
    `key,${runSummary.run},${runningSummary.run},differs`,
    'params.lr,0.1,0.01,true',
    'params.optimizer,adam,adam,false',
    'metrics.loss,0.123456789,,true',
    '',
  ])
})

test('experiments and histories are tables', () => {
  assert.deepEqual(lines(renderExperiments([experimentListing], plain)), [
    'EXPERIMENT  RUNS  CREATED               LAST RUN',
    'sweep         12  2026-11-20T00:00:00Z  2026-11-21T04:44:50Z',
  ])
  assert.equal(lines(renderHistory(metricHistory, plain))[2], '   1  0.5    2026-11-21T04:44:52Z')
  assert.equal(historyCsv(metricHistory).split('\r\n')[3], '2,NaN,2026-11-21T04:44:53.000Z')
})

const curve = (name: string, values: readonly number[]) => ({
  name,
  history: {
    ...metricHistory,
    points: values.map((value, step) => ({ step, value, at: '2026-11-21T04:44:51.000Z' })),
  },
})

test('curves without colour have a mark each, with colour a colour', () => {
  const curves = [curve('one', [4, 3, 2, 1]), curve('two', [1, 1, 1, 1])]
  const options = { metric: 'loss', columns: 60, coloured: false }
  const drawing = plotMetric(curves, options)
  const [title, ...rest] = lines(drawing)
  assert.equal(title, 'loss by step')
  assert.deepEqual(rest.slice(-2), ['  ● one', '  + two'])
  assert.match(drawing, /^ *4┤●/m)
  assert.match(drawing, /^ *1┤\+ +\+ +\+ +\+$/m)
  assert.ok(lines(drawing).every((line) => line.length <= 60))
  assert.ok(plotMetric(curves, { ...options, coloured: true }).includes('\u{1b}[36m'))
})

test('points that are no numbers are left out and counted', () => {
  const options = { metric: 'loss', columns: 80, coloured: false }
  assert.match(plotMetric([curve('one', [1, NaN, 2, Infinity])], options), /one: 2 points left out/)
  assert.equal(
    plotMetric([curve('one', [NaN])], options),
    'No run has a number for loss.\none: 1 point left out (NaN or infinite)',
  )
})

test('a drawing has a size whatever the values and the terminal', () => {
  for (const values of [[1], [1, 1], [1e-9, 3e-9], [-1e300, 1e300], [0, -0]]) {
    const drawing = plotMetric([curve('one', values)], {
      metric: 'x',
      columns: 10,
      coloured: false,
    })
    assert.ok(lines(drawing).length < 25, drawing)
  }
  assert.equal(plottedPoints(80), 128)
})
