/** The card file of a version: `model/model_card` in its tree. */

import { decodeUtf8, type UserObject } from '../../core/canonical-json.ts'
import { modelCardPath } from '../../core/model-card/card-fields.ts'
import { parseCard } from '../../core/model-card/stored-card.ts'
import { lookupPath } from '../../core/tree/lookup.ts'
import type { TreeEntry } from '../../core/tree/node.ts'
import { invalidArgument } from '../../errors.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { noFiles, selectPaths } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import { nodeSource } from '../node-source.ts'
import type { StoreParts } from '../parts.ts'
import { versionTitle } from '../version-title.ts'

/** More is no card: a megabyte of JSON that nobody reads. */
const cardSizeBytesMax = 1024 * 1024

/** The card as it was stored, fetched if need be; `undefined` if the version has none. */
export async function readCardFile(
  parts: StoreParts,
  version: VersionRow,
  signal?: AbortSignal,
): Promise<UserObject | undefined> {
  await ensureNodes(parts, version, signal)
  const entry = lookupPath(nodeSource(parts), version.root, modelCardPath)
  if (entry === undefined) return undefined
  const where = `${versionTitle(parts, version)}:${modelCardPath}`
  checkEntry(entry, where)
  await ensureLocal(parts, version, selectPaths([modelCardPath]), signal)
  const pieces: Uint8Array[] = []
  for await (const piece of parts.objects.readFile(entry.digest, { signal })) pieces.push(piece)
  return parseCard(decodeUtf8(Buffer.concat(pieces), where), where)
}

/** Makes every node of the tree present, and no file. */
export async function ensureNodes(
  parts: StoreParts,
  version: VersionRow,
  signal?: AbortSignal,
): Promise<void> {
  await parts.codec.open()
  await ensureLocal(parts, version, noFiles('', true), signal)
}

type FileEntry = Extract<TreeEntry, { readonly kind: 'file' }>

function checkEntry(entry: TreeEntry, where: string): asserts entry is FileEntry {
  if (entry.kind !== 'file') throw invalidArgument(`${where} is a ${entry.kind}, not a file.`)
  if (entry.size <= cardSizeBytesMax) return
  throw invalidArgument(`${where} has ${entry.size} bytes; a card has at most ${cardSizeBytesMax}.`)
}
