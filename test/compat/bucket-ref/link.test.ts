/** References to what is in a bucket already. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { temporaryFolder } from '../../support/temporary-folder.ts'
import { writeFolder } from '../../worktree/folder-spec.ts'
import { Person } from './bucket-ref-world.ts'

test('a link makes an artifact of what lies in a bucket, and copies nothing', async (t) => {
  const bucket = temporaryFolder(t)
  const data = temporaryFolder(t)
  writeFolder(data, { train: { 'x.bin': 'x'.repeat(5000) }, 'y.csv': '1,2' })
  const uri = pathToFileURL(data).href
  const anna = await Person.create(t, bucket, 'a')
  const ben = await Person.create(t, bucket, 'b')
  await using api = anna.api()
  const metadata = { source: 'camera=left' }
  assert.equal(await api.link(uri, 'frames', 'dataset', { alias: 'v1', metadata }), 'v1')
  const runId = api.run?.id ?? ''
  await api.close()
  const shown = await (await anna.store()).showRun(runId)
  assert.deepEqual(
    shown.outputs.map(({ version }) => version),
    api.transfers.map(({ digest }) => digest),
  )
  const { meta, sizeBytes } = await (await anna.store()).show('dataset/my-w&b-project/frames')
  assert.deepEqual(meta, { ...metadata, external: { uri, files: 2, sizeBytes: 5003 } })
  assert.ok(sizeBytes < 500)

  await using reading = ben.api()
  await reading.downloadArtifact('frames', 'dataset', 'v1')
  assert.equal(ben.text('dataset/frames/v1/y.csv'), '1,2')
  assert.equal(ben.text('dataset/frames/v1/train/x.bin'), 'x'.repeat(5000))
})

test('a download of a link fails when the bytes are not what was linked', async (t) => {
  const data = temporaryFolder(t)
  writeFolder(data, { a: 'one', b: 'two' })
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  await using api = anna.api()
  const alias = await api.link(data, 'frames', 'dataset')
  writeFileSync(join(data, 'b'), 'TWO')
  const downloading = api.downloadArtifact('frames', 'dataset', alias)
  await assert.rejects(downloading, { code: 'DIGEST_MISMATCH' })
  assert.equal(anna.text(`dataset/frames/${alias}/a`), undefined)
})

test('a link to what does not exist is refused with its URI', async (t) => {
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  await using api = anna.api()
  const uri = pathToFileURL(anna.at('nowhere')).href
  const linking = api.link(uri, 'frames', 'dataset')
  await assert.rejects(linking, { code: 'NOT_FOUND', details: { uri } })
})

test('a link does not replace an alias that is at something else', async (t) => {
  const data = temporaryFolder(t)
  writeFolder(data, { a: 'one' })
  const anna = await Person.create(t, temporaryFolder(t), 'a')
  await using api = anna.api()
  const options = { alias: 'v1' }
  await api.link(data, 'frames', 'dataset', options)
  await api.link(data, 'frames', 'dataset', options)
  writeFileSync(join(data, 'a'), 'other')
  await assert.rejects(api.link(data, 'frames', 'dataset', options), { code: 'ALIAS_MOVED' })
  await api.link(data, 'frames', 'dataset', { ...options, overwrite: true })
  await api.downloadArtifact('frames', 'dataset', 'v1')
  assert.equal(anna.text('dataset/frames/v1/a'), 'other')
})
