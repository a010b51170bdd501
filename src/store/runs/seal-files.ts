/**
 * Sealing: the files of a run so far become a version of the artifact `run/<id>`, and those that
 * stay on this computer one of `local/<id>`.
 */

import type { Digest } from '../../core/digest.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { localFilesArtifact } from '../../core/local-files.ts'
import { type ArtifactName, parseArtifactName } from '../../core/names.ts'
import { packKind } from '../../core/pack/format.ts'
import { withoutCollisions } from '../../core/runs/draft-tree.ts'
import { buildTree, type TreeFile, type TreeItem } from '../../core/tree/build.ts'
import type { RunFileRow } from '../../catalog/runs/run-file-table.ts'
import { MlstoreError } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import { IgnoreRules } from '../../worktree/ignore-rules.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { addContent, type ReadContent } from '../add.ts'
import { type Maker, sayingsOf, type Wish } from '../add-wish.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'

/** What the versions of its files are to the run. */
export const filesRole = 'files'
export const localFilesRole = 'local files'

export function filesArtifact(run: string): ArtifactName {
  return parseArtifactName(`run/${run}`)
}

/**
 * Makes versions of the draft, unless the newest ones hold just that.
 *
 * @returns The version of the files that travel; `null` if there are none.
 * @throws {MlstoreError} `OBJECT_MISSING` when bytes of an earlier file are neither here nor on a
 * remote.
 */
export async function sealFiles(parts: StoreParts, run: string): Promise<Digest | null> {
  parts.catchUp()
  const rows = parts.catalog.runFiles.of(run)
  // Those of another computer are sealed there.
  const stay = rows.filter(({ localTo }) => localTo === parts.identity.host)
  const travel = rows.filter(({ localTo }) => localTo === null)
  await sealAs(parts, { run, role: localFilesRole, artifact: localFilesArtifact(run) }, stay)
  return sealAs(parts, { run, role: filesRole, artifact: filesArtifact(run) }, travel)
}

type Sealing = Maker & { readonly artifact: ArtifactName }

async function sealAs(
  parts: StoreParts,
  sealing: Sealing,
  rows: readonly RunFileRow[],
): Promise<Digest | null> {
  const files = withoutCollisions(rows.map(treeFileOf))
  if (files.length === 0) return null
  const read = async (writer: ObjectWriter): Promise<ReadContent> => {
    await keepAll(parts, sealing.run, files, writer)
    return contentOf(writer, files)
  }
  const { digest } = await addContent({ parts, wish: wishFor(sealing), read, signal: undefined })
  return digest
}

/** The file as a tree has it. */
export function treeFileOf(row: Omit<RunFileRow, 'localTo'>): TreeFile {
  const { path, digest, sizeBytes: size, isExecutable: exec } = row
  return { kind: 'file', path, digest, size, exec }
}

/** Content for `addContent`: a tree of files that the writer counts on. */
export function contentOf(writer: ObjectWriter, files: readonly TreeItem[]): ReadContent {
  const tree = buildTree(files, (digest, bytes) => {
    writer.addObject(packKind.treeNode, bytes, digest)
  })
  return { ...tree, newBytes: 0, assumed: new DigestSet(), hidden: 0 }
}

/** Counts on the bytes of all files; a run that began elsewhere has some on a remote. */
export async function keepAll(
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

function wishFor({ run, role, artifact }: Sealing): Wish {
  return { ...unlockedWish, artifact, maker: { run, role } }
}

/** What a wish says whose content is no path of the user: nothing, and no line of the lock. */
export const unlockedWish: Omit<Wish, 'artifact' | 'maker'> = {
  ...sayingsOf({}),
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
