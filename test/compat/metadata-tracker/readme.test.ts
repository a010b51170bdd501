/** The example of README.md, run as a program of its own, and what the command shows of it. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'

import { Command } from '../../support/command.ts'
import { TestRepository } from '../../support/store.ts'

const root = new URL('../../../', import.meta.url)

test('the metadata tracker of the README leaves lineage, files and versions for the command', async (context) => {
  const repository = await TestRepository.create(context)
  repository.write({ 'profile.html': '<p>', 'weights.bin': 'weights' })
  const example = readmeExample().replace("'mlstore'", `'${new URL('src/index.ts', root).href}'`)
  const program = repository.at('pipeline.mts')
  writeFileSync(program, example)
  const options = { cwd: repository.folder, encoding: 'utf8' } as const
  const run = (): string =>
    execFileSync(process.execPath, ['--import', import.meta.resolve('tsx'), program], options)
  assert.equal(run(), 'null\n')
  assert.match(run(), /id: 'churn'/)

  const command = new Command(repository.folder)
  const lineage = await command.succeed('lineage', 'model/churn-weekly/churn', '--up')
  assert.match(lineage, /dataset: dataset\/churn-weekly\/sales@/)
  const found = await command.succeed('search', '--kind', 'runs', "tags.churn.hexsha = '8f2c1e0'")
  assert.equal(found.trimEnd().split('\n').length, 3)
  const [newest] = (await repository.store.searchRuns()).runs
  assert.ok(newest !== undefined)
  const files = await command.succeed('run', 'files', newest.run)
  assert.match(files, /churn\/weights\.bin/)
  assert.match(files, /sales\/profile\.html/)
})

function readmeExample(): string {
  const readme = readFileSync(new URL('README.md', root), 'utf8')
  const [, section = ''] = readme.split('### Metadata of a pipeline')
  const [, example] = /```ts\n([\s\S]*?)```/.exec(section) ?? []
  return example ?? assert.fail('README.md has no example of it')
}
