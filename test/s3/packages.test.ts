/** Packages in a bucket: uploaded on one machine, downloaded on another. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { Command } from '../support/command.ts'
import { S3Place } from '../support/s3-place.ts'
import { writeCheckpoint } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { listFolder } from '../worktree/folder-spec.ts'

const place = S3Place.required()

const type = JSON.stringify({
  framework: 'torch',
  framework_version: '2.3',
  serialization_format: 'pt',
  runtime: 'python',
  runtime_version: '3.12',
})

/** A store on a machine of its own that can reach the server. */
async function machine(t: TestContext): Promise<Command> {
  const settings = { ...place.credentials, MLSTORE_S3_ENDPOINT_URL: place.endpointUrl }
  const command = new Command(temporaryFolder(t), settings)
  await command.succeed('init')
  return command
}

test('a package goes to the bucket that its repository names, and comes from there', async (t) => {
  const bucket = await place.bucket()
  t.after(() => bucket.remove())
  const [anna, ben] = [await machine(t), await machine(t)]
  mkdirSync(join(anna.folder, 'resnet'))
  writeCheckpoint(join(anna.folder, 'resnet/a.pt'), 'a', 3_000_000)
  writeCheckpoint(join(anna.folder, 'resnet/b.pt'), 'b', 10_000)
  const name = ['-r', `s3://${bucket.name}/packages`, '-n', 'resnet', '--namespace', 'vision']
  const upload = ['model', 'upload', 'resnet', ...name, '--model-type', type]
  const first = await anna.json<{ reusedBytes: number; remote: string }>(
    ...upload,
    '--version',
    '1.0',
  )
  assert.deepEqual([first.reusedBytes, first.remote], [0, `${bucket.name}-packages`])
  writeCheckpoint(join(anna.folder, 'resnet/c.pt'), 'c', 10_000)
  const second = await anna.json<{ reusedBytes: number; sizeBytes: number; version: string }>(
    ...upload,
  )
  assert.equal(second.reusedBytes, second.sizeBytes - 10_000)
  const place2 = ['model', 'download', 'out', ...name, '--version', second.version]
  const down = await ben.json<{ fetchedBytes: number }>(...place2)
  assert.ok(down.fetchedBytes > 0)
  assert.deepEqual(listFolder(join(ben.folder, 'out')), listFolder(join(anna.folder, 'resnet')))
  const versions = await ben.json<{ version: string }[]>('model', 'list', ...name)
  assert.deepEqual(
    versions.map(({ version }) => version),
    [second.version, '1.0'],
  )
})
