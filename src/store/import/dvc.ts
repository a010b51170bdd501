/**
 * `import dvc`: what DVC keeps in a git repository, its history too.
 *
 * Each content that a path had becomes a version, oldest first, which names the commit that
 * brought it. DVC's files, its cache and its remote are only read.
 */

import { dirname, join, relative, resolve } from 'node:path'

import { isMlstoreError, notFound } from '../../errors.ts'
import { type DvcFileAt, GitHistory } from '../../foreign/dvc/git.ts'
import { type DvcOutput, isDvcFile, readDvcFile } from '../../foreign/dvc/outputs.ts'
import { readDvcSettings } from '../../foreign/dvc/settings.ts'
import { filesBelow, isFolder, readTextIfThere } from '../../foreign/files.ts'
import { loadYaml, type YamlReader } from '../../foreign/yaml.ts'
import type { StoreParts } from '../parts.ts'
import { DvcContent } from './dvc-content.ts'
import { DvcVersions, type Moment } from './dvc-versions.ts'
import type { ImportDvcRequest, ImportResult } from './results.ts'
import { ImportSession } from './session.ts'

/** @throws {MlstoreError} `NOT_FOUND` if there is no repository of DVC. */
export async function importDvc(
  parts: StoreParts,
  request: ImportDvcRequest,
): Promise<ImportResult> {
  const start = resolve(parts.cwd, request.path ?? '.')
  const dvcRoot = dvcRootOf(start)
  const gitRoot = await GitHistory.rootOf(dvcRoot)
  if (gitRoot === undefined && request.allCommits === true) {
    throw notFound(`${dvcRoot} is in no git repository.`, 'Import without --all-commits.')
  }
  const root = gitRoot ?? dvcRoot
  const yaml = await loadYaml()
  return ImportSession.run(parts, 'import', request, async (session) => {
    await using content = new DvcContent(session, readDvcSettings(dvcRoot), root)
    const versions = new DvcVersions(session, content, request.type ?? 'data')
    const within = relative(root, dvcRoot)
    const repository = new DvcRepository({ root, within, yaml, session, versions })
    const history = gitRoot === undefined ? undefined : new GitHistory(gitRoot)
    if (request.allCommits === true && history !== undefined) await repository.addHistory(history)
    await repository.addWorkingTree(history)
    if (request.allCommits === true && history !== undefined) await repository.labelTags(history)
  })
}

/** The nearest folder, at or above one, that holds `.dvc`. */
function dvcRootOf(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (isFolder(join(folder, '.dvc'))) return folder
    if (dirname(folder) === folder) break
  }
  throw notFound(
    `${start} is in no repository of DVC: there is no folder .dvc in it or above it.`,
    'Name the repository: mlstore import dvc PATH.',
  )
}

type RepositoryParts = {
  /** What paths of files are relative to. */
  readonly root: string
  /** The folder of the repository that is DVC's; empty for all of it. */
  readonly within: string
  readonly yaml: YamlReader
  readonly session: ImportSession
  readonly versions: DvcVersions
}

class DvcRepository {
  readonly #parts: RepositoryParts

  constructor(parts: RepositoryParts) {
    this.#parts = parts
  }

  async addHistory(history: GitHistory): Promise<void> {
    const commits = await history.commits()
    const files = commits.flatMap((commit) => commit.files)
    const outputsOf = await this.#outputs(history, files)
    for (const { id: commit, at, files: changed } of commits) {
      await this.#parts.versions.addAll(changed.flatMap(outputsOf), { commit, at })
    }
  }

  async addWorkingTree(history: GitHistory | undefined): Promise<void> {
    const { root, session, versions } = this.#parts
    const paths =
      history === undefined ? filesBelow(root).filter(isDvcFile) : await history.workingFiles()
    const now: Moment = { commit: undefined, at: session.parts.clock.now().toISOString() }
    const found: { readonly outputs: readonly DvcOutput[]; readonly moment: Moment }[] = []
    for (const path of paths.filter((each) => this.#isWithin(each))) {
      const text = readTextIfThere(join(root, path))
      if (text === undefined) continue
      const last = await history?.lastCommit(path)
      const moment = last === undefined ? now : { commit: last.id, at: last.at }
      found.push({ outputs: this.#read(text, path), moment })
    }
    // What `dvc add` tracks before what stages made from it.
    const byStage = (a: (typeof found)[number], b: (typeof found)[number]): number =>
      Number(a.outputs[0]?.stage !== undefined) - Number(b.outputs[0]?.stage !== undefined)
    for (const { outputs, moment } of found.sort(byStage)) await versions.addAll(outputs, moment)
  }

  async labelTags(history: GitHistory): Promise<void> {
    for (const { name, files } of await history.tags()) {
      const outputsOf = await this.#outputs(history, files)
      this.#parts.versions.labelAll(files.flatMap(outputsOf), name)
    }
  }

  /** Reads the files at once; answers what each says. */
  async #outputs(
    history: GitHistory,
    files: readonly DvcFileAt[],
  ): Promise<(file: DvcFileAt) => readonly DvcOutput[]> {
    const blobs = new Set(files.map(({ blob }) => blob))
    const texts = await history.texts([...blobs])
    return ({ path, blob }) => {
      const text = texts.get(blob)
      return text === undefined || !this.#isWithin(path) ? [] : this.#read(text, path)
    }
  }

  #read(text: string, path: string): readonly DvcOutput[] {
    const { yaml, session } = this.#parts
    try {
      const { outputs, elsewhere } = readDvcFile(text, path, yaml)
      for (const each of elsewhere) session.note(`${each} was left out: it is not in DVC's cache.`)
      return outputs
    } catch (error) {
      if (!isMlstoreError(error, 'INVALID_ARGUMENT')) throw error
      session.note(`Left out: ${error.message}`)
      return []
    }
  }

  #isWithin(path: string): boolean {
    const { within } = this.#parts
    return within === '' || path.startsWith(`${within}/`)
  }
}
