/**
 * Those that are compared. Each saves the versions of a corpus one after the other, from the same
 * path, and says how many bytes each save added.
 */

import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import type { Digest } from '../../../src/core/digest.ts'
import { initStore, openStore } from '../../../src/store/open.ts'
import { bytesBelow, filesBelow } from './files.ts'
import type { FileDigests } from './simulated-remote.ts'
import { openZstd } from './zstd.ts'

const execFileAsync = promisify(execFile)

/** Bytes that each save added. */
export type Growth = readonly number[]

export const sumOf = (growth: Growth): number => growth.reduce((sum, bytes) => sum + bytes, 0)

/** Adds each version to a list as it is measured, with the version at `work`. */
async function eachVersion(
  versions: readonly string[],
  work: string,
  save: () => Promise<void>,
): Promise<void> {
  for (const version of versions) {
    renameSync(version, work)
    try {
      await save()
    } finally {
      renameSync(work, version)
    }
  }
}

/** Turns sizes after each save into what each save added. */
function growthOf(sizes: readonly number[]): Growth {
  return sizes.map((size, i) => size - (sizes[i - 1] ?? 0))
}

export type StoreGrowth = {
  /** Packs and journal of the local store; its SQLite file can be made again from them. */
  readonly local: Growth
  /** Everything that came to lie on the remote. */
  readonly remote: Growth
  /** The part of that in packs and their indexes: all but log and format. */
  readonly remotePacks: Growth
  /** What the pushes said that they sent. */
  readonly sent: Growth
  /** Length of the SQLite file and its log at the end. */
  readonly catalogBytes: number
}

/** mlstore, by its library: `add` and `push` to a remote in a folder. */
export async function saveWithMlstore(
  versions: readonly string[],
  folder: string,
): Promise<StoreGrowth> {
  const remote = join(folder, 'remote')
  mkdirSync(remote)
  await initStore(folder)
  await using store = await openStore({ cwd: folder })
  const url = pathToFileURL(remote).href
  await store.addRemote({ name: 'origin', settings: { url }, singleWriter: false })
  const [local, everything, packs, sent]: [number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
  ]
  await eachVersion(versions, join(folder, 'work'), async () => {
    await store.add({ paths: ['work'], as: 'dataset/corpus', noLock: true })
    const { bytesSent } = await store.push({ remote: 'origin' })
    local.push(bytesOf(store.directory, ['packs', 'objects', 'journal']))
    everything.push(bytesBelow(remote))
    packs.push(bytesOf(remote, ['pack', 'index']))
    sent.push(bytesSent)
  })
  const catalogBytes = bytesOf(store.directory, ['index.sqlite', 'index.sqlite-wal'])
  return {
    local: growthOf(local),
    remote: growthOf(everything),
    remotePacks: growthOf(packs),
    sent,
    catalogBytes,
  }
}

/** Bytes of files below `folder` whose paths start with one of the names. */
function bytesOf(folder: string, names: readonly string[]): number {
  return filesBelow(folder)
    .filter(({ name }) => names.includes(name.split('/')[0] ?? ''))
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

export type ResticMode = 'auto' | 'off'

/** What `restic version` says; `undefined` where it is not installed. */
export async function resticVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await execFileAsync('restic', ['version'])
    return stdout.split(' ').slice(0, 2).join(' ')
  } catch {
    return undefined
  }
}

/** restic with its defaults but for the compression asked for (`auto` is its default). */
export async function saveWithRestic(
  versions: readonly string[],
  folder: string,
  mode: ResticMode,
): Promise<Growth> {
  const repository = join(folder, 'repository')
  const restic = async (...parameters: string[]): Promise<void> => {
    const env = { ...process.env, RESTIC_PASSWORD: 'bench', RESTIC_REPOSITORY: repository }
    const options = ['--quiet', '--no-cache', '--compression', mode]
    await execFileAsync('restic', [...parameters, ...options], { env })
  }
  await restic('init')
  const sizes: number[] = []
  const work = join(folder, 'work')
  await eachVersion(versions, work, async () => {
    await restic('backup', work)
    sizes.push(bytesBelow(repository))
  })
  return growthOf(sizes)
}

/** Whole-file dedup: each new file once, as it is and as one zstd frame of level 3. */
export async function saveWholeFiles(
  versions: readonly string[],
  digests: FileDigests,
): Promise<{ readonly raw: Growth; readonly zstd: Growth }> {
  const compress = await openZstd()
  const sizeOf = (bytes: Uint8Array): number => Math.min(bytes.length, compress(bytes, 3).length)
  const seen = new Set<Digest>()
  const raw: number[] = []
  const zstd: number[] = []
  for (const version of versions) {
    const files = filesBelow(version).filter((file) => !seen.has(digests.of(file)))
    for (const file of files) seen.add(digests.of(file))
    raw.push(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
    zstd.push(files.reduce((sum, { path }) => sum + sizeOf(readFileSync(path)), 0))
  }
  return { raw, zstd }
}
