/**
 * `npm run test:mlflow`: the tests of test/mlflow against the real MLflow, client and server, the real
 * DVC, lolpop's metadata tracker, the client of MLflow 2 and that of FrogML.
 *
 * Uses the Pythons that MLSTORE_TEST_PYTHON, MLSTORE_TEST_PYTHON_MLFLOW_2 and
 * MLSTORE_TEST_PYTHON_FROGML name; without them ones in a temporary folder, which pip installs all
 * that into. Arguments go on to run-tests.mjs.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = ['mlflow>=3,<4', 'dvc>=3,<4', 'anytree', 'colorama', 'omegaconf']

// Wants MLflow 2 and versions of 2023 of everything else; its tracker does without them.
const packagesAlone = ['lolpop==0.2.0']

// Its client is all that is wanted of it.
const packagesOfMlflow2 = ['mlflow-skinny>=2,<3']

const packagesOfFrogml = ['frogml>=2,<3']

const options = process.argv.slice(2)
const wanted = options.some((option) => !option.startsWith('-')) ? [] : ['test/mlflow']
const named = process.env['MLSTORE_TEST_PYTHON']
const namedOfMlflow2 = process.env['MLSTORE_TEST_PYTHON_MLFLOW_2']
const namedOfFrogml = process.env['MLSTORE_TEST_PYTHON_FROGML']
const folder = mkdtempSync(join(tmpdir(), 'mlstore-python-'))

try {
  const python = named || makePython('mlflow-3', packages, packagesAlone)
  const pythonOfMlflow2 = namedOfMlflow2 || makePython('mlflow-2', packagesOfMlflow2)
  const pythonOfFrogml = namedOfFrogml || makePython('frogml', packagesOfFrogml)
  const runner = fileURLToPath(new URL('run-tests.mjs', import.meta.url))
  const { status } = spawnSync(process.execPath, [runner, ...wanted, ...options], {
    stdio: 'inherit',
    env: {
      ...process.env,
      MLSTORE_TEST_PYTHON: python,
      MLSTORE_TEST_PYTHON_MLFLOW_2: pythonOfMlflow2,
      MLSTORE_TEST_PYTHON_FROGML: pythonOfFrogml,
    },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @param alone Packages that are installed without what they want beside them. */
function makePython(name, packages, alone = []) {
  const into = join(folder, name)
  run('python3', ['-m', 'venv', into])
  const python = join(into, 'bin', 'python')
  const install = ['-m', 'pip', 'install', '-qq', '--disable-pip-version-check']
  run(python, [...install, ...packages])
  if (alone.length > 0) run(python, [...install, '--no-deps', ...alone])
  return python
}

function run(program, programArguments) {
  const { status } = spawnSync(program, programArguments, {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`${program} ${programArguments.join(' ')}: exit ${status}`)
}
