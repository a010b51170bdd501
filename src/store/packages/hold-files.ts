/**
 * The tree of a package whose files' content is in the store already, as a server has it when the
 * manifest arrives: the manifest says what the version is, and every word of it is checked.
 */

import { DigestSet } from '../../core/digest-set.ts'
import { infoBytes, infoFileName, refuseHostilePaths } from '../../core/packages/documents.ts'
import type { PackageFile } from '../../core/packages/package.ts'
import { packKind } from '../../core/pack/format.ts'
import { buildTree, type TreeItem } from '../../core/tree/build.ts'
import { comparePaths } from '../../core/tree/name-order.ts'
import { invalidArgument } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { ReadContent } from '../add.ts'
import type { StoreParts } from '../parts.ts'
import type { HeldPackage } from './held.ts'
import { folderOf } from './take-files.ts'

/** In the order that uploads of files have, so that the same content is the same version. */
const partsInOrder = ['code', 'dependencies', 'files']

/**
 * Builds the tree, and counts on the content.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for content that is not there or has another size, a
 * path that leads elsewhere, two files of one path.
 */
export async function holdFiles(
  { objects }: Pick<StoreParts, 'objects'>,
  writer: ObjectWriter,
  content: HeldPackage,
): Promise<ReadContent> {
  refuseHostilePaths(content.files)
  const files = content.files.toSorted(byPartAndPath)
  for (const { path, digest, sizeBytes } of files) {
    const isThere = writer.keep(digest)
    const heldBytes = isThere ? objects.sizeOfFile(digest) : undefined
    if (heldBytes === undefined) throw notUploaded(path)
    if (heldBytes !== sizeBytes) throw otherSize(path, sizeBytes, heldBytes)
  }
  const { kind } = content
  const info = writer.addSmallFile(infoBytes({ ...content, files }))
  const items = files.map(({ part, path, digest, sizeBytes }): TreeItem => {
    return { kind: 'file', path: `${folderOf(kind, part)}/${path}`, digest, size: sizeBytes }
  })
  const infoPath = infoFileName(kind)
  items.push({ kind: 'file', path: infoPath, digest: info.digest, size: info.sizeBytes })
  const tree = buildTree(items, (digest, bytes) => {
    writer.addObject(packKind.treeNode, bytes, digest)
  })
  return { ...tree, newBytes: 0, assumed: new DigestSet(), hidden: 0 }
}

function byPartAndPath(a: PackageFile, b: PackageFile): number {
  const order = partsInOrder.indexOf(a.part) - partsInOrder.indexOf(b.part)
  return order === 0 ? comparePaths(a.path, b.path) : order
}

function notUploaded(path: string): Error {
  return invalidArgument(
    `The manifest names ${JSON.stringify(path)}, whose content was not uploaded.`,
    'Upload all of it again: what is there is not sent twice.',
  )
}

function otherSize(path: string, said: number, is: number): Error {
  return invalidArgument(
    `The manifest says that ${JSON.stringify(path)} has ${said} bytes: it has ${is}.`,
    'Upload all of it again: what is there is not sent twice.',
  )
}
