/** Memory does not grow with the size of a file. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Outcome } from '../support/add-and-read-file.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const GiB = 1024 ** 3
const program = fileURLToPath(new URL('../support/add-and-read-file.ts', import.meta.url))

test('a file of 3 GiB is added and read in 256 MiB', async (context) => {
  const path = join(temporaryFolder(context), 'sparse')
  const file = openSync(path, 'w')
  ftruncateSync(file, 3 * GiB)
  closeSync(file)
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, path])
  const { readBytes, memoryBytesMax }: Outcome = JSON.parse(stdout)
  assert.equal(readBytes, 3 * GiB)
  assert.ok(memoryBytesMax < 256 * 1024 ** 2, `${memoryBytesMax} bytes`)
  context.diagnostic(`${Math.round(memoryBytesMax / 1024 ** 2)} MiB`)
})
