/**
 * Runs the test files below the folders given as arguments (default: all of test/ but what needs
 * more than npm packages), through node:test and tsx. Node 20's runner takes no globs.
 */

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const needMore = ['test/s3', 'test/browser', 'test/python', 'test/package', 'test/mlflow']
const roots = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'))

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

const files = roots.flatMap((root) => (root.endsWith('.ts') ? [root] : testFiles(root)))
const all = testFiles('test').filter((file) => !needMore.some((folder) => file.startsWith(folder)))
const chosen = (roots.length > 0 ? files : all).sort()
if (chosen.length === 0) {
  console.error('No test files found.')
  process.exit(1)
}

const result = spawnSync(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    `--test-concurrency=${availableParallelism()}`,
    ...options,
    ...chosen,
  ],
  { stdio: 'inherit' },
)
process.exit(result.status ?? 1)
