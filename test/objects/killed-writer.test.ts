/** A process that is killed while it writes leaves only temporary files, and those are swept. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { SystemProcessTable } from '../../src/objects/process-table.ts'
import { Temporaries } from '../../src/objects/temporary.ts'
import { namesIn, objectStoreBench } from '../support/object-store-bench.ts'
import { SequentialIds } from '../support/sequential-ids.ts'

const node = new NodeFileSystem()
const script = fileURLToPath(new URL('../support/endless-writer.ts', import.meta.url))

test('kill -9 in the middle of a session leaves only temporary files', async (context) => {
  const bench = await objectStoreBench(context)
  const writer = spawn(process.execPath, ['--import', 'tsx', script, bench.directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(writer.stdout, 'data')
  const temporary = join(bench.directory, 'tmp')
  const sweeper = new Temporaries({
    fs: node,
    ids: new SequentialIds(),
    processes: new SystemProcessTable(),
    host: 'test',
    pid: process.pid,
  })
  assert.deepEqual(sweeper.sweep(temporary), [], 'its writer lives')
  writer.kill('SIGKILL')
  await once(writer, 'exit')

  assert.deepEqual(namesIn(bench, 'packs'), [])
  assert.deepEqual(bench.store.adoptUnindexedPacks(), { adopted: [], dropped: [], damaged: [] })
  const left = namesIn(bench, 'tmp')
  assert.ok(left.length > 0)
  assert.equal(sweeper.sweep(temporary).length, left.length)
  assert.deepEqual(namesIn(bench, 'tmp'), [])
})
