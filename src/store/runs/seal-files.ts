/** Sealing: the files of a run so far become a version of the artifact `run/<id>`. */

import type { Digest } from '../../core/digest.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { type ArtifactName, parseArtifactName } from '../../core/names.ts'
import { packKind } from '../../core/pack/format.ts'
import { withoutCollisions } from '../../core/runs/draft-tree.ts'
import { buildTree, type TreeFile } from '../../core/tree/build.ts'
import { MlstoreError } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import { IgnoreRules } from '../../worktree/ignore-rules.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { addContent } from '../add.ts'
import { sayingsOf, type Wish } from '../add-wish.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { Ingested } from '../ingest.ts'
import type { StoreParts } from '../parts.ts'

/** What the version of its files is to the run. */
export const filesRole = 'files'

export function filesArtifact(run: string): ArtifactName {
  return parseArtifactName(`run/${run}`)
}

/**
 * Makes a version of the draft, unless the newest one holds just that.
 *
 * @returns The version; `null` if the draft has no files.
 * @throws {MlstoreError} `OBJECT_MISSING` when bytes of an earlier file are neither here nor on a
 * remote.
 */
export async function sealFiles(parts: StoreParts, run: string): Promise<Digest | null> {
  parts.catchUp()
  const files = draftOf(parts, run)
  if (files.length === 0) return null
  const read = async (writer: ObjectWriter): Promise<Ingested & { readonly hidden: number }> => {
    await keepAll(parts, run, files, writer)
    const tree = buildTree(files, (digest, bytes) => {
      writer.addObject(packKind.treeNode, bytes, digest)
    })
    return { ...tree, newBytes: 0, assumed: new DigestSet(), hidden: 0 }
  }
  const { digest } = await addContent({ parts, wish: wishFor(run), read, signal: undefined })
  return digest
}

function draftOf({ catalog }: StoreParts, run: string): TreeFile[] {
  const files = catalog.runFiles
    .of(run)
    .map(({ path, digest, sizeBytes, isExecutable }): TreeFile => ({
      kind: 'file',
      path,
      digest,
      size: sizeBytes,
      exec: isExecutable,
    }))
  return withoutCollisions(files)
}

/** Counts on the bytes of all files; a run that began elsewhere has some on a remote. */
async function keepAll(
  parts: StoreParts,
  run: string,
  files: readonly TreeFile[],
  writer: ObjectWriter,
): Promise<void> {
  const isKept = ({ digest }: TreeFile): boolean => writer.keep(digest)
  if (files.every(isKept)) return
  const sealed = parts.catalog.versions.newest(filesArtifact(run))
  if (sealed !== undefined) await ensureLocal(parts, sealed, everyPath, undefined)
  const missing = files.filter((file) => !isKept(file)).map(({ path }) => path)
  if (missing.length === 0) return
  throw new MlstoreError(
    'OBJECT_MISSING',
    `The bytes of ${missing.slice(0, 3).join(', ')} of run ${run} are not here, and no remote has them.`,
    {
      hint: 'Where they were logged, end the run or seal its files, and push; then `mlstore fetch`.',
      details: { paths: missing },
    },
  )
}

function wishFor(run: string): Wish {
  return {
    ...sayingsOf({}),
    artifact: filesArtifact(run),
    maker: { run, role: filesRole },
    inputs: [],
    shape: 'tree',
    sources: [],
    rules: IgnoreRules.top(),
    hardlink: false,
    lockPath: undefined,
    locked: undefined,
    keepsLock: false,
    path: '',
  }
}
