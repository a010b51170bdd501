/**
 * TrackedArtifacts: where the artifacts of resources lie among the files of runs.
 *
 * `<resource id>/<basename>`, as lolpop has it; what lolpop does not keep, which artifact that is,
 * stands in a tag. So two artifacts whose files have the same name do not replace each other.
 */

import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

import { invalidArgument, type MlstoreError, notFound } from '../../errors.ts'
import type { ArtifactOptions, Resource } from './metadata-tracker.ts'
import { shortId, tagOf } from './resource-ids.ts'
import type { TrackedRuns } from './tracked-runs.ts'

type Placing = {
  /** Of the resource. */
  readonly folder: string
  /** Of the artifact. */
  readonly id: string
  /** Of its file. */
  readonly name: string
  /** What says where it was put the last time. */
  readonly before: unknown
  /** Names of all that is right in the folder. */
  readonly taken: ReadonlySet<string>
}

export class TrackedArtifacts {
  readonly #runs: TrackedRuns
  readonly #cwd: string
  /** Where an artifact goes depends on those before it, so they are logged one after the other. */
  #last: Promise<void> = Promise.resolve()

  /** @param cwd Relative paths start there. Absolute. */
  constructor(runs: TrackedRuns, cwd: string) {
    this.#runs = runs
    this.#cwd = cwd
  }

  log(resource: Resource, id: string, path: string): Promise<void> {
    const logged = this.#last.then(() => this.#keep(resource, id, path))
    // The caller is told; the next artifact is another matter.
    this.#last = logged.catch(() => undefined)
    return logged
  }

  async get(resource: Resource, id: string, { directory }: ArtifactOptions): Promise<string> {
    const path = await this.#pathOf(resource, id)
    if (directory === undefined) return this.#fetchAside(resource, path)
    const folder = resolve(this.#cwd, directory)
    await mkdir(folder, { recursive: true })
    const target = join(folder, basename(path))
    await refuseExisting(target)
    await this.#runs.fetchFile(resource.run, path, target)
    return target
  }

  /** Into a folder of its own, which stays only if there is something in it. */
  async #fetchAside({ run }: Resource, path: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'mlstore-artifact-'))
    try {
      const target = join(folder, basename(path))
      await this.#runs.fetchFile(run, path, target)
      return target
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  async #keep(resource: Resource, id: string, path: string): Promise<void> {
    const { run } = resource
    const source = resolve(this.#cwd, path)
    const folder = shortId(resource.id)
    const key = tagOf(resource, artifactKey(id))
    const before = (await this.#runs.tags(run, [key]))[key]
    // What has no tag is another program's: it is not written over either.
    const taken = new Set(await this.#runs.namesIn(run, folder))
    const target = placeFor({ folder, id, name: basename(source), before, taken })
    await this.#runs.logFile(run, source, target)
    await this.#runs.setTags(run, { [key]: target })
  }

  async #pathOf(resource: Resource, id: string): Promise<string> {
    const { run } = resource
    const key = tagOf(resource, artifactKey(id))
    const path = (await this.#runs.tags(run, [key]))[key]
    const folder = shortId(resource.id)
    // Anybody may write tags: they lead nowhere else.
    if (typeof path === 'string' && path.startsWith(`${folder}/`)) return path
    const names = await this.#runs.namesIn(run, folder)
    const name = names.find((each) => each === id) ?? names.find((each) => stemOf(each) === id)
    if (name === undefined) throw noArtifact(resource, id, names)
    return `${folder}/${name}`
  }
}

/**
 * Where it is already, or the first place that is free: `<name>`, else `<id>/<name>`, and where
 * something else has the name of that folder, `<id>~2/<name>` and so on.
 */
function placeFor({ folder, id, name, before, taken }: Placing): string {
  const top = `${folder}/${name}`
  if (before === top || !taken.has(name)) return top
  const own = /^\.{0,2}$/.test(id) ? `_${id}` : id.replaceAll('/', '_')
  for (let tried = 1; ; tried += 1) {
    const below = tried === 1 ? own : `${own}~${tried}`
    const isOwn = typeof before === 'string' && before.startsWith(`${folder}/${below}/`)
    if (isOwn || !taken.has(below)) return `${folder}/${below}/${name}`
  }
}

function artifactKey(id: string): string {
  return `artifact.${id}`
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(0, dot) : name
}

async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return
  throw invalidArgument(`${path} is there already.`, 'Name a folder that has no such file.')
}

function noArtifact({ id }: Resource, artifact: string, names: readonly string[]): MlstoreError {
  const there = names.length === 0 ? 'It has no files' : `Its files are ${names.join(', ')}`
  return notFound(`${id} has no artifact ${JSON.stringify(artifact)}. ${there}.`)
}
