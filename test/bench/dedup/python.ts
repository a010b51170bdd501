/**
 * Python packages for the corpora, from PyPI through pip: kept in node_modules/.cache, so that
 * only the first run of the bench needs the network.
 */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)

const cache = fileURLToPath(new URL('../../../node_modules/.cache/mlstore-bench', import.meta.url))

export type Python = { readonly program: string }

/** A Python with these packages in a virtual environment; `undefined` if there is none to be had. */
export async function pythonWith(requirements: readonly string[]): Promise<Python | undefined> {
  const folder = join(cache, `venv-${requirements.join('-')}`)
  const program = join(folder, 'bin', 'python')
  const isThere = existsSync(folder)
  const made = await attempt(async () => {
    if (!isThere) await makeEnvironment(folder, program, requirements)
    await execFileAsync(program, ['--version'])
  })
  return made ? { program } : undefined
}

/** Not moved into place when done, as its programs know where they were made. */
async function makeEnvironment(
  folder: string,
  program: string,
  requirements: readonly string[],
): Promise<void> {
  mkdirSync(cache, { recursive: true })
  try {
    await execFileAsync('python3', ['-m', 'venv', folder])
    await execFileAsync(program, ['-m', 'pip', 'install', '--no-deps', ...requirements])
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** A folder with the files of a wheel for 64-bit Linux; `undefined` if it is not to be had. */
export async function unpackedWheel(name: string, version: string): Promise<string | undefined> {
  const folder = join(cache, `${name}-${version}`)
  const made = existsSync(folder) || (await attempt(() => unpackWheel(folder, name, version)))
  return made ? folder : undefined
}

async function unpackWheel(folder: string, name: string, version: string): Promise<void> {
  mkdirSync(cache, { recursive: true })
  const temporary = mkdtempSync(`${folder}-`)
  const target = ['--platform', 'manylinux2014_x86_64', '--python-version', '311']
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', ...target]
  await execFileAsync('python3', [...download, '--dest', temporary, `${name}==${version}`])
  const unzip = `import glob, zipfile
for path in glob.glob('*.whl'): zipfile.ZipFile(path).extractall('unpacked')`
  await execFileAsync('python3', ['-c', unzip], { cwd: temporary })
  renameSync(join(temporary, 'unpacked'), folder)
  rmSync(temporary, { recursive: true })
}

/** Whether it went well: no Python, no pip and no network all mean that a corpus is left out. */
async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch {
    return false
  }
}
