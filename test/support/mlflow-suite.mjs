/**
 * `npm run test:mlflow`: the tests of test/mlflow against the real MLflow, client and server, the real
 * DVC and lolpop's metadata tracker.
 *
 * Uses the Python that MLSTORE_TEST_PYTHON names; without it one in a temporary folder, which pip
 * installs them into. Arguments go on to run-tests.mjs.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = ['mlflow>=3,<4', 'dvc>=3,<4', 'anytree', 'colorama', 'omegaconf']

// Wants MLflow 2 and versions of 2023 of everything else; its tracker does without them.
const packagesAlone = ['lolpop==0.2.0']

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
  const install = ['-m', 'pip', 'install', '-qq', '--disable-pip-version-check']
  run(python, [...install, ...packages])
  run(python, [...install, '--no-deps', ...packagesAlone])
  return python
}

function run(program, programArguments) {
  const { status } = spawnSync(program, programArguments, {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`${program} ${programArguments.join(' ')}: exit ${status}`)
}
