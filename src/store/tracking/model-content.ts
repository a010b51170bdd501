/**
 * The files that a new model version is made of: a folder of a run, or another version.
 *
 * No bytes are copied. They are only counted on, so that a gc that runs at the same time leaves
 * them, and fetched first where this store lacks them.
 */

import { walkTree } from '../../core/tree/walk.ts'
import type { BuiltTree, TreeItem } from '../../core/tree/build.ts'
import type { VersionShape } from '../../core/version-record.ts'
import { MlstoreError, notFound } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import { nodeSource } from '../node-source.ts'
import type { StoreParts } from '../parts.ts'
import { contentOf, keepAll, treeFileOf } from '../runs/seal-files.ts'
import { rememberWholeTree } from '../whole-trees.ts'
import type { ModelSource } from './registry-results.ts'

export type ModelContent = BuiltTree & {
  readonly shape: VersionShape
  /** Makes what is new visible; under the writer lock. */
  readonly publish: () => void
}

type Items = { readonly items: readonly TreeItem[]; readonly shape: VersionShape }

/**
 * Gathers the files, and runs `work` with them while they are kept.
 *
 * @throws {MlstoreError} `NOT_FOUND` if there are none; `OBJECT_MISSING` if their bytes are neither
 * here nor on a remote.
 */
export async function withModelContent<Result>(
  parts: StoreParts,
  source: ModelSource,
  work: (content: ModelContent) => Promise<Result>,
): Promise<Result> {
  await parts.codec.open()
  const writer = parts.objects.startWrite()
  try {
    const { items, shape } = await itemsOf(parts, source, writer)
    const tree = contentOf(writer, items)
    await writer.seal()
    const publish = (): void => {
      const { missing, packs } = writer.publish()
      if (missing.length > 0) throw takenAway()
      rememberWholeTree(parts, tree.root, packs)
    }
    return await work({ ...tree, shape, publish })
  } finally {
    await writer.abort()
  }
}

function itemsOf(parts: StoreParts, source: ModelSource, writer: ObjectWriter): Promise<Items> {
  return source.kind === 'run'
    ? itemsOfRun(parts, source, writer)
    : itemsOfVersion(parts, source, writer)
}

async function itemsOfRun(
  parts: StoreParts,
  { run, path, mayBeEmpty = false }: ModelSource & { kind: 'run' },
  writer: ObjectWriter,
): Promise<Items> {
  const { runFiles } = parts.catalog
  const file = path === '' ? undefined : runFiles.get(run, path)
  const below = path === '' ? runFiles.of(run) : runFiles.below(run, path)
  const rows = file === undefined ? below : [file]
  if (rows.length === 0 && !mayBeEmpty) {
    const place = path === '' ? 'no files' : `nothing at ${JSON.stringify(path)}`
    throw notFound(`Run ${run} has ${place}.`, 'Log the files of the model first.')
  }
  const files = rows.map(treeFileOf)
  await keepAll(parts, run, files, writer)
  const start = file === undefined ? path.length + Number(path !== '') : path.lastIndexOf('/') + 1
  const items = files.map((each) => ({ ...each, path: each.path.slice(start) }))
  return { items, shape: file === undefined ? 'tree' : 'file' }
}

async function itemsOfVersion(
  parts: StoreParts,
  { version }: ModelSource & { kind: 'version' },
  writer: ObjectWriter,
): Promise<Items> {
  const row = parts.catalog.versions.get(version)
  if (row === undefined) throw notFound(`There is no version ${version} here.`)
  await ensureLocal(parts, row, everyPath, undefined)
  const items: TreeItem[] = []
  for (const { path, entry } of walkTree(nodeSource(parts), row.root)) {
    if (entry.kind === 'directory') items.push({ kind: 'directory', path })
    else if (entry.kind === 'link') items.push({ kind: 'link', path, target: entry.target })
    else {
      const { digest, size, exec } = entry
      if (!writer.keep(digest)) throw takenAway()
      items.push({ kind: 'file', path, digest, size, exec })
    }
  }
  return { items, shape: row.shape }
}

function takenAway(): MlstoreError {
  return new MlstoreError(
    'OBJECT_MISSING',
    'Bytes of the model were freed while it was registered.',
    {
      hint: 'Send the request again.',
    },
  )
}
