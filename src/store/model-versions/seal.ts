/**
 * Sealing a model version: its attributes become a version, all at once.
 *
 * The first one has the id as its label. Adding to it makes a successor, which names the one before
 * as an input and takes the id as an alias: what `type/name@ID` means is the newest. If others have
 * made a successor meanwhile, ours goes on from theirs: what was changed here is changed in it.
 */

import assert from 'node:assert/strict'

import { labelOfId } from '../../core/model-versions/names.ts'
import { parseAliasName } from '../../core/names.ts'
import type { TreeFile, TreeItem } from '../../core/tree/build.ts'
import type { VersionInput } from '../../core/version-record.ts'
import { MlstoreError } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { addContent, type ReadContent } from '../add.ts'
import type { Wish } from '../add-wish.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'
import type { Run } from '../runs/run.ts'
import { contentOf, treeFileOf, unlockedWish } from '../runs/seal-files.ts'
import { treeItems } from '../tree-items.ts'
import { applyDraft, Attributes, attributesOf } from './attributes.ts'
import type { SealedModelVersion } from './requests.ts'
import { type ModelParts, settleNumber } from './sessions.ts'
import { predecessorRole, type Successors, successorsOf } from './successors.ts'

/** What the version is to the run in which it was made. */
const modelVersionRole = 'model version'

/** Seals the draft and ends its run. Again after a failure, it goes on where it stopped. */
export async function sealModelVersion(
  parts: StoreParts,
  of: ModelParts,
  run: Run,
): Promise<SealedModelVersion> {
  await run.flush()
  parts.catchUp()
  const sealed = await sealRun(parts, of, run.id)
  await run.end('FINISHED')
  return sealed
}

/** What was sealed under the id last, as it is; `undefined` if nothing was. */
export async function sealedBefore(
  parts: StoreParts,
  { artifact }: ModelParts,
  id: string,
): Promise<SealedModelVersion | undefined> {
  parts.catchUp()
  const successors = successorsOf(parts, artifact, id)
  const [head] = successors?.heads ?? []
  if (successors === undefined || head === undefined) return undefined
  const attributes = await attributesOf(parts, successors, head)
  return sealedAs(head, { id, attributes, unchanged: true })
}

/**
 * Makes a version of what the run says, on top of what others have sealed.
 *
 * @throws {MlstoreError} `OBJECT_MISSING` when bytes of an earlier attribute are nowhere.
 */
export async function sealRun(
  parts: StoreParts,
  of: ModelParts,
  run: string,
): Promise<SealedModelVersion> {
  const id = await settleNumber(parts, of, run)
  const successors = successorsOf(parts, of.artifact, id)
  const heads = successors?.heads ?? []
  const others = heads.filter((head) => head.run !== run)
  const [own] = heads.filter((head) => head.run === run)
  const said = parts.catalog.runFiles.said(run)
  const settled = own === undefined ? said.length === 0 && others[0] : others.length === 0 && own
  if (successors !== undefined && settled) {
    const attributes = await attributesOf(parts, successors, settled)
    return sealedAs(settled, { id, attributes, unchanged: own === undefined })
  }
  const attributes = await attributesOfHeads(parts, successors, others)
  applyDraft(attributes, said)
  const version = await addVersion(parts, { of, run, id, heads, others, attributes })
  return sealedAs(version, { id, attributes, unchanged: false })
}

/** Of several versions nobody has brought together, the newer one's where both have a path. */
async function attributesOfHeads(
  parts: StoreParts,
  successors: Successors | undefined,
  heads: readonly VersionRow[],
): Promise<Attributes> {
  const all = new Attributes()
  if (successors === undefined) return all
  for (const head of heads.toReversed()) {
    for (const attribute of (await attributesOf(parts, successors, head)).list()) all.set(attribute)
  }
  return all
}

type Sealing = {
  readonly of: ModelParts
  readonly run: string
  readonly id: string
  /** What it goes on from, newest first, and those of them that others made. */
  readonly heads: readonly VersionRow[]
  readonly others: readonly VersionRow[]
  readonly attributes: Attributes
}

async function addVersion(parts: StoreParts, sealing: Sealing): Promise<VersionRow> {
  const { others, attributes } = sealing
  const files = attributes.list().flatMap((attribute): TreeFile[] => {
    const { path, digest, sizeBytes, executable: isExecutable, localTo } = attribute
    return localTo === null ? [treeFileOf({ path, digest, sizeBytes, isExecutable })] : []
  })
  const read = async (writer: ObjectWriter): Promise<ReadContent> => {
    await keepAll(parts, writer, { files, others })
    return contentOf(writer, [...files, ...linksOf(parts, sealing)])
  }
  const { digest } = await addContent({ parts, wish: wishFor(sealing), read, signal: undefined })
  const version = parts.catalog.versions.get(digest)
  assert(version !== undefined, 'what was added is in the catalog')
  return version
}

/** A version that was added as a folder may have links, which are no attributes. */
function linksOf(parts: StoreParts, { others, attributes }: Sealing): TreeItem[] {
  const [newest] = others
  if (newest === undefined) return []
  const items = [...treeItems(parts, newest.root)].flat()
  return items.filter((item) => item.kind === 'link' && attributes.list(item.path).length === 0)
}

/** Counts on all bytes; those of earlier versions may be on a remote only. */
async function keepAll(
  parts: StoreParts,
  writer: ObjectWriter,
  {
    files,
    others,
  }: { readonly files: readonly TreeFile[]; readonly others: readonly VersionRow[] },
): Promise<void> {
  const isKept = ({ digest }: TreeFile): boolean => writer.keep(digest)
  if (files.every(isKept)) return
  for (const version of others) await ensureLocal(parts, version, everyPath, undefined)
  const missing = files.filter((file) => !isKept(file)).map(({ path }) => path)
  if (missing.length === 0) return
  throw new MlstoreError(
    'OBJECT_MISSING',
    `The bytes of ${missing.slice(0, 3).join(', ')} are not here, and no remote has them.`,
    { hint: 'Upload them again, or delete these attributes.', details: { paths: missing } },
  )
}

function wishFor({ of, run, id, heads }: Sealing): Wish {
  const label = labelOfId(id)
  const isFirst = heads.length === 0
  return {
    ...unlockedWish,
    artifact: of.artifact,
    maker: { run, role: modelVersionRole },
    inputs: heads.map((head): VersionInput => ({ role: predecessorRole, version: head.id })),
    label: isFirst ? label : undefined,
    aliases: isFirst ? [] : [parseAliasName(label)],
  }
}

function sealedAs(
  version: VersionRow,
  {
    id,
    attributes,
    unchanged,
  }: Pick<SealedModelVersion, 'id' | 'unchanged'> & {
    readonly attributes: Attributes
  },
): SealedModelVersion {
  const { artifact, files, sizeBytes } = version
  const localFiles = attributes.list().filter(({ localTo }) => localTo !== null).length
  return { id, artifact, version: version.id, files, sizeBytes, localFiles, unchanged }
}
