/** DVC at the same work, where `MLSTORE_BENCH_DVC` names its command. */

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { type BenchPlace, type RemotePlace, runProgram, syncDisk } from '../place.ts'
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

/** `dvc push` of a file that was added before, to a bucket that is empty. */
export function dvcPush(place: BenchPlace, source: string): Work | undefined {
  const { dvc } = place
  if (dvc === undefined) return undefined
  let added: Promise<string> | undefined
  let remote: RemotePlace | undefined
  let folder = ''
  return {
    async prepare() {
      added ??= addedRepository(place, dvc, source)
      folder = await added
      await remote?.remove()
      remote = await place.freshRemote()
      await setRemote(place, { dvc, folder, url: remote.url })
    },
    async run() {
      await runProgram(dvc, '--cd', folder, 'push', '-q')
      return {}
    },
  }
}

/** `dvc pull` where there is nothing but what git carries. */
export function dvcPull(place: BenchPlace, source: string): Work | undefined {
  const { dvc } = place
  if (dvc === undefined) return undefined
  let pushed: Promise<string> | undefined
  let folder = ''
  return {
    async prepare() {
      pushed ??= pushedRepository(place, dvc, source)
      const writer = await pushed
      rmSync(folder, { recursive: true, force: true })
      folder = place.freshFolder('dvc-colleague')
      for (const file of ['.dvc/config', '.dvc/config.local', 'data.dvc']) {
        cpSync(join(writer, file), join(folder, file), { recursive: true })
      }
    },
    async run() {
      await runProgram(dvc, '--cd', folder, 'pull', '-q')
      await syncDisk(place.folder)
      return {}
    },
  }
}

async function addedRepository(place: BenchPlace, dvc: string, source: string): Promise<string> {
  const folder = await dvcRepository(place, dvc, source)
  await runProgram(dvc, '--cd', folder, 'add', '-q', 'data')
  return folder
}

async function pushedRepository(place: BenchPlace, dvc: string, source: string): Promise<string> {
  const folder = await addedRepository(place, dvc, source)
  const { url } = await place.freshRemote()
  await setRemote(place, { dvc, folder, url })
  await runProgram(dvc, '--cd', folder, 'push', '-q')
  return folder
}

async function setRemote(
  place: BenchPlace,
  { dvc, folder, url }: { readonly dvc: string; readonly folder: string; readonly url: string },
): Promise<void> {
  const remote = ['--cd', folder, 'remote'] as const
  await runProgram(dvc, ...remote, 'add', '-q', '-f', '-d', 'bench', url)
  for (const [key, value] of Object.entries(place.s3?.dvcSettings ?? {})) {
    await runProgram(dvc, ...remote, 'modify', '--local', 'bench', key, value)
  }
}

async function dvcRepository(place: BenchPlace, dvc: string, source: string): Promise<string> {
  const folder = place.freshFolder('dvc')
  await runProgram(dvc, '--cd', folder, 'init', '-q', '--no-scm')
  await runProgram('cp', '-r', '--reflink=never', source, join(folder, 'data'))
  return folder
}
