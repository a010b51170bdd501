/**
 * Repairs the local store: what is damaged or gone comes from wherever there is a good copy.
 *
 * The good frames of a damaged pack and the copies found for its bad ones go into new packs; only
 * when those are durable and published does the old pack go. If a bad frame has no good copy
 * anywhere, the old pack is put aside in `damaged/`, not deleted: a disk that could not read today
 * may read tomorrow.
 */

import { join } from 'node:path'

import { recipeChunks } from '../../core/chunking/recipe-walk.ts'
import type { Digest } from '../../core/digest.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import { packFileName, PackFiles } from '../../objects/pack-file.ts'
import type { IndexedFile } from '../../ports/object-index.ts'
import type { StoreParts } from '../parts.ts'
import type { DamagedPack, LocalCheck } from './local-check.ts'
import { moveFrames } from './move-frames.ts'
import { reindex } from './reindex.ts'
import { repairFromFiles } from './repair-from-files.ts'
import { repairFromPacks } from './repair-from-packs.ts'
import { repairFromRemotes } from './repair-from-remote.ts'
import { Wants } from './wants.ts'

/** Name of the folder for packs that hold something nobody else has. */
export const damagedFolderName = 'damaged'

/** Makes the catalog agree with journal and packs again. */
export async function repairCatalog({ parts, findings, signal }: LocalCheck): Promise<void> {
  const isCatalogWrong = findings.open('catalog').length > 0
  const packIds = findings.open('index').map(({ packId }) => packId)
  if (isCatalogWrong) {
    await reindex(parts)
    findings.mended({ kind: 'catalog' })
  } else if (packIds.length > 0) {
    await parts.write(() => {
      for (const packId of packIds) parts.catalog.objects.removePack(packId)
      parts.objects.adoptUnindexedPacks()
    }, signal)
  }
  for (const packId of packIds) {
    if (parts.catalog.objects.hasPack(packId)) findings.mended({ kind: 'index', packId })
  }
}

/** Restores objects and files, and replaces the packs and loose files that were damaged. */
export async function repairObjects(check: LocalCheck): Promise<void> {
  const { parts, damagedPacks } = check
  const wants = wantsOf(check)
  if (wants.isEmpty && damagedPacks.size === 0) return
  const asked = new Wants(wants.objects, wants.files)
  const packs = new PackFiles(parts.fs, parts.layout.packs)
  const writer = parts.objects.startWrite({ leaving: new Set(damagedPacks.keys()) })
  try {
    await fill(check, packs, writer, wants)
    await publish(check, writer, wants)
  } catch (error) {
    await writer.abort()
    throw error
  } finally {
    packs.closeAll()
  }
  noteMended(check, asked, wants)
}

function wantsOf({ findings, damagedPacks }: LocalCheck): Wants {
  const lost = [...damagedPacks.values()].flatMap((pack) => pack.lost.map(({ digest }) => digest))
  const named = findings.open('object').map(({ digest }) => digest)
  const objects = [...lost, ...named]
  // What a tree calls a file's content may be a file of several chunks.
  const isLost = new Set(lost)
  const files = named.filter((digest) => !isLost.has(digest))
  return new Wants(objects, [...files, ...findings.open('loose').map(({ digest }) => digest)])
}

/** Puts everything that can be had into the session. */
async function fill(
  check: LocalCheck,
  packs: PackFiles,
  writer: ObjectWriter,
  wants: Wants,
): Promise<void> {
  for (const { listing, lost } of check.damagedPacks.values()) {
    if (listing === undefined) continue
    const isLost = new Set(lost)
    const isWanted = (object: (typeof lost)[number]): boolean => !isLost.has(object)
    await moveFrames(check.parts, { packs, writer, listing, isWanted, signal: check.signal })
  }
  await repairFromPacks(check, packs, writer, wants)
  if (!wants.isEmpty) await repairFromFiles(check, writer, wants)
  if (!wants.isEmpty) await repairFromRemotes(check, writer, wants)
  addFileRows(check, writer, wants)
}

/** What the damaged packs said of files, as far as the files are whole. */
function addFileRows(check: LocalCheck, writer: ObjectWriter, wants: Wants): void {
  for (const { listing } of check.damagedPacks.values()) {
    for (const file of listing?.files ?? []) {
      if (isWhole(check.parts, file, wants)) writer.addFileRow(file)
    }
  }
}

function isWhole({ objects }: StoreParts, file: IndexedFile, wants: Wants): boolean {
  if (wants.objects.size === 0 || wants.addedFiles.has(file.file)) return true
  const root = { digest: file.recipe, sizeBytes: file.sizeBytes }
  const read = (nodes: readonly Digest[]): Uint8Array[] =>
    nodes.map((node) => wants.recipeNodes.get(node) ?? objects.readObject(node))
  try {
    for (const chunk of recipeChunks(root, read)) if (wants.objects.has(chunk.digest)) return false
    return true
  } catch (error) {
    // A node is lost, and with it the file: no row, so that it can be added or fetched again.
    if (isMlstoreError(error)) return false
    throw error
  }
}

/** The session becomes part of the store; then, and only then, the old packs go. */
async function publish(check: LocalCheck, writer: ObjectWriter, wants: Wants): Promise<void> {
  const { parts, damagedPacks, findings, signal } = check
  await writer.seal()
  await parts.write(() => {
    if (writer.publish().missing.length > 0) throw disturbed()
    for (const [packId, pack] of damagedPacks) retire(parts, packId, pack, wants)
    for (const { digest } of findings.open('loose')) {
      if (!wants.files.has(digest)) parts.objects.loose.remove(digest)
    }
  }, signal)
}

function disturbed(): MlstoreError {
  return new MlstoreError('STORE_LOCKED', 'Another command removed objects during the repair.', {
    hint: 'Run the repair again.',
  })
}

/** A pack of which nothing tells what it held stays where it is. */
function retire(parts: StoreParts, packId: string, pack: DamagedPack, wants: Wants): void {
  if (pack.listing === undefined) return
  if (isRestored(pack, wants)) parts.objects.removePack(packId)
  else putAside(parts, packId)
}

function isRestored({ lost }: DamagedPack, wants: Wants): boolean {
  return lost.every(({ digest }) => !wants.objects.has(digest))
}

function putAside({ fs, layout, catalog }: StoreParts, packId: string): void {
  catalog.objects.removePack(packId)
  const path = join(layout.packs, packFileName(packId))
  if (fs.lstat(path) === undefined) return
  const folder = join(layout.directory, damagedFolderName)
  fs.makeDirectory(folder)
  fs.rename(path, join(folder, packFileName(packId)))
  fs.syncDirectory(folder)
  fs.syncDirectory(layout.packs)
}

function noteMended({ findings, damagedPacks }: LocalCheck, asked: Wants, wants: Wants): void {
  for (const digest of asked.objects) {
    const isFile = asked.files.has(digest) && !wants.files.has(digest)
    if (isFile || !wants.objects.has(digest)) findings.mended({ kind: 'object', digest })
  }
  for (const [packId, pack] of damagedPacks) {
    const isReplaced = pack.listing !== undefined && isRestored(pack, wants)
    if (isReplaced) findings.mended({ kind: 'pack', packId })
  }
  for (const digest of asked.files) {
    if (!wants.files.has(digest)) findings.mended({ kind: 'loose', digest })
  }
}
