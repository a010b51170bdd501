/** Runs the Python that has the tools of other people installed. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const outputBytesMax = 64 * 1024 * 1024

/** The interpreter that test/support/mlflow-suite.mjs made, or somebody else named. */
export function interpreter(): string {
  const path = process.env['MLSTORE_TEST_PYTHON']
  assert.ok(path, 'MLSTORE_TEST_PYTHON names no Python: use npm run test:mlflow')
  return path
}

/** What a script prints. */
export async function runPython(
  script: string,
  options: readonly string[],
  cwd: string,
  python: string = interpreter(),
): Promise<string> {
  return run(python, [script, ...options], cwd)
}

/** Runs a program that was installed beside that Python. */
export async function runTool(
  name: string,
  options: readonly string[],
  cwd: string,
): Promise<string> {
  return run(`${dirname(interpreter())}/${name}`, options, cwd)
}

async function run(program: string, options: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, HOME: cwd, PYTHONWARNINGS: 'ignore', DVC_NO_ANALYTICS: '1' }
  const { stdout } = await promisify(execFile)(program, [...options], {
    cwd,
    env,
    maxBuffer: outputBytesMax,
  })
  return stdout
}
