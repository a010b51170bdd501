/**
 * Local files and folders to a run's artifacts, and back.
 *
 * MLflow keeps files only: a folder is the files below it, and folders in it that are empty are not
 * there. What replaces a folder leaves none of its files behind.
 */

import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { mapOrdered } from '../../core/map-ordered.ts'
import { invalidArgument, notFound } from '../../errors.ts'
import type { ArtifactEntry, ArtifactProxy } from './artifact-proxy.ts'
import { fileError } from './file-errors.ts'

/** Files under way at once. */
const concurrency = 8

/**
 * Keeps a file or folder as `path`, in place of what is there.
 *
 * @throws {MlstoreError} `NOT_FOUND` if there is nothing at `source`; `INVALID_ARGUMENT` for a folder
 * without any file and for what is neither file nor folder.
 */
export async function uploadArtifact(
  artifacts: ArtifactProxy,
  source: string,
  path: string,
): Promise<void> {
  const files = await localFiles(source)
  if (files.length === 0) {
    throw invalidArgument(`${source} has no files, and MLflow keeps nothing else.`)
  }
  const isFolder = files[0] !== ''
  const there = await entryAt(artifacts, path)
  const isOtherKind = there !== undefined && there.isFolder !== isFolder
  if (isOtherKind) await artifacts.delete(path)
  const old = there?.isFolder === true && isFolder ? await remoteFiles(artifacts, path) : []
  const put = async (file: string): Promise<void> =>
    artifacts.put(below(path, file), join(source, file))
  await all(files, put)
  const kept = new Set(files)
  const left = old.map(({ name }) => name).filter((name) => !kept.has(name))
  await all(left, async (name) => artifacts.delete(below(path, name)))
}

/**
 * Writes a file or folder of a run as `target`. After a failure it is not there.
 *
 * @throws {MlstoreError} `NOT_FOUND`; `INVALID_ARGUMENT` if the target is there already, which stays
 * as it is.
 */
export async function downloadArtifact(
  artifacts: ArtifactProxy,
  path: string,
  target: string,
): Promise<void> {
  const entry = await entryAt(artifacts, path)
  if (entry === undefined) throw notFound(`The run has no artifact ${path}.`)
  if (!entry.isFolder) return artifacts.get(path, entry.sizeBytes, target)
  await mkdir(target).catch(fileError(target))
  try {
    const files = await remoteFiles(artifacts, path)
    await all(files, async ({ name, sizeBytes }) => {
      await mkdir(join(target, name, '..'), { recursive: true })
      await artifacts.get(below(path, name), sizeBytes, join(target, name))
    })
  } catch (error) {
    await rm(target, { recursive: true, force: true })
    throw error
  }
}

async function entryAt(artifacts: ArtifactProxy, path: string): Promise<ArtifactEntry | undefined> {
  const slash = path.lastIndexOf('/')
  const entries = await artifacts.list(path.slice(0, Math.max(slash, 0)))
  return entries.find(({ name }) => name === path.slice(slash + 1))
}

/** All files below a folder, by their paths from it. */
async function remoteFiles(
  artifacts: ArtifactProxy,
  folder: string,
): Promise<readonly ArtifactEntry[]> {
  const found: ArtifactEntry[] = []
  const folders = ['']
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of await artifacts.list(below(folder, at))) {
      const name = below(at, entry.name)
      if (entry.isFolder) folders.push(name)
      else found.push({ ...entry, name })
    }
  }
  return found
}

/** Paths of all files from `source`, sorted; just `''` if it is a file itself. */
async function localFiles(source: string): Promise<readonly string[]> {
  const files: string[] = []
  const visit = async (path: string): Promise<void> => {
    const at = join(source, path)
    const status = await stat(at).catch(fileError(at))
    if (status.isFile()) files.push(path)
    else if (!status.isDirectory()) throw invalidArgument(`${at} is neither a file nor a folder.`)
    else await visitFolder(path)
  }
  const visitFolder = async (path: string): Promise<void> => {
    const at = join(source, path)
    for (const entry of await readdir(at, { withFileTypes: true }).catch(fileError(at))) {
      const name = below(path, entry.name)
      const isFolderLink = entry.isSymbolicLink() && (await isFolder(join(source, name)))
      if (isFolderLink) throw invalidArgument(`${join(source, name)} is a link to a folder.`)
      await visit(name)
    }
  }
  await visit('')
  return files.sort()
}

async function isFolder(path: string): Promise<boolean> {
  const status = await stat(path).catch(fileError(path))
  return status.isDirectory()
}

function below(folder: string, name: string): string {
  if (folder === '' || name === '') return folder + name
  return `${folder}/${name}`
}

async function all<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const done = mapOrdered(items, concurrency, work)
  let next = await done.next()
  while (next.done !== true) next = await done.next()
}
