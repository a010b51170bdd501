/** The example of README.md, run as a program of its own, and what the command shows of it. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { TestRepository } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { listFolder } from '../../worktree/folder-spec.ts'

const root = new URL('../../../', import.meta.url)

test('the packages of the README go to the remote and come back into the home folder', async (t) => {
  const repository = await TestRepository.create(t)
  repository.write({ resnet: { 'weights.pt': 'weights', 'vocab.txt': 'words' } })
  const settings = { url: `file://${temporaryFolder(t)}` }
  await repository.store.addRemote({ name: 'origin', settings, local: true })
  const home = temporaryFolder(t)
  const example = readmeExample().replace("'mlstore'", `'${new URL('src/index.ts', root).href}'`)
  repository.write({ 'upload.mts': example })
  const output = execFileSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), repository.at('upload.mts')],
    { cwd: repository.folder, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: home } },
  )
  assert.match(output, /^\d{4}(-\d\d){5}: 0 bytes were there already\n$/)
  assert.deepEqual(listFolder(join(home, 'models/resnet')), repository.list('resnet'))
  const [version] = await repository.store.log('model/origin/vision/resnet')
  assert.equal(`${version?.label}: 0 bytes were there already\n`, output)
})

function readmeExample(): string {
  const readme = readFileSync(new URL('README.md', root), 'utf8')
  const [, section = ''] = readme.split('### Models and data sets as packages')
  const [, example] = /```ts\n([\s\S]*?)```/.exec(section) ?? []
  return example ?? assert.fail('README.md has no example of it')
}
