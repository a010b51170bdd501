/**
 * Trees that are here with all their files, and the packs that hold them.
 *
 * To look for every file of a large version takes longer than to list it. Packs never change, so a
 * tree that was found whole once is whole for as long as those packs are there.
 */

import { type Digest, emptyDigest } from '../core/digest.ts'
import { walkTree } from '../core/tree/walk.ts'
import { isMlstoreError } from '../errors.ts'
import { nodeSource } from './node-source.ts'
import type { StoreParts } from './parts.ts'

type WholeParts = Pick<StoreParts, 'objects' | 'catalog'>

/** Whether every node and every file of a tree is here. */
export function isWholeTree(parts: WholeParts, root: Digest): boolean {
  const { meta, objects } = parts.catalog
  const packs = meta.get(nameOf(root))
  if (packs?.split(' ').every((packId) => objects.hasPack(packId)) === true) return true
  const found = findPacks(parts, root)
  rememberWholeTree(parts, root, found === 'missing' ? undefined : found)
  return found !== 'missing'
}

/** @param packs They hold every object of the tree; `undefined` where it is held otherwise. */
export function rememberWholeTree(
  { catalog }: Pick<StoreParts, 'catalog'>,
  root: Digest,
  packs: ReadonlySet<string> | undefined,
): void {
  if (packs === undefined || packs.size === 0) catalog.meta.delete(nameOf(root))
  else catalog.meta.set(nameOf(root), [...packs].join(' '))
}

/** The packs of nodes, files and recipes; `undefined` if some file is loose. */
function findPacks(parts: WholeParts, root: Digest): ReadonlySet<string> | undefined | 'missing' {
  const packs = new Set<string>()
  const { objects } = parts.catalog
  let isAllPacked = true
  const count = (digest: Digest): boolean => {
    const packId = objects.find(digest)?.packId
    if (packId !== undefined) packs.add(packId)
    return packId !== undefined
  }
  const hasFile = (digest: Digest): boolean => {
    if (digest === emptyDigest || count(digest)) return true
    const file = objects.findRecipe(digest)
    if (file !== undefined && count(file.recipe)) return true
    isAllPacked = false
    return parts.objects.has(digest)
  }
  const stored = nodeSource(parts)
  const source = {
    node: (digest: Digest) => {
      count(digest)
      return stored.node(digest)
    },
  }
  try {
    for (const { entry } of walkTree(source, root)) {
      if (entry.kind === 'file' && !hasFile(entry.digest)) return 'missing'
    }
  } catch (error) {
    if (isMlstoreError(error, 'OBJECT_MISSING')) return 'missing'
    throw error
  }
  return isAllPacked ? packs : undefined
}

function nameOf(root: Digest): string {
  return `packs of ${root}`
}
