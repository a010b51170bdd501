/** The example of README.md, run as a program of its own. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { BucketRef } from '../../../src/compat/bucket-ref/bucket-ref.ts'
import { TestRepository } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const root = new URL('../../../', import.meta.url)

test('the buckets of the README give a data set and take a model', async (t) => {
  const repository = await TestRepository.create(t)
  repository.write({ frames: { '0.bin': 'frame' }, trained: { weights: 'w' } })
  const settings = { url: `file://${temporaryFolder(t)}` }
  await repository.store.addRemote({ name: 'models', settings, local: true })
  const { store, environment } = repository
  {
    const options = { bucket: 'models', projectName: 'vision', store, environment }
    await using api = new BucketRef(options)
    await api.uploadArtifact('frames', 'frames', 'dataset', { alias: 'v1' })
    await api.close()
  }
  const example = readmeExample().replace("'mlstore'", `'${new URL('src/index.ts', root).href}'`)
  repository.write({ 'transfer.mts': example })
  const output = execFileSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), repository.at('transfer.mts')],
    { cwd: repository.folder, encoding: 'utf8', env: { PATH: process.env['PATH'] } },
  )
  const [, folder, alias] = /^trains on (.*)\nmodel\/resnet\/(.*)\n$/.exec(output) ?? []
  assert.equal(folder, repository.at('dataset', 'frames', 'v1'))
  assert.deepEqual(repository.list('dataset/frames/v1'), repository.list('frames'))
  const { madeBy } = await store.show(`model/vision/resnet@${alias}`)
  assert.equal(madeBy.length, 1)
  const { status, metrics } = await store.showRun(madeBy[0]?.run ?? '')
  assert.deepEqual([status, { ...metrics }], ['FINISHED', { f1: 0.93 }])
})

function readmeExample(): string {
  const readme = readFileSync(new URL('README.md', root), 'utf8')
  const [, section = ''] = readme.split('### Artifacts in buckets')
  const [, example] = /```ts\n([\s\S]*?)```/.exec(section) ?? []
  return example ?? assert.fail('README.md has no example of it')
}
