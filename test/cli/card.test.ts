/** `card` as a person and a program see it, on a real store. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'

import { openStore } from '../../src/store/open.ts'
import { TestRepository } from '../support/store.ts'
import { cli, type Outcome } from './fake-shell.ts'

type Session = {
  readonly repository: TestRepository
  readonly run: (line: string, stdin?: string) => Promise<Outcome>
}

/** A model with one version, and commands on its store. */
async function session(context: TestContext): Promise<Session> {
  const repository = await TestRepository.create(context)
  const { environment, folder: cwd } = repository
  repository.write({ m: { model: { model_artifacts: 'weights' } } })
  await repository.add('m', { as: 'model/m', label: 'v1', aliases: ['prod'] })
  const library = { openStore: () => openStore({ environment }) }
  const run: Session['run'] = (line, stdin) =>
    cli(line, { cwd, library, ...(stdin === undefined ? {} : { stdin }) })
  return { repository, run }
}

const lines = (text: string): string[] => text.split('\n').slice(0, -1)

test('card set makes a version, and says on stderr what is missing and what stays', async (t) => {
  const { run } = await session(t)
  const set = await run('card set model/m@prod model_type=trained --label v2')
  assert.equal(set.exitCode, 0, set.stderr)
  assert.match(
    set.stdout,
    /^model\/m@v2 {2}[0-9a-f]{12} {2}2 files, .*, the card and the bytes of /,
  )
  assert.match(set.stderr, /^training_data_attribute_path is data\/train, which is not in/m)
  assert.match(set.stderr, /^Still at [0-9a-f]{12}: prod\. `mlstore alias set model\/m@v2 prod`/m)
  const again = await run('card set model/m model_type=trained')
  assert.match(again.stdout, /^model\/m@v2 .*, unchanged$/m)
})

test('card set takes a whole card from a file or from stdin', async (t) => {
  const { repository, run } = await session(t)
  repository.write({ 'card.json': '{"model_type": "base"}' })
  const fromFile = await run('card set model/m card.json model_type=compiled --alias prod --json')
  const { card, aliases, aliasesLeft } = JSON.parse(fromFile.stdout)
  assert.deepEqual([card.model_type, aliases, aliasesLeft], ['compiled', ['prod'], []])
  const fromStdin = await run('card set model/m - --json', '{"model_type": "trained"}')
  assert.equal(JSON.parse(fromStdin.stdout).card.model_type, 'trained')
})

test('card set refuses what is no card, and makes nothing', async (t) => {
  const { repository, run } = await session(t)
  repository.write({ 'a.json': '[1]', 'b.json': '{"model_type": "x", "owner": 1}' })
  const ends = [
    ['card set model/m a.json', 2],
    ['card set model/m b.json', 2],
    ['card set model/m b.json b.json', 2],
    ['card set model/m none.json', 3],
    ['card set model/m model_type=base model_type=base', 2],
    ['card set model/none model_type=base', 3],
    ['card set model/m', 2],
  ] as const
  for (const [line, exitCode] of ends) {
    const outcome = await run(line)
    assert.deepEqual([outcome.exitCode, outcome.stdout], [exitCode, ''], line)
  }
  const { stderr } = await run('card set model/m b.json --json')
  assert.equal(JSON.parse(stderr).error.details.problems.length, 2)
  assert.equal((await repository.store.log('model/m')).length, 1)
})

test('card show marks what is not documented, not valid and not there', async (t) => {
  const { repository, run } = await session(t)
  const none = await run('card show model/m')
  assert.deepEqual([none.exitCode, none.stdout], [3, ''])
  const card = '{"model_type": "x\\n", "batch": 8, "training_data_attribute_path": "d"}'
  repository.write({ n: { model: { model_card: card } } })
  await repository.add('n', { as: 'model/n', label: 'v1' })
  const { stdout } = await run('card show model/n')
  assert.deepEqual(
    lines(stdout)
      .map((line) => line.trimEnd())
      .slice(0, 6),
    [
      'model/n@v1:model/model_card',
      '',
      'FIELD                              VALUE',
      'model_type                         x\\n    expected one of base, trained, compiled, found "x\\n"',
      'batch                              8      not a documented field',
      'training_data_attribute_path       d      not in this version',
    ],
  )
  const { problems, extraFields } = JSON.parse((await run('card show model/n --json')).stdout)
  assert.deepEqual([problems.length, extraFields], [1, ['batch']])
})

test('card render prints Markdown, writes a page, and gives the facts as JSON', async (t) => {
  const { repository, run } = await session(t)
  const markdown = await run('card render model/m')
  assert.equal(lines(markdown.stdout)[0], '# `model/m@v1`')
  const html = await run('card render model/m --format html')
  assert.match(html.stdout, /^<!doctype html>/)
  const written = await run('card render model/m -o card.html')
  assert.match(written.stdout, /^card\.html {2}\d/)
  assert.equal(readFileSync(repository.at('card.html'), 'utf8'), html.stdout)
  const told = await run('card render model/m -o card.md --json')
  const sizeBytes = Buffer.byteLength(markdown.stdout)
  assert.deepEqual(JSON.parse(told.stdout), { path: 'card.md', format: 'markdown', sizeBytes })
  for (const line of ['card render model/m --json', 'card render model/m --format json']) {
    const facts = JSON.parse((await run(line)).stdout)
    assert.equal(facts.version.label, 'v1')
    assert.equal(facts.card, null)
  }
  const nowhere = await run('card render model/m -o no/such/folder.md')
  assert.equal(nowhere.exitCode, 10)
})
