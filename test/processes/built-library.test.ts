/**
 * The library as it is built. Other tests run from src/, where the compiler's own output is never
 * seen: it once made a module that failed when it was imported.
 */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import * as sources from '../../src/index.ts'

const built = new URL('../../dist/index.js', import.meta.url)

test('the built library is imported by plain Node and exports what the sources export', async () => {
  const script = `import * as built from ${JSON.stringify(built.href)}
    console.log(JSON.stringify(Object.keys(built)))`
  const options = ['--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, options, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: {},
  })
  assert.deepEqual(JSON.parse(stdout), Object.keys(sources).sort())
})
