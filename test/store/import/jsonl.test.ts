/** `import jsonl`: what programs write, what `run list` prints, and what is refused. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ImportResult } from '../../../src/store/import/results.ts'
import type { Store } from '../../../src/store/store.ts'
import { TestRepository } from '../../support/store.ts'

const id = 'abcdefabcdefabcdefabcdefabcdefab'

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}

function importText(store: Store, text: string, dryRun = false): Promise<ImportResult> {
  return store.importJsonl({ input: bytesOf(text), name: 'runs.jsonl', dryRun })
}

test('a line says everything of a run', async (context) => {
  const { store } = await TestRepository.create(context)
  const line = {
    run: id,
    experiment: 'digits',
    name: 'brave "otter" {1}',
    status: 'FAILED',
    startedAt: '2026-11-20T10:00:00Z',
    endedAt: 1_795_168_860_000,
    user: 'mia',
    note: 'two\nlines',
    params: { lr: 0.1, deep: { a: [1] }, text: '}' },
    tags: { stage: 'é' },
    metrics: {
      acc: 0.5,
      loss: [3, 2, { value: 'NaN', step: 7, time: 1_795_168_800_000 }],
    },
    git: { commit: 'abc', branch: 'main', remote: 'https://user:token@host/x.git' },
    colour: 'red',
  }
  const { runs, points, notes } = await importText(store, `${JSON.stringify(line)}\n`)
  assert.deepEqual([runs, points], [1, 4])
  assert.deepEqual(notes, ['The key "colour" means nothing.'])
  const run = await store.showRun(id)
  assert.deepEqual([run.name, run.experiment, run.status], [line.name, 'digits', 'FAILED'])
  assert.deepEqual(
    [run.startedAt, run.endedAt],
    ['2026-11-20T10:00:00.000Z', '2026-11-20T10:01:00.000Z'],
  )
  assert.deepEqual(run.params, { lr: '0.1', deep: '{"a":[1]}', text: '}' })
  assert.deepEqual([run.note, run.tags['mlflow.user']], ['two\nlines', 'mia'])
  assert.deepEqual(run.context['git'], {
    commit: 'abc',
    dirty: false,
    branch: 'main',
    remote: 'https://host/x.git',
  })
  const { points: loss } = await store.metricHistory({ run: id, key: 'loss' })
  assert.deepEqual(
    loss.map(({ value, step }) => [value, step]),
    [
      [3, 0],
      [2, 1],
      [Number.NaN, 7],
    ],
  )
})

test('lines without ids or times are imported once, also those of Python', async (context) => {
  const repository = await TestRepository.create(context)
  const { store } = repository
  const text = '{"metrics": {"a": NaN, "b": [Infinity, -Infinity]}}\n\n{"params": {"x": "NaN"}}'
  assert.equal((await importText(store, text)).runs, 2)
  repository.environment.clock.turn(3600)
  assert.equal((await importText(store, text)).events, 0)
  assert.equal((await importText(store, text.replaceAll('\n', '\r\n'))).events, 0)
})

test('what run list prints comes back in another store', async (context) => {
  const source = await TestRepository.create(context)
  const run = await source.store.startRun({
    experiment: 'e',
    name: 'n',
    params: { a: 1 },
    tags: { t: 'v' },
  })
  run.logMetrics({ loss: 0.25, bad: Number.NaN }, { step: 0 })
  await run.end('FINISHED')
  const { runs } = await source.store.searchRuns()
  const target = await TestRepository.create(context, { seed: 'b' })
  const text = JSON.stringify(runs, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )
  const { notes } = await importText(target.store, text)
  assert.deepEqual(notes, [])
  const [found] = (await target.store.searchRuns()).runs
  const [made] = runs
  assert.ok(found !== undefined && made !== undefined)
  const { experimentId: _, tags, ...rest } = found
  const { experimentId: __, tags: madeTags, ...madeRest } = made
  assert.deepEqual(rest, madeRest)
  assert.deepEqual(tags, { ...madeTags, 'mlflow.user': 'anna' })
  assert.equal((await importText(target.store, text)).events, 0)
})

const refused = [
  '{"run": "x"',
  'name,loss\n',
  '{"metrics": {"a": "high"}}',
  '{"metrics": {"a": {"value": 1, "step": 0.5}}}',
  '{"status": "DONE"}',
  '{"startedAt": "yesterday"}',
  '{"params": 3}',
  '{"params": {"a": 1,}}',
]

for (const text of refused) {
  test(`refuses ${text.trim()}, naming the line`, async (context) => {
    const { store } = await TestRepository.create(context)
    const good = '{"run": "00000000000000000000000000000001"}\n'
    await assert.rejects(importText(store, good + text), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'INVALID_ARGUMENT')
      assert.match(error.message, /^runs\.jsonl.* line 2\b/)
      return true
    })
  })
}

test('an empty input brings nothing', async (context) => {
  const { store } = await TestRepository.create(context)
  assert.equal((await importText(store, '')).events, 0)
  assert.equal((await importText(store, '[]\n')).events, 0)
})
