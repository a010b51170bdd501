/**
 * What attributes a model version has.
 *
 * Those that travel are the tree of its newest record, changed by what the draft says. Those that
 * stay on a computer are in no tree: the runs that made the version and the ones before name them.
 */

import {
  fileOfAttribute,
  foldersOf,
  isAtOrBelow,
} from '../../core/model-versions/attribute-paths.ts'
import { seriesOfModel } from '../../core/model-versions/names.ts'
import { walkTree } from '../../core/tree/walk.ts'
import { invalidArgument, notFound } from '../../errors.ts'
import type { RunPathRow } from '../../catalog/runs/run-file-table.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { noFiles } from '../../worktree/path-selection.ts'
import { isToolFolder, isUnfinished } from '../../worktree/reserved-names.ts'
import { ensureLocal } from '../ensure-local.ts'
import { nodeSource } from '../node-source.ts'
import type { StoreParts } from '../parts.ts'
import type { Attribute } from './requests.ts'
import type { Successors } from './successors.ts'

/** Attributes by path; what one of them stands at is no namespace, and the other way round. */
export class Attributes {
  readonly #byPath = new Map<string, Attribute>()
  /** How many attributes are below each path. */
  readonly #below = new Map<string, number>()

  get(path: string): Attribute | undefined {
    return this.#byPath.get(path)
  }

  /** By path; only the one at a path, and those below it. */
  list(path = ''): Attribute[] {
    const all = [...this.#byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
    return path === '' ? all : all.filter((each) => isAtOrBelow(path, each.path))
  }

  /** Those below a namespace, each with its path there. @throws {MlstoreError} `NOT_FOUND` */
  below(namespace: string): { readonly attribute: Attribute; readonly file: string }[] {
    const found = this.list(namespace).flatMap((attribute) => {
      const file = fileOfAttribute(namespace, attribute.path)
      return file === undefined ? [] : [{ attribute, file }]
    })
    if (found.length > 0) return found
    throw notFound(`There is no attribute below ${JSON.stringify(namespace)}.`)
  }

  set(attribute: Attribute): void {
    if (!this.#byPath.has(attribute.path)) this.#count(attribute.path, 1)
    this.#byPath.set(attribute.path, attribute)
  }

  delete(path: string): void {
    if (this.#byPath.delete(path)) this.#count(path, -1)
  }

  /** @throws {MlstoreError} `INVALID_ARGUMENT` if no attribute can be at the path. */
  checkFree(path: string): void {
    const unwritable = path.split('/').find((name) => isToolFolder(name) || isUnfinished(name))
    if (unwritable !== undefined) {
      throw invalidArgument(
        `${path} cannot be an attribute: ${unwritable} is never written into a folder.`,
        'Choose another path.',
      )
    }
    const above = foldersOf(path).find((folder) => this.#byPath.has(folder))
    if (above !== undefined) {
      throw invalidArgument(
        `${path} cannot be an attribute: ${above} is one, and no namespace.`,
        'Choose another path, or delete that one.',
      )
    }
    if ((this.#below.get(path) ?? 0) === 0) return
    throw invalidArgument(
      `${path} cannot be an attribute: it is the namespace of others.`,
      `Put it below: ${path}/NAME.`,
    )
  }

  #count(path: string, by: number): void {
    for (const folder of foldersOf(path)) {
      this.#below.set(folder, (this.#below.get(folder) ?? 0) + by)
    }
  }
}

/** Those of a sealed version; of its tree only nodes are fetched. */
export async function attributesOf(
  parts: StoreParts,
  successors: Successors,
  head: VersionRow,
): Promise<Attributes> {
  const attributes = new Attributes()
  for (const { run } of successors.lineOf(head)) {
    if (run === null || !isOfModel(parts, run, head)) continue
    for (const said of parts.catalog.runFiles.said(run)) {
      if (said.kind === 'file' && said.localTo !== null) attributes.set(attribute(said))
      else attributes.delete(said.path)
    }
  }
  await ensureLocal(parts, head, noFiles('', true), undefined)
  for (const { path, entry } of walkTree(nodeSource(parts), head.root)) {
    if (entry.kind !== 'file') continue
    const { digest, size: sizeBytes, exec: executable } = entry
    attributes.set({ path, digest, sizeBytes, executable, localTo: null })
  }
  return attributes
}

/** Changes attributes by what a run says, in place. */
export function applyDraft(attributes: Attributes, said: readonly RunPathRow[]): void {
  for (const row of said) if (row.kind === 'gone') attributes.delete(row.path)
  for (const row of said) if (row.kind === 'file') attributes.set(attribute(row))
}

/** A version may also have been added within a run that has files of its own. */
function isOfModel({ catalog }: StoreParts, run: string, { artifact }: VersionRow): boolean {
  return catalog.runs.get(run)?.experimentName === seriesOfModel(artifact)
}

function attribute(row: Extract<RunPathRow, { kind: 'file' }>): Attribute {
  const { path, digest, sizeBytes, isExecutable: executable, localTo } = row
  return { path, digest, sizeBytes, executable, localTo }
}
