/**
 * `card set`: a version with another card.
 *
 * Versions never change, so this is a new one: the same files, nodes and bytes, and the card at
 * `model/model_card`. It names the one before as its predecessor, keeps metadata and inputs, and gets
 * no alias and no tag but those asked for: what serves production is not swapped by writing a
 * description. Only the id of a model version goes along, since that always means the newest.
 */

import assert from 'node:assert/strict'

import type { JsonObject, UserObject } from '../../core/canonical-json.ts'
import { type Digest, digestOf } from '../../core/digest.ts'
import { DigestSet } from '../../core/digest-set.ts'
import { outputRole } from '../../core/lineage/roles.ts'
import { modelCardPath } from '../../core/model-card/card-fields.ts'
import { newCard, validCard, withChanges } from '../../core/model-card/stored-card.ts'
import { packKind } from '../../core/pack/format.ts'
import { editTree } from '../../core/tree/edit.ts'
import { lookupPath } from '../../core/tree/lookup.ts'
import { reachNodes } from '../../core/tree/reach.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import { IgnoreRules } from '../../worktree/ignore-rules.ts'
import { everyPath } from '../../worktree/path-selection.ts'
import { addContent, type ReadContent } from '../add.ts'
import { commitUnchanged } from '../add-commit.ts'
import { sayingsOf, type Wish } from '../add-wish.ts'
import { ensureLocal } from '../ensure-local.ts'
import { nodeSource } from '../node-source.ts'
import { predecessorRole } from '../model-versions/successors.ts'
import type { StoreParts } from '../parts.ts'
import type { AddResult } from '../results.ts'
import { resolveVersion } from '../resolve.ts'
import { ambientRun } from '../runs/ambient-run.ts'
import { versionTitle } from '../version-title.ts'
import { ensureNodes, readCardFile } from './card-file.ts'
import type { SetCardRequest, SetCardResult } from './results.ts'
import { newestOfModelVersion } from './model-version-of.ts'
import { referencesWithout } from './show-card.ts'

/**
 * Makes the version, unless the one that is named has just that card.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` with every problem in `details.problems`; `LABEL_TAKEN`;
 * `OBJECT_MISSING` when bytes of the version are neither here nor on a remote.
 */
export async function setCard(parts: StoreParts, request: SetCardRequest): Promise<SetCardResult> {
  const { extra = false, signal } = request
  const previous = resolveVersion(parts, request.reference)
  await ensureNodes(parts, previous, signal)
  const { card, references } = validCard(await wantedCard(parts, previous, request), extra)
  refuseCollision(parts, previous)
  const wish = wishFor(parts, previous, request)
  const added = await addCard({ parts, previous, card, wish }, signal)
  const made = parts.catalog.versions.get(added.digest)
  assert(made !== undefined, 'what was added is in the catalog')
  const { artifact, label, digest, root, files, sizeBytes, newBytes, unchanged, aliases } = added
  return {
    artifact,
    label,
    digest,
    root,
    files,
    sizeBytes,
    newBytes,
    unchanged,
    aliases,
    path: modelCardPath,
    card,
    missing: await referencesWithout(parts, made, references),
    previous: previous.id,
    aliasesLeft: digest === previous.id ? [] : aliasesOf(parts, previous),
  }
}

function aliasesOf({ catalog }: StoreParts, { id }: VersionRow): readonly string[] {
  return catalog.aliases.ofVersions([id]).get(id) ?? []
}

async function wantedCard(
  parts: StoreParts,
  previous: VersionRow,
  { card, changes = {}, signal }: SetCardRequest,
): Promise<UserObject> {
  const base = card ?? (await readCardFile(parts, previous, signal)) ?? newCard(parts.env)
  return withChanges(base, changes)
}

type Carding = {
  readonly parts: StoreParts
  readonly previous: VersionRow
  readonly card: JsonObject
  readonly wish: Wish
}

async function addCard(carding: Carding, signal: AbortSignal | undefined): Promise<AddResult> {
  const { parts, previous, wish } = carding
  const isNamedAnew =
    wish.label !== undefined && wish.label !== parts.catalog.labels.of(previous.id)
  if (!isNamedAnew && editCard(carding, () => undefined).root === previous.root) {
    const same = { version: previous, newBytes: 0, hidden: 0 }
    const marks = { ...wish, maker: undefined }
    return parts.write((scope) => commitUnchanged(parts, scope, marks, same), signal)
  }
  const read = async (writer: ObjectWriter): Promise<ReadContent> => {
    await keepAll(parts, previous, writer, signal)
    const { newBytes } = writer.addSmallFile(bytesOf(carding.card))
    const { root, size, filesDelta } = editCard(carding, (digest, bytes) => {
      writer.addObject(packKind.treeNode, bytes, digest)
    })
    const files = previous.files + filesDelta
    return { root, size, files, newBytes, assumed: new DigestSet(), hidden: 0 }
  }
  return addContent({ parts, wish, read, signal })
}

function editCard(
  { parts, previous, card }: Carding,
  sink: (digest: Digest, bytes: Buffer) => void,
): ReturnType<typeof editTree> {
  const bytes = bytesOf(card)
  const file = {
    kind: 'file',
    path: modelCardPath,
    digest: digestOf(bytes),
    size: bytes.length,
  } as const
  return editTree(nodeSource(parts), previous.root, [file], sink)
}

/** As `upload_config_to_model_version` writes it. */
function bytesOf(card: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(card, null, 4))
}

/** Putting the card there must take nothing away. */
function refuseCollision(parts: StoreParts, version: VersionRow): void {
  const kindAt = (path: string): string | undefined =>
    lookupPath(nodeSource(parts), version.root, path)?.kind
  const folder = modelCardPath.slice(0, modelCardPath.lastIndexOf('/'))
  const isBlocked = !['directory', undefined].includes(kindAt(folder))
  const taken = isBlocked ? folder : modelCardPath
  if (!isBlocked && ['file', undefined].includes(kindAt(modelCardPath))) return
  throw invalidArgument(
    `${versionTitle(parts, version)} can have no card at ${modelCardPath}: a ${kindAt(taken)} is at ${taken}.`,
    'Add the files again under other names.',
  )
}

/** Counts on everything that the version holds, fetched where it is not here. */
async function keepAll(
  parts: StoreParts,
  previous: VersionRow,
  writer: ObjectWriter,
  signal: AbortSignal | undefined,
): Promise<void> {
  await ensureLocal(parts, previous, everyPath, signal)
  for (const { digest, node } of reachNodes(nodeSource(parts), [previous.root])) {
    const files = node.entries.flatMap((entry) => (entry.kind === 'file' ? [entry.digest] : []))
    const gone = [digest, ...files].find((each) => !writer.keep(each))
    if (gone === undefined) continue
    throw new MlstoreError('OBJECT_MISSING', `Object ${gone} was freed while the card was set.`, {
      hint: 'Set the card again.',
    })
  }
}

function wishFor(parts: StoreParts, previous: VersionRow, request: SetCardRequest): Wish {
  const { meta, inputs = [] } = previous.record
  const run = ambientRun(parts)
  const id = newestOfModelVersion(parts, previous)?.name
  const aliases = [...(request.aliases ?? []), ...(id === undefined ? [] : [id])]
  const madeOf = inputs.filter(({ role }) => role !== predecessorRole)
  return {
    ...sayingsOf({ label: request.label, aliases, meta }),
    artifact: previous.artifact,
    inputs: [...madeOf, { role: predecessorRole, version: previous.id }],
    maker: run === undefined ? undefined : { run, role: outputRole },
    shape: 'tree',
    sources: [],
    rules: IgnoreRules.top(),
    hardlink: false,
    lockPath: undefined,
    locked: undefined,
    keepsLock: false,
    path: modelCardPath,
  }
}
