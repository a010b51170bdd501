/** Results about runs as the renderers get them, made up but of the right shape. */

import type {
  ExperimentListing,
  MetricHistory,
  RunComparison,
  RunDetails,
  RunSummary,
} from '../../src/store/runs/results.ts'
import { digest } from './fake-shell.ts'

export const runId = '3f9a1c0417b24e0c8a55d1f2b6c7e809'

export const runSummary: RunSummary = {
  run: runId,
  name: 'brave-otter',
  experiment: 'sweep',
  experimentId: 'e'.repeat(32),
  status: 'FINISHED',
  stale: false,
  startedAt: '2026-11-21T04:44:50.123Z',
  endedAt: '2026-11-21T04:46:05.623Z',
  durationMs: 75_500,
  user: 'anna',
  parent: null,
  params: { lr: '0.1', optimizer: 'adam' },
  metrics: { loss: 0.123456789, acc: Number.NaN },
  tags: { team: 'a,b' },
  removed: false,
}

export const runningSummary: RunSummary = {
  ...runSummary,
  run: 'a'.repeat(32),
  name: 'calm\u{1b}[31m-heron',
  status: 'RUNNING',
  stale: true,
  endedAt: null,
  durationMs: null,
  params: { lr: '0.01', batch: '32', depth: '8', seed: '1', warmup: '100' },
  metrics: {},
  tags: {},
}

export const runDetails: RunDetails = {
  ...runSummary,
  parent: 'b'.repeat(32),
  note: 'first one\nthat converges',
  context: {
    source: { kind: 'command', name: 'python', command: ['python', 'train.py', '--say', "it's"] },
    git: { commit: 'c0ffee'.repeat(6) + 'c0ff', branch: 'main', dirty: true },
  },
  exitCode: 0,
  metricSummaries: {
    loss: { count: 100, last: 0.123456789, lastStep: 99, min: 0.1, max: 2 },
    acc: { count: 1, last: Number.NaN, lastStep: 0, min: Number.NaN, max: Number.NaN },
  },
  otherParams: [{ key: 'lr', value: '0.2', by: 'bo', at: '2026-11-21T05:00:00.000Z' }],
  inputs: [{ version: digest('data'), role: 'data', name: 'dataset/digits@v1' }],
  outputs: [{ version: digest('model'), role: 'checkpoint', name: null }],
  children: [{ run: 'd'.repeat(32), name: 'little-one' }],
  files: { count: 3, sizeBytes: 2048, version: digest('files') },
}

export const runComparison: RunComparison = {
  runs: [runSummary, { ...runningSummary, name: 'calm-heron' }],
  rows: [
    { kind: 'param', key: 'lr', values: ['0.1', '0.01'], differs: true },
    { kind: 'param', key: 'optimizer', values: ['adam', 'adam'], differs: false },
    { kind: 'metric', key: 'loss', values: [0.123456789, null], differs: true },
  ],
}

export const experimentListing: ExperimentListing = {
  experiment: 'e'.repeat(32),
  name: 'sweep',
  runs: 12,
  createdAt: '2026-11-20T00:00:00.000Z',
  lastRunAt: '2026-11-21T04:44:50.123Z',
  removed: false,
}

export const metricHistory: MetricHistory = {
  run: runId,
  key: 'loss',
  count: 3,
  points: [
    { step: 0, value: 2, at: '2026-11-21T04:44:51.000Z' },
    { step: 1, value: 0.5, at: '2026-11-21T04:44:52.000Z' },
    { step: 2, value: Number.NaN, at: '2026-11-21T04:44:53.000Z' },
  ],
}
