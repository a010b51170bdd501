/** DVC at the same work, where `MLSTORE_BENCH_DVC` names its command. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { type BenchPlace, runProgram, syncDisk } from '../place.ts'
import type { Work } from '../row.ts'

/** `dvc add` of a copy of the file or folder, in an empty repository; the copying is not timed. */
export function dvcAdd(place: BenchPlace, source: string): Work | undefined {
  const { dvc } = place
  if (dvc === undefined) return undefined
  let folder = ''
  return {
    async prepare() {
      rmSync(folder, { recursive: true, force: true })
      folder = await dvcRepository(place, dvc, source)
    },
    async run() {
      await runProgram(dvc, '--cd', folder, 'add', '-q', 'data')
      await syncDisk(place.folder)
      return {}
    },
  }
}

/** A command of DVC in a repository to which the folder was added before. */
export function dvcAfterAdd(
  place: BenchPlace,
  source: string,
  commandLine: readonly string[],
): Work | undefined {
  const { dvc } = place
  if (dvc === undefined) return undefined
  let folder = ''
  return {
    async prepare() {
      folder = await dvcRepository(place, dvc, source)
      await runProgram(dvc, '--cd', folder, 'add', '-q', 'data')
    },
    async run() {
      await runProgram(dvc, '--cd', folder, ...commandLine)
      return {}
    },
  }
}

async function dvcRepository(place: BenchPlace, dvc: string, source: string): Promise<string> {
  const folder = place.freshFolder('dvc')
  await runProgram(dvc, '--cd', folder, 'init', '-q', '--no-scm')
  await runProgram('cp', '-r', '--reflink=never', source, join(folder, 'data'))
  return folder
}
