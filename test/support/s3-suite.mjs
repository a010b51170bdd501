/**
 * `npm run test:s3`: the tests of test/s3 against a real S3 server.
 *
 * Uses the server that MLSTORE_TEST_S3_ENDPOINT names; without it a Ceph RGW on this machine,
 * which is started for the suite and stopped after it unless it was running already. Arguments go
 * on to run-tests.mjs.
 */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ceph = fileURLToPath(new URL('ceph-rgw', import.meta.url))
const cephUrl = 'http://127.0.0.1:7480'
const named = process.env['MLSTORE_TEST_S3_ENDPOINT']

const options = process.argv.slice(2)
const wanted = options.some((option) => !option.startsWith('-')) ? [] : ['test/s3']
const startedHere = !named && !(await answers(cephUrl))

if (startedHere) run('bash', [ceph, 'start'])
try {
  process.exitCode = runTests(named || cephUrl)
} finally {
  if (startedHere) run('bash', [ceph, 'stop'])
}

async function answers(url) {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

function runTests(endpoint) {
  const runner = fileURLToPath(new URL('run-tests.mjs', import.meta.url))
  const { status } = spawnSync(process.execPath, [runner, ...wanted, ...options], {
    stdio: 'inherit',
    env: { ...process.env, MLSTORE_TEST_S3_ENDPOINT: endpoint },
  })
  return status ?? 1
}

function run(program, programArguments) {
  const { status } = spawnSync(program, programArguments, {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`${program} ${programArguments.join(' ')}: exit ${status}`)
}
