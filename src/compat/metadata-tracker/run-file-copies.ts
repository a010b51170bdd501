/** Files of a run of the store, written out as files of the machine. */

import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { notFound } from '../../errors.ts'
import type { StoreApi } from '../../store/store.ts'
import type { TrackedRun } from './metadata-tracker.ts'

type Copy = {
  /** File or folder of the run. */
  readonly path: string
  /** Where it is to be. */
  readonly target: string
}

/**
 * Writes a file, or a folder with all below it. What fails leaves nothing at the target.
 *
 * @throws {MlstoreError} `NOT_FOUND`; `OBJECT_MISSING` if the bytes are nowhere.
 */
export async function writeRunFiles(
  store: StoreApi,
  { id, name }: TrackedRun,
  { path, target }: Copy,
): Promise<void> {
  const files = await store.listRunFiles(id)
  const wanted = files.filter((file) => file.path === path || file.path.startsWith(`${path}/`))
  if (wanted.length === 0) throw notFound(`Run ${name} has no file ${JSON.stringify(path)}.`)
  const unfinished = `${target}.unfinished`
  try {
    for (const file of wanted) {
      const destination = join(unfinished, file.path.slice(path.length))
      await mkdir(dirname(destination), { recursive: true })
      await pipeline(
        Readable.from(store.readRunFile(id, file.path)),
        createWriteStream(destination, { flags: 'wx' }),
      )
    }
    await rename(unfinished, target)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}
