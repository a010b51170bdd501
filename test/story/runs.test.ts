/**
 * The story of a sweep, told through the real command in processes of their own: runs with params,
 * data and a checkpoint, a promotion, a push; and a colleague who clones and asks.
 */

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

import type { AliasMove, ShowResult } from '../../src/store/results.ts'
import type { LineageResult, RunDetails, RunSummary } from '../../src/store/runs/results.ts'
import { Command } from '../support/command.ts'
import { pathWithProgram } from '../support/program-on-path.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const programs = fileURLToPath(new URL('programs', import.meta.url))

type Started = { readonly run: string; readonly name: string; readonly experiment: string }
type Executed = Started & { readonly status: string; readonly exitCode: number }

type Story = {
  readonly anna: Command
  /** The commit that Anna's scripts run from. */
  readonly commit: string
  readonly remote: string
  readonly folder: string
  /** What lets scripts call `mlstore`. */
  readonly settings: NodeJS.ProcessEnv
}

/** A git repository with training scripts, a store with `dataset/digits@v1`, and a remote. */
async function beginning(context: TestContext): Promise<Story> {
  const folder = temporaryFolder(context)
  const settings = { PATH: pathWithProgram(folder) }
  const project = join(folder, 'anna')
  mkdirSync(join(project, 'data'), { recursive: true })
  cpSync(programs, project, { recursive: true })
  writeFileSync(join(project, 'data/train.csv'), 'pixels,digit\n0 1 0,1\n1 0 1,7\n')
  const git = gitIn(project)
  git('init', '--quiet', '--initial-branch', 'main')
  git('add', 'train.sh', 'train.py')
  git('commit', '--quiet', '--message', 'training')

  const anna = new Command(project, settings)
  const remote = pathToFileURL(join(folder, 'remote')).href
  await anna.succeed('init')
  await anna.succeed('remote', 'add', 'origin', remote)
  await anna.succeed('add', 'data', '--as', 'dataset/digits', '--label', 'v1')
  return { anna, commit: git('rev-parse', 'HEAD'), remote, folder, settings }
}

function gitIn(cwd: string): (...words: string[]) => string {
  const identity = ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.org']
  return (...words) =>
    execFileSync('git', [...identity, ...words], { cwd, encoding: 'utf8' }).trim()
}

/** A colleague's clone of what was pushed: records, no bytes. */
async function colleague({ remote, folder, settings }: Story): Promise<Command> {
  const project = join(folder, 'bo')
  mkdirSync(project)
  const bo = new Command(project, settings)
  await bo.succeed('clone', remote)
  return bo
}

/** What the model that serves came from, as somebody elsewhere sees it. */
async function assertProvenance(bo: Command, { commit }: Story, winner: string): Promise<void> {
  const { nodes } = await bo.json<LineageResult>('lineage', 'model/digits@prod', '--up')
  const names = nodes.map((node) => node.name)
  assert.ok(names.includes('dataset/digits@v1'), JSON.stringify(nodes))
  const run = nodes.find((node) => node.kind === 'run' && node.run === winner)
  assert.ok(run?.kind === 'run')
  assert.equal(run.commit, commit)
  const text = await bo.succeed('lineage', 'model/digits@prod', '--up')
  assert.ok(text.includes('dataset/digits@v1') && text.includes(commit.slice(0, 8)), text)
}

test('a sweep by hand: the winner is promoted, pushed, and explained elsewhere', async (context) => {
  const story = await beginning(context)
  const { anna } = story
  const start = (...words: string[]): Promise<Started> =>
    anna.json<Started>('run', 'start', '--experiment', 'digits', ...words)

  const sweep = await start('--name', 'sweep')
  const losses = new Map<string, string>()
  for (const [lr, loss] of [
    ['0.3', '0.52'],
    ['0.1', '0.11'],
    ['0.9', 'nan'],
  ] as const) {
    const { run } = await start('--parent', sweep.run, '--param', `lr=${lr}`)
    losses.set(run, loss)
    const inside = new Command(anna.folder, { ...story.settings, MLSTORE_RUN_ID: run })
    await inside.succeed('get', 'dataset/digits@v1', '-o', 'digits', '--no-lock')
    await inside.succeed('run', 'log', '--metric', `loss=${loss}`, '--step', '9')
    await inside.succeed('run', 'end', '--status', loss === 'nan' ? 'FAILED' : 'FINISHED')
  }
  await anna.succeed('run', 'end', sweep.run)

  const query = `metrics.loss < 0.5 and attributes.status = 'FINISHED' order by metrics.loss`
  const [best] = await anna.json<RunSummary[]>('run', 'list', query, '-n', '1')
  assert.ok(best !== undefined)
  assert.equal(losses.get(best.run), '0.11')
  writeFileSync(join(anna.folder, 'weights.bin'), 'weights')
  const inBest = new Command(anna.folder, { ...story.settings, MLSTORE_RUN_ID: best.run })
  await inBest.succeed('add', 'weights.bin', '--as', 'model/digits', '--label', 'v1')
  await anna.succeed('alias', 'set', 'model/digits@v1', 'prod', '--reason', 'lowest loss')
  await anna.succeed('push')

  const bo = await colleague(story)
  await assertProvenance(bo, story, best.run)
  const found = await bo.json<RunSummary[]>('search', '--kind', 'runs', query)
  assert.deepEqual(
    found.map(({ run, params, metrics, parent }) => ({ run, params, metrics, parent })),
    [{ run: best.run, params: { lr: '0.1' }, metrics: { loss: 0.11 }, parent: sweep.run }],
  )
  const [move] = await bo.json<AliasMove[]>('alias', 'log', 'model/digits', 'prod')
  assert.equal(move?.reason, 'lowest loss')
  const { children } = await bo.json<RunDetails>('run', 'show', sweep.run)
  assert.deepEqual(children.map(({ run }) => run).sort(), [...losses.keys()].sort())
  const shown = await bo.json<ShowResult>('show', 'model/digits@prod')
  assert.equal(shown.run, best.run)
  const comparison = await bo.succeed('run', 'compare', ...losses.keys())
  assert.match(comparison, /^\* {2}params\.lr +0\.3 +0\.1 +0\.9$/m)
})

test('the same by a shell script in run exec', async (context) => {
  const story = await beginning(context)
  const { anna } = story
  const exec = ['run', 'exec', '--experiment', 'digits', '--json', '--']
  const runs: Executed[] = []
  for (const lr of ['0.5', '2']) {
    const { code, stdout, stderr } = await anna.run(...exec, 'sh', 'train.sh', lr)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /"step": 3/)
    runs.push(JSON.parse(stdout) as Executed)
  }
  const [best] = await anna.json<RunSummary[]>(
    'run',
    'list',
    'metrics.loss < 1 order by metrics.loss',
  )
  assert.equal(best?.run, runs[1]?.run)
  await anna.succeed('alias', 'set', 'model/digits@shell-2', 'prod', '--reason', 'lowest loss')
  await anna.succeed('push')

  const bo = await colleague(story)
  await assertProvenance(bo, story, best?.run ?? '')
  const details = await bo.json<RunDetails>('run', 'show', best?.run ?? '')
  assert.equal(details.exitCode, 0)
  assert.deepEqual(details.params, { lr: '2' })
  assert.deepEqual(
    details.inputs.map(({ name }) => name),
    ['dataset/digits@v1'],
  )
  assert.deepEqual(
    details.outputs.map(({ name }) => name),
    ['model/digits@shell-2'],
  )
  assert.equal(details.metricSummaries['loss']?.count, 4)
})

const hasPython = spawnSync('python3', ['--version']).status === 0

test(
  'the same by a Python script that only writes lines of JSON',
  { skip: hasPython ? false : 'there is no python3' },
  async (context) => {
    const story = await beginning(context)
    const { anna } = story
    const line = 'python3 train.py 0.5 | mlstore run log --stdin'
    await anna.succeed('run', 'exec', '--experiment', 'digits', '--', 'sh', '-c', line)
    const [{ run } = { run: '' }] = await anna.json<RunSummary[]>('run', 'list')
    await anna.succeed('alias', 'set', 'model/digits', 'prod')
    await anna.succeed('push')

    const bo = await colleague(story)
    await assertProvenance(bo, story, run)
    const details = await bo.json<RunDetails>('run', 'show', run)
    assert.deepEqual(details.params, { lr: '0.5', optimizer: 'sgd' })
    assert.equal(details.tags['language'], 'python')
    assert.deepEqual(details.metrics, { loss: 0.4, gradient: 'NaN' })
    await bo.succeed('get', 'model/digits@prod', '-o', 'weights.json')
    assert.equal(readFileSync(join(bo.folder, 'weights.json'), 'utf8'), '{"lr": 0.5}')
  },
)
