/** What is installed where a run runs: the lock file of the project, or what pip says. */

import { dirname, join } from 'node:path'

import type { StoreParts } from '../parts.ts'

export type InstalledPackages = { readonly name: string; readonly bytes: Buffer }

/** The exact ones first. */
const lockNames = [
  'uv.lock',
  'poetry.lock',
  'pdm.lock',
  'Pipfile.lock',
  'conda-lock.yml',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'requirements.txt',
  'environment.yml',
]

const lockBytesMax = 16 * 1024 * 1024
const pipTimeoutMs = 20_000

/**
 * The lock file of the project: the nearest one from the working directory up to the root of the
 * repository. Without one, but in a virtual environment of Python, what `pip freeze` says.
 */
export async function installedPackages(parts: StoreParts): Promise<InstalledPackages | undefined> {
  return nearestLock(parts) ?? (await pipFreeze(parts))
}

function nearestLock({ fs, cwd, repository }: StoreParts): InstalledPackages | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    for (const name of lockNames) {
      const path = join(folder, name)
      const stat = fs.lstat(path)
      if (stat?.kind !== 'file' || stat.sizeBytes > lockBytesMax) continue
      return { name, bytes: Buffer.from(fs.readFile(path)) }
    }
    if (folder === repository.root || folder === dirname(folder)) return undefined
  }
}

async function pipFreeze({
  machine,
  env,
  cwd,
}: StoreParts): Promise<InstalledPackages | undefined> {
  const { VIRTUAL_ENV: home } = env
  if (home === undefined || home === '') return undefined
  const { exitCode, stdout } = await machine.run(
    [join(home, 'bin', 'python'), '-m', 'pip', 'freeze', '--disable-pip-version-check'],
    { cwd, env, timeoutMs: pipTimeoutMs, outputBytesMax: lockBytesMax },
  )
  return exitCode === 0 && stdout.length > 0 ? { name: 'pip-freeze.txt', bytes: stdout } : undefined
}

/** Of the virtual environment that is active, without starting Python. */
export function pythonVersion({ fs, env }: StoreParts): string | undefined {
  const { VIRTUAL_ENV: home } = env
  if (home === undefined || home === '') return undefined
  const path = join(home, 'pyvenv.cfg')
  if (fs.lstat(path)?.kind !== 'file') return undefined
  const text = Buffer.from(fs.readFile(path)).toString('utf8')
  return /^version(?:_info)?\s*=\s*([\d.]+\w*)/m.exec(text)?.[1]?.replace(/\.(?:final|f)\w*$/, '')
}
