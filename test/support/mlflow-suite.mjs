/**
 * `npm run test:mlflow`: the tests of test/mlflow against the real MLflow client and the real DVC.
 *
 * Uses the Python that MLSTORE_TEST_PYTHON names; without it one in a temporary folder, which pip
 * installs both into. Arguments go on to run-tests.mjs.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The client without its server and its plots, and what it needs for a sqlite store.
const packages = ['mlflow-skinny>=3,<4', 'sqlalchemy', 'alembic', 'dvc>=3,<4']

const options = process.argv.slice(2)
const wanted = options.some((option) => !option.startsWith('-')) ? [] : ['test/mlflow']
const named = process.env['MLSTORE_TEST_PYTHON']
const folder = named ? undefined : mkdtempSync(join(tmpdir(), 'mlstore-python-'))

try {
  const python = named || makePython(folder)
  const runner = fileURLToPath(new URL('run-tests.mjs', import.meta.url))
  const { status } = spawnSync(process.execPath, [runner, ...wanted, ...options], {
    stdio: 'inherit',
    env: { ...process.env, MLSTORE_TEST_PYTHON: python },
  })
  process.exitCode = status ?? 1
} finally {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}

function makePython(into) {
  run('python3', ['-m', 'venv', into])
  const python = join(into, 'bin', 'python')
  run(python, ['-m', 'pip', 'install', '-qq', '--disable-pip-version-check', ...packages])
  return python
}

function run(program, programArguments) {
  const { status } = spawnSync(program, programArguments, {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`${program} ${programArguments.join(' ')}: exit ${status}`)
}
